"""/api/v1/cards/…: what is earned, spent, held and reversed on a card, and the entries of all that.

CONTRACT.md, "bonuses". A repeat under the same reference is 200 where the first was 201, with the same entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
import structlog
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from loyalty import throttle
from loyalty.acting import Actor, machine
from loyalty.api import bonus_asking as asking
from loyalty.api.refusing import CardNotFound, in_their_words
from loyalty.bonuses import holds, ledger
from loyalty.codes import BonusType
from loyalty.formats import is_card_number
from loyalty.masking import mask_number
from loyalty.metrics import MISSES, THROTTLED
from loyalty.models import Card, Entry
from safes.api.fields import InstantField, MoneyField
from safes.api.filters import MomentFilter, ReadFilterSet
from safes.api.idempotency import HEADER, Answer, once
from safes.api.permissions import READERS
from safes.api.reading import ReadingList
from safes.api.writing import read_json, refuse_parameters
from safes.models import MachineAccount
from safes.models.machine_account import Role

log = structlog.get_logger(__name__)

_KEY = OpenApiParameter(HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="Repeat with it at will.")


class MovesBonuses(BasePermission):
    """Every account reads entries; every account but a reader writes them."""

    message = "This account may only read; one of a till, a call centre or a back office may write."

    def has_permission(self, request: Request, view: APIView) -> bool:
        account = request.user
        return isinstance(account, MachineAccount) and (request.method in SAFE_METHODS or account.role != Role.READER)


class _CountsMisses(APIView):
    """Numbers of cards are not to be found out by trying them: misses are limited here as they are at the card service.

    Accounts that may read the list of all cards have nothing to find out.
    """

    def handle_exception(self, exc: Exception) -> Response:
        account = self.request.user
        # By now the transaction of the call is over, and what is counted stays.
        if isinstance(exc, CardNotFound) and account.role not in READERS:
            MISSES.add(account=account.username)
            wait = throttle.count_miss(account, self.kwargs["number"])
            if wait is not None:
                THROTTLED.add(account=account.username)
                log.warning("card_misses_throttled", account=account.username)
                exc = exceptions.Throttled(wait, "Too many cards were asked for that are not there: ask again later.")
        return super().handle_exception(exc)


class EntrySerializer(serializers.ModelSerializer[Entry]):
    card = serializers.SerializerMethodField(help_text="The last digits of the card that it was written on.")
    amount = MoneyField(help_text="Never negative.")
    change = MoneyField(help_text="The same with its sign: what it does to the balance.")
    balance = MoneyField(help_text="Of the card, after it.")
    type_code = serializers.ChoiceField(
        source="type", choices=BonusType.choices, read_only=True, allow_null=True, help_text="Null where they differ."
    )
    at = InstantField()
    reverses = serializers.CharField(
        source="reverses.reference", default=None, allow_null=True, read_only=True, help_text="Reference of the undone."
    )
    by = serializers.CharField(read_only=True, help_text="An account, a person, or system.")

    class Meta:
        model = Entry
        fields = [
            "id", "reference", "kind", "card", "amount", "change", "type_code", "active_from", "expires_on", "at",
            "balance", "reverses", "by",
        ]  # fmt: skip
        read_only_fields = fields

    def get_card(self, entry: Entry) -> str:
        return mask_number(entry.card.number)

    def to_representation(self, entry: Entry) -> dict[str, Any]:
        told = super().to_representation(entry)
        return {**told, "type_code": told["type_code"] or None}


class EntryFilters(ReadFilterSet):
    kind = django_filters.ChoiceFilter(choices=Entry.Kind.choices)
    reference = django_filters.CharFilter()
    at_from = MomentFilter(field_name="at", lookup_expr="gte")
    at_to = MomentFilter(field_name="at", lookup_expr="lt", label="Excluded itself.")


class EntryList(_CountsMisses, ReadingList):
    """What happened to the bonuses of a card while it had them; a card that took its place has entries of its own."""

    permission_classes = [MovesBonuses]
    queryset = Entry.objects.select_related("card", "reverses")
    serializer_class = EntrySerializer
    filterset_class = EntryFilters
    file_name = "entries"

    def get_queryset(self) -> QuerySet[Entry]:
        rows = super().get_queryset()
        number = self.kwargs.get("number")
        return rows if number is None else rows.filter(card=_find(number))


class _Door(_CountsMisses):
    """Takes one thing in, and answers with its entry."""

    http_method_names = ["post"]
    permission_classes = [MovesBonuses]
    renderer_classes = [JSONRenderer]

    def answer(self, request: Request, work: Callable[[Actor], Entry]) -> Response:
        refuse_parameters(request)
        return once(request, lambda: _told(work, machine(request.user)))


def _described(asked: dict[str, Any], description: str) -> Any:
    return extend_schema(
        description=description,
        parameters=[_KEY],
        request={"application/json": asked},
        responses={201: EntrySerializer, 200: EntrySerializer},
    )


class AccrualDoor(_Door):
    @_described(
        asking.ACCRUAL_ASKED,
        "Bonuses earned, on a card in any state; those of a card that was replaced go to the one after it.",
    )
    def post(self, request: Request, number: str) -> Response:
        asked = asking.read_accrual(read_json(request))
        return self.answer(request, lambda actor: ledger.accrue(number, **asked, actor=actor))


class SpendDoor(_Door):
    @_described(
        asking.SPEND_ASKED, "Bonuses spent of an Active card, the oldest first. Never more than there are: 409."
    )
    def post(self, request: Request, number: str) -> Response:
        asked = asking.read_spend(read_json(request))
        return self.answer(request, lambda actor: ledger.spend(number, **asked, actor=actor))


class ReversalDoor(_Door):
    @_described(
        asking.REVERSAL_ASKED,
        "Undoes a spend or an accrual, whole and once. What was spent goes back to where it came from; what was earned "
        "must be all there yet: 409 if it is not.",
    )
    def post(self, request: Request, number: str) -> Response:
        asked = asking.read_reversal(read_json(request))
        return self.answer(request, lambda actor: ledger.reverse(number, **asked, actor=actor))


class HoldDoor(_Door):
    @_described(
        asking.SPEND_ASKED,
        "Sets bonuses aside while a customer pays, as a spend would take them. Confirm or void it; what nobody settles "
        "is given back by itself.",
    )
    def post(self, request: Request, number: str) -> Response:
        asked = asking.read_spend(read_json(request))
        return self.answer(request, lambda actor: holds.hold(number, **asked, actor=actor))


class ConfirmDoor(_Door):
    @_described(
        asking.CONFIRM_ASKED,
        "The purchase happened: what was held, or `amount` of it, becomes a spend with the reference of the hold, and "
        "the rest is given back.",
    )
    def post(self, request: Request, number: str, reference: str) -> Response:
        asked = asking.read_confirm(_read_perhaps(request))
        return self.answer(request, lambda actor: holds.confirm(number, reference, **asked, actor=actor))


class VoidDoor(_Door):
    @_described(asking.VOID_ASKED, "Nothing was bought: what was held is given back.")
    def post(self, request: Request, number: str, reference: str) -> Response:
        asking.read_void(_read_perhaps(request))
        return self.answer(request, lambda actor: holds.void(number, reference, actor))


def _told(work: Callable[[Actor], Entry], actor: Actor) -> Answer:
    with in_their_words():
        entry = work(actor)
    return 200 if entry.is_repeat else 201, dict(EntrySerializer(entry).data)


def _read_perhaps(request: Request) -> Any:
    """The body; nothing at all says as little as an empty object."""
    return read_json(request) if request.body.strip() else {}


def _find(number: str) -> Card:
    card = Card.objects.filter(number=number).first() if is_card_number(number) else None
    if card is None:
        raise CardNotFound("There is no card with this number.")
    return card
