import datetime

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transactions', '0012_takings_withdrawn'),
    ]

    operations = [
        migrations.AddField(
            model_name='drops',
            name='is_astray',
            field=models.BooleanField(default=False, help_text='Whether another pickup would have taken it by the clock; its group says otherwise.'),
        ),
        migrations.AddField(
            model_name='pickup',
            name='first_on',
            field=models.DateField(default=datetime.date(1990, 1, 1), help_text='The first business date of its drops and servicings.'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='pickup',
            name='last_on',
            field=models.DateField(default=datetime.date(1990, 1, 1), help_text='The last business date of its drops and servicings.'),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='pickup',
            name='servicing_count',
            field=models.PositiveIntegerField(default=0, help_text='In whichever currency.'),
        ),
        migrations.AddIndex(
            model_name='drops',
            index=models.Index(condition=models.Q(('counted_on__isnull', True), ('leaves_on__isnull', True)), fields=['safe', 'business_date'], name='drops_in_safe'),
        ),
        migrations.AddIndex(
            model_name='drops',
            index=models.Index(condition=models.Q(('counted_on__isnull', False)), fields=['safe', 'counted_on'], name='drops_counted'),
        ),
        migrations.AddIndex(
            model_name='drops',
            index=models.Index(condition=models.Q(('is_opening', True)), fields=['safe', 'business_date'], name='drops_opening'),
        ),
        migrations.AddIndex(
            model_name='pickup',
            index=models.Index(fields=['safe', 'last_on'], name='pickup_by_span'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('kind', 'pickup')), fields=['safe', 'local_time'], name='servicing_in_time'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('kind', 'pickup')), fields=['safe', 'pickup_group_id'], name='servicing_by_group'),
        ),
    ]
