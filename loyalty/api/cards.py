"""/api/v1/cards: loyalty cards as they stand. Read as lists are; new ones are made by POST.

What becomes of a card afterwards is for tills and desks to say (/api/card).
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from loyalty import cards
from loyalty.acting import machine
from loyalty.api.asking import CARD_ASKED, read_card
from loyalty.api.filters import MobileNumberFilter
from loyalty.api.refusing import in_their_words
from loyalty.codes import BlockReason, CardStatus, CardType, Category
from loyalty.models import Card
from safes.api.fields import InstantField, MoneyField
from safes.api.filters import MomentFilter, ReadFilterSet
from safes.api.idempotency import HEADER, Answer, once
from safes.api.permissions import KeepsBooks
from safes.api.reading import ReadingItem, ReadingList

_ROWS = Card.objects.select_related("contact", "replaced_by")
_KEY = OpenApiParameter(HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="Repeat with it at will.")
_NAMES = {"category": "category_code", "type": "type_code"}
# Empty in the table where the card is not blocked.
_NULL_IF_EMPTY = ("block_reason_code", "block_reason_name", "blocked_by", "blocked_by_role")


class CardSerializer(serializers.ModelSerializer[Card]):
    status_code = serializers.ChoiceField(source="status", choices=CardStatus.choices, read_only=True)
    status_name = serializers.CharField(source="get_status_display", read_only=True)
    category_code = serializers.ChoiceField(source="category", choices=Category.choices, read_only=True)
    category_name = serializers.CharField(source="get_category_display", read_only=True)
    type_code = serializers.ChoiceField(source="type", choices=CardType.choices, read_only=True)
    type_name = serializers.CharField(source="get_type_display", read_only=True)
    contact = serializers.CharField(
        source="contact.code", default=None, allow_null=True, read_only=True, help_text="Its code."
    )
    block_reason_code = serializers.ChoiceField(
        source="block_reason", choices=BlockReason.choices, read_only=True, allow_null=True
    )
    block_reason_name = serializers.CharField(source="get_block_reason_display", read_only=True, allow_null=True)
    blocked_by = serializers.CharField(read_only=True, allow_null=True, help_text="An account or a person.")
    blocked_by_role = serializers.CharField(read_only=True, allow_null=True)
    blocked_at = InstantField(allow_null=True)
    replaced_by = serializers.CharField(
        source="replaced_by.number",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="The number of the card that took its place and its bonuses.",
    )
    bonus_balance = MoneyField(help_text="All that is left, whether or not it can be spent today.")
    created_at = InstantField()

    class Meta:
        model = Card
        fields = [
            "id", "number", "status_code", "status_name", "category_code", "category_name", "type_code", "type_name",
            "contact", "block_reason_code", "block_reason_name", "blocked_by", "blocked_by_role", "blocked_at",
            "replaced_by", "bonus_balance", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, card: Card) -> dict[str, Any]:
        told = super().to_representation(card)
        return {**told, **{name: told[name] or None for name in _NULL_IF_EMPTY}}


class CardFilters(ReadFilterSet):
    number = django_filters.CharFilter()
    status_code = django_filters.ChoiceFilter(field_name="status", choices=CardStatus.choices)
    category_code = django_filters.ChoiceFilter(field_name="category", choices=Category.choices)
    type_code = django_filters.ChoiceFilter(field_name="type", choices=CardType.choices)
    block_reason_code = django_filters.ChoiceFilter(field_name="block_reason", choices=BlockReason.choices)
    contact = django_filters.CharFilter(field_name="contact__code", label="Its code.")
    mobile_number = MobileNumberFilter(field_name="contact__mobile_number", label="In any spelling.")
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_to = MomentFilter(field_name="created_at", lookup_expr="lt", label="Excluded itself.")


class CardList(ReadingList):
    """Loyalty cards: how each stands, whose it is, and what bonuses are on it."""

    http_method_names = ["get", "head", "post"]
    permission_classes = [KeepsBooks]
    queryset = _ROWS
    serializer_class = CardSerializer
    filterset_class = CardFilters
    file_name = "cards"

    @extend_schema(
        description="Makes a New card, of nobody yet. A number is of one card alone.",
        parameters=[_KEY],
        request={"application/json": CARD_ASKED},
        responses={201: CardSerializer, 200: CardSerializer},
        filters=False,
    )
    def post(self, request: Request) -> HttpResponseBase:
        said = read_card(request)
        return once(request, lambda: _make(said, request))


class CardItem(ReadingItem):
    """One card, by its number."""

    queryset = _ROWS
    serializer_class = CardSerializer
    noun = "card"
    lookup_field = "number"


def _make(said: dict[str, str], request: Request) -> Answer:
    with in_their_words(_NAMES):
        card = cards.make(said["number"], said["category_code"], said["type_code"], machine(request.user))
    return 201, dict(CardSerializer(_ROWS.get(pk=card.pk)).data)
