from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transactions', '0013_pickup_slices'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('kind', 'change_order')), fields=['safe', 'change_purchase_number'], name='transaction_by_change_number'),
        ),
    ]
