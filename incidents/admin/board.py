"""The board: every open incident by its state, and first of all what asks for somebody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet
from django.db.models.functions import Least
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode

from incidents.admin.asking import asking, lately
from incidents.admin.clock_words import Clock, clocks_of, span
from incidents.admin.faults import fault_of, with_faults
from incidents.admin.standing_words import words_of
from incidents.clocks import facts_of
from incidents.lifecycle import OPEN, State
from incidents.models import Incident, LoomisAccount
from safes.admin.bases import ViewOnlyAdmin, change_url
from safes.models import Site

# Of each state; the list has the others.
_SHOWN = 30
_ENDED_SHOWN = 20
_FIRST_SHOWN = 8
_ENDED_FOR = dt.timedelta(days=3)

# As an incident goes, from left to right; each lane with its states.
_LANES: tuple[tuple[str, tuple[State, ...]], ...] = (
    ("To send", (State.DRAFT, State.QUEUED)),
    ("Waiting for Loomis", (State.SENT, State.UNCONFIRMED)),
    ("Refused", (State.REFUSED,)),
    ("Under way", (State.ACKNOWLEDGED, State.ACCEPTED)),
)
# What is nearest to running out first; of others the oldest.
_PROMISE = Least("eta", "sla")
_FIRST: dict[State, Any] = {
    State.SENT: F("tried_at").asc(nulls_last=True),
    State.UNCONFIRMED: F("tried_at").asc(nulls_last=True),
    State.ACKNOWLEDGED: _PROMISE.asc(nulls_last=True),
    State.ACCEPTED: _PROMISE.asc(nulls_last=True),
}


@dataclass(frozen=True, slots=True)
class Card:
    """One incident on the board."""

    incident: Incident
    url: str
    fault: str
    age: str
    clocks: list[Clock]
    why: str
    next: str
    asks: bool

    @property
    def is_late(self) -> bool:
        return any(clock.is_late for clock in self.clocks)


@dataclass(frozen=True, slots=True)
class Pile:
    """The incidents of one state: how many there are, and the first of them."""

    state: str
    count: int
    cards: list[Card]
    url: str

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


class HasBoard(ViewOnlyAdmin):
    def get_urls(self) -> list[URLPattern]:
        board = path("board/", self.admin_site.admin_view(self.board), name="incidents_incident_board")
        return [board, *super().get_urls()]

    def board(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        asked = {name: request.GET.get(name, "").replace("\x00", "") for name in ("account", "site", "dialect")}
        rows = _of(asked)
        lanes = _lanes(rows, asked, now)
        cards = [card for _, piles in lanes for pile in piles for card in pile.cards]
        asking = sorted((card for card in cards if card.asks), key=lambda card: _urgency(card, now))
        ended = list(
            _shown(rows)
            .filter(state__in=[State.CANCELLED, State.CLOSED], changed_at__gt=now - _ENDED_FOR)
            .order_by("-changed_at")[: _ENDED_SHOWN + 1]
        )
        context = {
            **self.admin_site.each_context(request),
            "title": "Incidents",
            "opts": self.model._meta,
            "lanes": lanes,
            "first": asking[:_FIRST_SHOWN],
            "more_first": len(asking) - _FIRST_SHOWN,
            "count": sum(pile.count for _, piles in lanes for pile in piles),
            "ended": [_card(one, now) for one in ended[:_ENDED_SHOWN]],
            "has_more_ended": len(ended) > _ENDED_SHOWN,
            "ended_days": _ENDED_FOR.days,
            "asked": asked,
            "accounts": LoomisAccount.objects.values_list("name", flat=True),
            "sites": Site.objects.filter(pk__in=rows_of_sites()).order_by("code").values_list("code", "name"),
            "dialects": LoomisAccount.Dialect.choices,
            "list_url": _list_url(asked),
            "may_raise": request.user.has_perm("incidents.add_incident"),
        }
        return TemplateResponse(request, "staff/incidents/board.html", context)


def rows_of_sites() -> QuerySet[Incident, Any]:
    """The sites of open incidents."""
    return Incident.objects.filter(state__in=OPEN).order_by().values("site")


def _shown(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """With all that a card shows at hand."""
    return with_faults(rows.select_related("account", "site").prefetch_related("dispatches"))


def _of(asked: dict[str, str]) -> QuerySet[Incident]:
    rows = Incident.objects.all()
    if asked["account"]:
        rows = rows.filter(account__name=asked["account"])
    if asked["site"]:
        rows = rows.filter(site__code__iexact=asked["site"])
    if asked["dialect"]:
        rows = rows.filter(account__dialect=asked["dialect"])
    return rows


def _lanes(rows: QuerySet[Incident], asked: dict[str, str], now: dt.datetime) -> list[tuple[str, list[Pile]]]:
    counted = rows.filter(lately(now)).order_by().values_list("state").annotate(Count("pk"))
    counts = dict(counted)
    refused = rows.filter(asking("refused", now))
    if counts.get(State.REFUSED):
        counts[State.REFUSED] = refused.count()
    lanes = []
    for title, states in _LANES:
        piles = []
        for state in states:
            here = refused if state == State.REFUSED else rows.filter(state=state)
            ordered = here.order_by(_FIRST.get(state, F("created_at").asc()), "pk")
            cards = [_card(one, now) for one in _shown(ordered)[:_SHOWN]] if counts.get(state) else []
            url = _list_url(asked, asks="refused") if state == State.REFUSED else _list_url(asked, state__exact=state)
            piles.append(Pile(state, counts.get(state, 0), sorted(cards, key=lambda c: not c.asks), url))
        lanes.append((title, piles))
    return lanes


def _card(incident: Incident, now: dt.datetime) -> Card:
    is_draft = incident.state == State.DRAFT  # one's own to send; on the board they stand apart anyhow
    words, running = words_of(incident, now), clocks_of(facts_of(incident), now)
    return Card(
        incident=incident,
        url=change_url(incident),
        fault=fault_of(incident),
        age=span(now - incident.created_at),
        clocks=running,
        why="" if running or is_draft or not (words.asks or words.is_held_up) else words.standing,
        next=f"{words.standing} {words.next}" if incident.state == State.QUEUED else words.next,
        asks=words.asks and not is_draft,
    )


def _urgency(card: Card, now: dt.datetime) -> tuple[int, dt.datetime]:
    """What may be lost before what is late, and that before the rest; of each, what waits for longest."""
    rank = {State.UNCONFIRMED: 0, State.QUEUED: 0, State.REFUSED: 1}
    return rank.get(State(card.incident.state), 2), min(
        (clock.until for clock in card.clocks), default=card.incident.created_at
    )


def _list_url(asked: dict[str, str], **more: str) -> str:
    """The list of incidents, filtered as the board is."""
    named = {"account": "account__name", "site": "site", "dialect": "account__dialect__exact"}
    filters = {named[name]: value for name, value in asked.items() if value} | more
    return f"{reverse('admin:incidents_incident_changelist')}?{urlencode(filters)}"
