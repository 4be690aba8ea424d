"""Which tables a verification rebuilds, which it copies, and what of a row is compared. docs/decisions/0013.

Every model of safes and transactions is in one of these lists; a test sees to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import models

from safes.models import (
    Attachment,
    Export,
    Finding,
    FindingNote,
    IdempotentCall,
    MachineAccount,
    MachineKey,
    Placement,
    Register,
    Safe,
    SavedFilter,
    Site,
)
from transactions.models import (
    AuditEvent,
    Banked,
    ChangeOrder,
    ChangeOrderStep,
    ChannelCompleteness,
    Coverage,
    DayClose,
    Delivery,
    DeliveryBody,
    Drops,
    Feed,
    FeedFile,
    Message,
    MovedSafe,
    OtherCash,
    PhysicalCount,
    Pickup,
    PickupSlip,
    PushEndpoint,
    QuarantinedRow,
    Repeat,
    Ruling,
    SafeDay,
    SafeRhythm,
    SignOff,
    SignOffEvent,
    SiteDay,
    Taking,
    TillDay,
    TillSession,
    TouchedDay,
    TouchedSiteDay,
    Transaction,
)

Model = type[models.Model]

# What people and other systems said, and what the estate is: the books follow from it and from the raw bodies.
COPIED: list[Model] = [
    *(Site, Safe, Placement, Register, PushEndpoint, Feed, Ruling),
    *(PhysicalCount, PickupSlip, Taking, OtherCash, ChangeOrderStep, SignOff, SignOffEvent),
]
# Copied as they came, and read again.
READ: list[Model] = [Delivery]
# What recording and drawing write.
REBUILT: list[Model] = [
    *(Message, Transaction, AuditEvent, Repeat, QuarantinedRow, DayClose, Coverage, ChannelCompleteness),
    *(SafeDay, Drops, Banked, Pickup, SiteDay, TillDay, TillSession, ChangeOrder, Finding, FindingNote),
    *(TouchedDay, TouchedSiteDay, MovedSafe),
]
# Read where they are, and through what cannot be written to.
SEEN: list[Model] = [DeliveryBody]
# Neither recording nor drawing asks for them.
OUTSIDE: list[Model] = [
    *(Attachment, Export, FeedFile, IdempotentCall, MachineAccount, MachineKey, SafeRhythm, SavedFilter),
]

# Findings that no delivery, and nothing people say, brings about: connections, and how time goes by.
NOT_FROM_BOOKS = frozenset(
    {
        "rejected_push",
        "oversized_push",
        "feed_failure",
        "file_changed",
        "silent_safe",
        "silent_endpoint",
        "silent_feed",
    }
)
# Nor do those of other apps, which say what they are about at the beginning of their kinds (as LIKE has it).
OF_OTHERS = (r"incident\_%",)


@dataclass(frozen=True, slots=True)
class Compared:
    """A table as it is compared: rows are told by ``key``, and ``values`` must agree.

    ``yes_no`` are columns of which only whether there is something counts: ids, and when something was seen.
    ``told`` are columns that say what a row is about, and are not held against one another.
    ``where`` says which rows count, ``kept_where`` so for the books where that is said otherwise.
    """

    model: Model
    key: tuple[str, ...]
    values: tuple[str, ...]
    yes_no: tuple[str, ...] = ()
    where: str = "true"
    kept_where: str = ""
    date: str = ""
    grouped: bool = False
    told: tuple[str, ...] = ()
    nullable: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        return "completeness" if self.model is ChannelCompleteness else str(self.model._meta.verbose_name_plural)

    @property
    def table(self) -> str:
        return self.model._meta.db_table


def columns_of(model: Model) -> dict[str, str]:
    """The columns of a table by the names of their fields."""
    return {one.name: one.column for one in model._meta.concrete_fields if one.column}


def _compared(
    model: Model,
    *,
    but: Sequence[str] = (),
    yes_no: Sequence[str] = (),
    only: Sequence[str] = (),
    told: Sequence[str] = (),
    where: str = "true",
    kept_where: str = "",
) -> Compared:
    """All columns but these; the key is the model's own, by which a row is once."""
    columns = columns_of(model)
    unique = [one for one in model._meta.constraints if isinstance(one, models.UniqueConstraint)]
    key = next((one.fields for one in unique if one.condition is None), ("id",))
    left_out = {"id", *key, *but, *yes_no}
    return Compared(
        model,
        tuple(columns[name] for name in key),
        tuple(column for name, column in columns.items() if (name in only if only else name not in left_out)),
        tuple(columns[name] for name in yes_no),
        where,
        kept_where,
        date=next((name for name in ("business_date", "nominal_date") if name in columns), ""),
        told=tuple(columns[name] for name in told),
        nullable=frozenset(columns[one.name] for one in model._meta.concrete_fields if one.null),
    )


# What each of several messages spelt in its own way, and the first of them to be recorded is kept by, says nothing.
_SPELT = ("wire_type", "retrieved_on", "extra")
_SHOWN = ("push_message", "seen_by_push", "file_message", "seen_by_file")
# A row that no message shows any more stays for looking back, and counts nowhere.
_STANDS = "(counted OR push_message_id IS NOT NULL OR file_message_id IS NOT NULL)"

_OURS = "kind NOT LIKE ALL(%(of_others)s)"

COMPARED: list[Compared] = [
    _compared(Delivery, only=("received", "quarantined"), where="recorded_at IS NOT NULL AND repeat_of_id IS NULL"),
    _compared(QuarantinedRow, but=("content",)),
    _compared(Transaction, but=_SPELT, yes_no=(*_SHOWN, "paired_with"), where=_STANDS),
    _compared(AuditEvent, but=_SPELT, yes_no=_SHOWN, where=_STANDS),
    Compared(Repeat, ("safe_id", "local_time", "key_digest", "occurrence", "book"), (), grouped=True),
    _compared(DayClose),
    _compared(Coverage),
    _compared(ChannelCompleteness),
    # When something falls due is empty once the clock has passed it; its finding is compared.
    _compared(SafeDay, but=("close_due_at",)),
    _compared(Drops),
    _compared(Banked),
    _compared(Pickup),
    _compared(SiteDay),
    _compared(TillDay),
    # What was signed is an input; whether it stands follows from the figures.
    _compared(SignOff, only=("status",)),
    _compared(TillSession),
    _compared(ChangeOrder, but=("due_at",)),
    # One that a person settled stands as long as its rule sees the same; what its rule no longer sees has no facts.
    _compared(
        Finding,
        only=("cash_at_stake", "currency"),
        # What could not be read names a safe only if it was known by then.
        told=("safe", "site", "business_date"),
        where=f"state = 'open' AND kind <> ALL(%(not_from_books)s) AND {_OURS}",
        kept_where=f"(state = 'open' OR settled_facts IS NOT NULL) AND kind <> ALL(%(not_from_books)s) AND {_OURS}",
    ),
]
