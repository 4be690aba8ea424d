"""Things to test with, made through the services that make them in life wherever there is one."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from factory.declarations import LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory

from safes.keys import live_keys
from safes.models import Finding, MachineKey, Register, Safe, Site
from transactions.deliveries import record_delivery
from transactions.drawing import draw_touched
from transactions.models import Delivery, PushEndpoint
from transactions.receiving import Arrival, digest_of, store

PASSWORD = "a pass phrase for tests"


class SiteFactory(DjangoModelFactory[Site]):
    class Meta:
        model = Site

    code = Sequence(lambda n: f"S{n:03d}")
    name = Sequence(lambda n: f"Store {n}")
    time_zone = "America/Chicago"
    tolerance = Decimal("5.00")


class SafeFactory(DjangoModelFactory[Safe]):
    class Meta:
        model = Safe

    serial_number = Sequence(lambda n: f"SR{n:05d}")


class RegisterFactory(DjangoModelFactory[Register]):
    class Meta:
        model = Register

    site = SubFactory(SiteFactory)
    code = Sequence(str)


class PushEndpointFactory(DjangoModelFactory[PushEndpoint]):
    class Meta:
        model = PushEndpoint

    name = Sequence(lambda n: f"loomis-{n}")


class FindingFactory(DjangoModelFactory[Finding]):
    class Meta:
        model = Finding

    kind = "unknown_safe"
    subject = Sequence(lambda n: f"subject {n}")
    summary = "Somebody must look at this."
    opened_at = LazyFunction(timezone.now)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = Sequence(lambda n: f"clerk{n}")
    is_staff = True


class AdministratorFactory(UserFactory):
    username = Sequence(lambda n: f"admin{n}")
    is_superuser = True


def cash_in(serial_number: str = "SR10042", **changes: Any) -> dict[str, Any]:
    """A row as Loomis sends it: twenty dollars, an hour ago by the clock of a safe in UTC unless a time is given."""
    moment = timezone.now() - dt.timedelta(hours=1)
    return {
        "SerialNumber": serial_number,
        "TransactionDateTime": f"{moment:%Y-%m-%dT%H:%M:%S}",
        "TransactionType": "CashIn",
        "Amount": 20.0,
        "UserName": "ANNA",
        "Register": "1",
        "PickupGroupId": 7,
        "Denominations": [{"UnitValue": 20.0, "Count": 1, "Currency": "USD"}],
        **changes,
    }


def body_of(*rows: Any, message_id: str | None = "") -> bytes:
    """A push body of these rows; with an id of its own unless one is given, with none for None."""
    metadata = {} if message_id is None else {"MessageId": message_id or str(uuid.uuid4())}
    return json.dumps({"Metadata": metadata, "Transactions": list(rows)}).encode()


def deliver(endpoint: PushEndpoint, body: bytes, *, recorded: bool = True, days_ago: int = 0) -> Delivery:
    """Put a body on disk as the receiver does, and record it unless asked not to."""
    stored = store(endpoint, _key(endpoint), Arrival(body, digest_of(body), {"Content-Type": "application/json"}))
    if recorded:
        record_delivery(stored.first_id)
        draw_touched()
    received_at = timezone.now() - dt.timedelta(days=days_ago)
    Delivery.objects.filter(pk=stored.delivery_id).update(received_at=received_at)
    return Delivery.objects.get(pk=stored.delivery_id)


def _key(endpoint: PushEndpoint) -> MachineKey:
    keys = live_keys(MachineKey.objects.filter(scope=MachineKey.Scope.PUSH, holder=endpoint.pk), timezone.now())
    if keys:
        return keys[0]
    return MachineKey.objects.create(
        scope=MachineKey.Scope.PUSH,
        holder=endpoint.pk,
        digest=uuid.uuid4().bytes * 2,
        hint="test",
        created_at=timezone.now(),
    )
