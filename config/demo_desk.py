"""The cash office of the demonstration: people of each role, two of whom sign most days a few days late."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator

from django.contrib.auth.models import Group, User
from django.db.transaction import atomic

from transactions.models import SiteDay
from transactions.reconciliation.signing.acts import SigningError, approve, prepare
from transactions.reconciliation.signing.standing import standing_of

PEOPLE = {
    "carla": "Cash office clerk",
    "susan": "Supervisor",
    "alex": "Auditor",
    "iris": "Incident desk",
    "lena": "Loyalty desk",
}
# Days this old are prepared, and a day later approved; one in so many is left to who looks at the demonstration.
_PREPARED_AFTER, _APPROVED_AFTER = dt.timedelta(days=2), dt.timedelta(days=3)
_LEFT = 4
_LOOKS_BACK = dt.timedelta(days=14)
_EXPLAINED = "Asked the store: a drop was told twice, the rest is with Loomis. See the findings."


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
    """Let clerk and supervisor sign what is due on that date, and say how many days they signed."""
    clerk, supervisor = (User.objects.get(username=name) for name in ("carla", "susan"))
    signed = 0
    for site_id, date in _days(today - _PREPARED_AFTER):
        stands = standing_of(site_id, date)
        word = _EXPLAINED if stands.differences else ""
        try:
            prepare(site_id, date, clerk, stands.seen, word)
            if date <= today - _APPROVED_AFTER:
                approve(site_id, date, supervisor, stands.seen)
                signed += 1
        except SigningError:
            continue  # signed already, or its figures are just changing: the demonstration is alive
    return signed


def _days(last: dt.date) -> Iterator[tuple[int, dt.date]]:
    found = SiteDay.objects.filter(business_date__lte=last, business_date__gt=last - _LOOKS_BACK)
    for site_id, date in found.order_by("business_date", "site").values_list("site_id", "business_date").distinct():
        if (date.toordinal() + site_id) % _LEFT:
            yield site_id, date
