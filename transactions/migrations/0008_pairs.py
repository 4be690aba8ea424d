from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0007_feeds"),
    ]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="paired_with",
            field=models.BigIntegerField(
                blank=True, help_text="Id of the same transaction as the other channel told it.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("push_message__isnull", True), ("paired_with__isnull", False), _connector="OR"),
                fields=["safe", "local_time"],
                name="transaction_to_pair",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("feed__isnull", False)), fields=["feed", "file_name"], name="delivery_by_file_name"
            ),
        ),
    ]
