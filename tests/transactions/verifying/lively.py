"""A book in which much has happened, for tests that hold it against what it follows from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from safes.estate import place_safe
from safes.models import Register, Safe, Site
from tests.factories import AdministratorFactory, SiteFactory, UserFactory
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import body, draw_all, drop, endpoint, say, say_body
from transactions.completeness.clock import follow_clock
from transactions.models import ChangeOrder, ChangeOrderStep, OtherCash, PhysicalCount, Taking, Transaction
from transactions.reconciliation.change_orders.steps import say_step
from transactions.reconciliation.signing.acts import approve, prepare
from transactions.reconciliation.signing.standing import standing_of
from transactions.reconciliation.sites.marks import touch_sites
from transactions.recording.marks import touch
from transactions.recording.rulings import rule
from transactions.replaying import replay
from transactions.verifying.running import scope_of, verify

DAY = dt.date(2026, 3, 14)


def row(day: int, time: str, type_: str = "CashIn", amount: float | None = 40.0, **more: Any) -> dict[str, Any]:
    told = {"TransactionDateTime": f"2026-03-{day}T{time}", "TransactionType": type_, "Amount": amount}
    return drop(**told | more)


def lively_book() -> str:
    """Pushes again and in pieces, files, twins, rulings, a replay, a moved safe, closes, and what people say.

    Returns the endpoint's key.
    """
    site, other = SiteFactory.create(code="S7", time_zone="UTC"), SiteFactory.create(code="S8", time_zone="Asia/Tokyo")
    place_safe("SR10042", site)
    key = endpoint()
    euros = [{"UnitValue": 20, "Count": 3, "Currency": "EUR"}, {"UnitValue": 0.5, "Count": 1, "Currency": "EUR"}]
    told = [
        row(13, "09:00:00"),
        row(13, "10:00:00", "ManualCashTransaction", 12.34, Denominations=None),
        row(13, "12:00:00", "Servicing", 52.34),
        row(13, "23:00:00", "EndOfDay", 0),
        row(13, "23:30:00", UserName="BEN"),
        row(14, "08:00:00", "CashDispenseTillCheckout", 200, PickupGroupId=None),
        row(14, "08:10:00", Denominations=euros, Amount=60.5, Unlisted="<kept>"),
        row(14, "08:10:00", Denominations=euros, Amount=60.5, Unlisted="<kept>"),
        row(14, "09:00:00", Denominations=[{"UnitValue": 5, "Count": 1}]),
        row(14, "10:00:00", "ChangePurchase", 100, ChangePurchaseNumber="5001"),
        row(14, "11:00:00", "CoinShake", 3),
        row(14, "12:00:00", "TubeLoaded", 100),
        row(14, "16:00:00", "CashAcceptedTillCheckin", 900),
        row(14, "17:00:00", "DoorOpened", None, DoorName="Upper"),
        row(14, "17:01:00", "DoorWhine", None, DoorName="Upper"),
        row(14, "18:00:00", SerialNumber="UNKNOWN1"),
        {"SerialNumber": "SR10042", "Amount": "much"},
    ]
    first = body(told, "a")
    say_body(key, first)
    say_body(key, first)
    say(key, told[3:9], "b")
    say(endpoint("trial", environment="test"), told[3:9], "b", name="trial")
    say(key, [row(14, "15:00:00", TransactionDateTime="2026-03-14T15:00:00+02:00")], "c")
    say_body(key, b"<html>not JSON</html>")
    daily = feed()
    file_in(daily, "one.xml", xml([told[0], told[5], row(13, "09:30:00"), row(14, "09:00:01.5", Amount=40.0)]))
    file_in(daily, "two.xml", xml([told[0], told[5], row(13, "09:30:00"), row(14, "09:00:01.5", Amount=40.0)]))
    rule_on("2026-03-13T09:30:00", 3)
    rule_on("2026-03-13T23:30:00", 0)
    place_safe("SR10042", other, dt.date(2026, 3, 14))
    replay(ids=[say(key, [row(15, "08:00:00")], "d").pk])
    _people(site)
    settle_down()
    say_step(ChangeOrder.objects.get(reference="5001").pk, ChangeOrderStep.Step.DELIVERED, DAY, None)
    settle_down()
    _signatures(key, site, other)
    settle_down()
    return key


def rule_on(time: str, count: int) -> None:
    one = Transaction.objects.filter(local_time=time)[0]
    rule((one.safe_id, one.local_time, bytes(one.key_digest)), count, "The camera says so.", None)


def _people(site: Site) -> None:
    safe = Safe.objects.get(serial_number="SR10042")
    clerk = UserFactory.create()
    PhysicalCount.objects.create(
        safe=safe,
        use="opening",
        business_date=dt.date(2026, 3, 12),
        currency="USD",
        amount=Decimal(100),
        entered_by=clerk,
    )
    register = Register.objects.create(site=site, code="0")
    Taking.objects.create(
        register=register, business_date=dt.date(2026, 3, 13), currency="USD", amount=Decimal(90), source="typed"
    )
    OtherCash.objects.create(
        site=site, business_date=dt.date(2026, 3, 11), kind="deposit", currency="USD", amount=Decimal(5), note="a bag"
    )
    touch({(safe.pk, dt.date(2026, 3, 12))})
    touch_sites({(site.pk, dt.date(2026, 3, day)) for day in (11, 13)})


def _signatures(key: str, site: Site, other: Site) -> None:
    """A day that is signed and stands, one that was signed and opened again, and one that waits for approval."""
    carla, susan = AdministratorFactory.create(), AdministratorFactory.create()
    for where, day in ((site, 13), (other, 14), (other, 15)):
        date = dt.date(2026, 3, day)
        prepare(where.pk, date, carla, standing_of(where.pk, date).seen, "As it was found.")
        if day < 15:
            approve(where.pk, date, susan, standing_of(where.pk, date).seen)
    say(key, [row(13, "09:45:00", amount=7.0)], "e")


def settle_down() -> None:
    """What the clock and the worker do, until there is nothing to be done."""
    draw_all()
    follow_clock()
    draw_all()


def verified(
    serial: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    tell: Any = lambda what, done, total: None,
) -> dict[str, Any]:
    return verify(scope_of(serial, first, last), tell, pause=0)


def named(result: dict[str, Any]) -> set[tuple[str, str | None, str | None]]:
    """Each difference by table, safe and date."""
    return {(one["table"], one.get("safe") or one.get("site"), one.get("date")) for one in result["differences"]}
