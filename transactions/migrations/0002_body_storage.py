from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("transactions", "0001_initial")]

    operations = [
        # The content is compressed already; PostgreSQL need not try again for every push.
        migrations.RunSQL(
            "ALTER TABLE transactions_deliverybody ALTER COLUMN content SET STORAGE EXTERNAL",
            "ALTER TABLE transactions_deliverybody ALTER COLUMN content SET STORAGE EXTENDED",
        )
    ]
