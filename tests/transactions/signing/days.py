"""A site whose day is there to be signed, and the people who sign it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.models import Group, User

from safes.estate import place_safe
from safes.models import Site
from tests.factories import RegisterFactory, SiteFactory, UserFactory
from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.takings.telling import DAY, taking, tell, turn
from transactions.models import SignOff
from transactions.reconciliation.signing.acts import approve, prepare
from transactions.reconciliation.signing.standing import standing_of

DATE = dt.date.fromisoformat(DAY)


def person(name: str, role: str) -> User:
    user: User = UserFactory.create(username=name)
    user.groups.add(Group.objects.get(name=role))
    return user


def clerk(name: str = "carla") -> User:
    return person(name, "Cash office clerk")


def supervisor(name: str = "susan") -> User:
    return person(name, "Supervisor")


def traded(*amounts: str, takings: str | None = "100", code: str = "S1", serial: str = "SR10042") -> tuple[Site, str]:
    """A site, a safe that these amounts were dropped into, and what its till says; and the key to push more with."""
    site = SiteFactory.create(code=code, time_zone="UTC", tolerance=5)
    RegisterFactory.create(site=site, code="1")
    place_safe(serial, site)
    key = endpoint(f"loomis-{code}")
    rows = [drop(number + 1, amount, Register="1", SerialNumber=serial) for number, amount in enumerate(amounts)]
    say(key, rows, name=f"loomis-{code}")
    if takings is not None:
        tell(taking(takings, "1", site=code))
    turn()
    return site, key


def late(key: str, amount: str = "20", second: int = 900, code: str = "S1", **more: Any) -> None:
    """Another drop of that day, when nobody expects one any more."""
    say(key, [drop(second, amount, Register="1", **more)], name=f"loomis-{code}")
    turn()


def standing(site: Site) -> Any:
    """A Standing, once everything is drawn; by then lists, which know the stored status alone, say the same."""
    turn()
    stands = standing_of(site.pk, DATE)
    stored = SignOff.objects.filter(site=site, business_date=DATE).values_list("status", flat=True).first()
    assert (stored or "open") == stands.status
    return stands


def seen(site: Site) -> str:
    seen: str = standing(site).seen
    return seen


def signed(site: Site, by: User, approver: User, text: str = "") -> SignOff:
    """The day, prepared by the one and approved by the other."""
    prepare(site.pk, DATE, by, seen(site), text)
    return approve(site.pk, DATE, approver, seen(site))
