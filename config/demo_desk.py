"""The cash office of the demonstration: people of each role, who sign what has nothing to explain a few days late."""

from __future__ import annotations

import datetime as dt
import secrets

from django.contrib.auth.models import Group, User
from django.db.transaction import atomic

from transactions.models import SiteDay
from transactions.reconciliation.signing.bulk import approve_all, prepare_all

PEOPLE = {"carla": "Cash office clerk", "susan": "Supervisor", "alex": "Auditor"}
# Days this old are prepared, and a day later approved; what has something to explain is left to who looks at it.
_PREPARED_AFTER, _APPROVED_AFTER = dt.timedelta(days=2), dt.timedelta(days=3)
_LOOKS_BACK = dt.timedelta(days=14)


@atomic
def hire() -> str:
    """Make the people who are not there yet, all with one password, and say it; empty when all of them are."""
    password = secrets.token_urlsafe(9)
    hired = False
    for name, role in PEOPLE.items():
        if User.objects.filter(username=name).exists():
            continue
        person = User.objects.create_user(name, password=password, is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        hired = True
    return password if hired else ""


def sign_until(today: dt.date) -> int:
    """Let clerk and supervisor sign what is due on that date, and say how many days are signed by it."""
    clerk, supervisor = (User.objects.get(username=name) for name in ("carla", "susan"))
    prepare_all(_days(today - _PREPARED_AFTER), clerk)
    return len(approve_all(_days(today - _APPROVED_AFTER), supervisor).done)


def _days(last: dt.date) -> set[tuple[int, dt.date]]:
    found = SiteDay.objects.filter(business_date__lte=last, business_date__gt=last - _LOOKS_BACK)
    return set(found.order_by().values_list("site_id", "business_date"))
