from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transactions', '0007_feeds'),
    ]

    operations = [
        migrations.AddField(
            model_name='transaction',
            name='paired_with',
            field=models.BigIntegerField(blank=True, help_text='Id of the same transaction as the other channel told it.', null=True),
        ),
    ]
