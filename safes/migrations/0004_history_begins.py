from django.db import migrations
from django.utils import timezone

BEGINS = "as it stood when its history began"


def begin(apps, schema_editor):
    """What is there already gets a first copy, so that its next change can be told against something."""
    for label, name in (
        ("safes", "Site"),
        ("safes", "Safe"),
        ("safes", "Placement"),
        ("safes", "Register"),
        ("safes", "MachineAccount"),
        ("auth", "User"),
    ):
        copy = apps.get_model("safes", f"Historical{name}")
        kept = [field.attname for field in copy._meta.fields if not field.name.startswith("history_")]
        for row in apps.get_model(label, name).objects.order_by("pk").iterator():
            made = copy.objects.create(
                **{attname: getattr(row, attname) for attname in kept},
                history_date=timezone.now(),
                history_type="+",
                history_change_reason=BEGINS,
            )
            if name == "User":
                hold(apps, "groups", "group_id", row, made)
                hold(apps, "user_permissions", "permission_id", row, made)


def hold(apps, field, held, user, made):
    copy = apps.get_model("safes", f"HistoricalUser_{field}")
    for row in getattr(type(user), field).through.objects.filter(user=user):
        copy.objects.create(id=row.pk, user_id=user.pk, history=made, **{held: getattr(row, held)})


class Migration(migrations.Migration):
    dependencies = [("safes", "0003_change_history")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
