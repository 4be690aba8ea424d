import datetime

from django.db import migrations, models

import safes.fields


class Migration(migrations.Migration):

    dependencies = [
        ('transactions', '0010_accounting_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='tillsession',
            name='last_local_time',
            field=safes.fields.WallClockField(default=datetime.datetime(1990, 1, 1), help_text='Of its last check-out, or check-in.'),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='tillsession',
            index=models.Index(fields=['safe', 'last_local_time'], name='till_session_by_end'),
        ),
    ]
