from django.db import migrations
from django.utils import timezone


def begin(apps, schema_editor):
    """What is there already gets a first copy, so that its next change can be told against something."""
    copy = apps.get_model("transactions", "HistoricalPushEndpoint")
    kept = [field.attname for field in copy._meta.fields if not field.name.startswith("history_")]
    for endpoint in apps.get_model("transactions", "PushEndpoint").objects.order_by("pk"):
        copy.objects.create(
            **{attname: getattr(endpoint, attname) for attname in kept},
            history_date=timezone.now(),
            history_type="+",
            history_change_reason="as it stood when its history began",
        )


class Migration(migrations.Migration):
    dependencies = [("transactions", "0003_change_history")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
