"""The page of a card below where it stands: its bonuses, the ledger's latest entries, and what happened to it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from loyalty.admin.words import happened, signed, who
from loyalty.bonuses.standing import LotFacts, bonus_rows
from loyalty.codes import BonusStatus, BonusType, CardStatus
from loyalty.models import Card, Lot
from loyalty.today import today
from safes.admin.bases import EMPTY, day, instant

_ENTRIES_SHOWN = 12
_EVENTS_SHOWN = 50


def section(request: HttpRequest, card: Card) -> SafeString:
    """Five queries."""
    entries = list(card.entries.order_by("-id")[: _ENTRIES_SHOWN + 1])
    events = card.events.select_related("other_card", "contact").order_by("-id")[: _EVENTS_SHOWN + 1]
    context: dict[str, Any] = {
        "card": card,
        "balance": f"{card.bonus_balance:,.2f}",
        "rows": bonuses_of([card]),
        "entries": [
            {
                "at": instant(entry.at),
                "what": entry.get_kind_display(),
                "reference": entry.reference,
                "type": entry.get_type_display() if entry.type else EMPTY,
                "expires": day(entry.expires_on),
                "change": signed(entry.change),
                "balance": f"{entry.balance:,.2f}",
                "who": who(entry.by, entry.role),
            }
            for entry in entries[:_ENTRIES_SHOWN]
        ],
        "has_more_entries": len(entries) > _ENTRIES_SHOWN,
        "entries_url": f"{reverse('admin:loyalty_entry_changelist')}?card__id__exact={card.pk}",
        "may_see_entries": request.user.has_perm("loyalty.view_entry"),
        "events": [
            {
                "at": instant(event.at),
                "what": happened(event),
                "status": event.get_status_display(),
                "who": who(event.by, event.role),
                "kind": "person" if event.by_person else "account",
            }
            for event in events
        ],
    }
    return SafeString(render_to_string("staff/loyalty/card_section.html", context, request))


def bonuses_of(cards: Sequence[Card]) -> list[dict[str, str]]:
    """How the bonuses of cards stand today, by status and type; one query."""
    fields = ("card_id", "type", "remaining", "burnt", "active_from", "expires_on")
    lots: dict[int, list[LotFacts]] = defaultdict(list)
    for card, *facts in Lot.objects.filter(card__in=cards).order_by().values_list(*fields):
        lots[card].append(LotFacts(*facts))
    amounts: dict[tuple[BonusStatus, BonusType, dt.date | None], Decimal] = defaultdict(Decimal)
    for card in cards:
        is_blocked = card.status == CardStatus.BLOCKED
        for row in bonus_rows(lots[card.pk], is_blocked=is_blocked, today=today()):
            amounts[row.status, row.type, row.expires_on] += row.amount
    return [
        {
            "status": "of these, expiring next" if status == BonusStatus.EXPIRES_NEXT else status.label,
            "type": type.label,
            "amount": f"{amount:,.2f}",
            "expires": day(expires) if expires else "",
        }
        for (status, type, expires), amount in sorted(amounts.items(), key=lambda pair: pair[0][:2])
    ]
