from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transactions', '0015_counts_withdrawn_because'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='changeorder',
            index=models.Index(fields=['safe', 'ordered_local_time'], name='change_order_by_safe'),
        ),
    ]
