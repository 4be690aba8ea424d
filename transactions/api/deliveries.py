"""/api/v1/deliveries: what arrived, what became of it, and its exact bytes."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from safes.api.fields import InstantField
from safes.api.filters import MomentFilter, ReadFilterSet
from safes.api.reading import ReadingItem, ReadingList
from transactions.bodies import Missing, Purged
from transactions.models import Delivery
from transactions.models.endpoint import Environment
from transactions.sending import raw_response

_ROWS = Delivery.objects.select_related("endpoint", "feed", "message", "repeat_of__message")


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    endpoint = serializers.CharField(source="endpoint.name", default=None, allow_null=True, read_only=True)
    feed = serializers.CharField(
        source="feed.name", default=None, allow_null=True, read_only=True, help_text="Name of the feed, for files."
    )
    file_name = serializers.CharField(read_only=True, help_text="Its name, for files; empty for pushes.")
    environment = serializers.SerializerMethodField(help_text="Of its endpoint or feed; only production is counted.")
    message_id = serializers.SerializerMethodField(help_text="The MessageId that was sent; null without one.")
    received_at = InstantField()
    received = serializers.SerializerMethodField(help_text="Rows in it; null until it is recorded.")
    created = serializers.SerializerMethodField(help_text="Rows that nobody had shown before.")
    known = serializers.SerializerMethodField(help_text="Rows that were stored already.")
    quarantined = serializers.SerializerMethodField(help_text="Rows that could not be understood.")
    repeat_of = serializers.IntegerField(source="repeat_of_id", allow_null=True, read_only=True)
    sha256 = serializers.SerializerMethodField(help_text="Of the bytes as sent, before the key was masked.")
    notes = serializers.ListField(child=serializers.CharField(), read_only=True)
    recorded_at = InstantField(allow_null=True)
    purged_at = InstantField(allow_null=True)

    class Meta:
        model = Delivery
        fields = [
            "id", "channel", "endpoint", "feed", "file_name", "environment", "message_id", "received_at", "status",
            "received", "created", "known", "quarantined", "size", "repeat_of", "sha256", "notes", "error",
            "recorded_at", "purged_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=Environment.choices))
    def get_environment(self, delivery: Delivery) -> str:
        source = delivery.endpoint or delivery.feed
        return source.environment if source is not None else Environment.PRODUCTION.value

    def get_message_id(self, delivery: Delivery) -> str | None:
        message = _first(delivery).message
        if message is None or delivery.endpoint is None:  # a file's message is its name
            return None
        return message.key.removeprefix("id:") if message.key.startswith("id:") else None

    def get_received(self, delivery: Delivery) -> int | None:
        return _first(delivery).received

    def get_created(self, delivery: Delivery) -> int | None:
        if delivery.repeat_of is not None and delivery.repeat_of.recorded_at is not None:
            return 0
        return delivery.created

    def get_known(self, delivery: Delivery) -> int | None:
        first = delivery.repeat_of
        if first is not None and first.received is not None:
            return first.received - (first.quarantined or 0)
        return delivery.known

    def get_quarantined(self, delivery: Delivery) -> int | None:
        return _first(delivery).quarantined

    @extend_schema_field({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    def get_sha256(self, delivery: Delivery) -> str:
        return bytes(delivery.digest).hex()


def _first(delivery: Delivery) -> Delivery:
    """The delivery that brought these bytes first: a repeat says what that one said, as its answer did."""
    return delivery.repeat_of or delivery


class DeliveryFilters(ReadFilterSet):
    channel = django_filters.ChoiceFilter(choices=Delivery.Channel.choices)
    status = django_filters.ChoiceFilter(choices=Delivery.Status.choices)
    endpoint = django_filters.CharFilter(field_name="endpoint__name", label="Name of the endpoint.")
    feed = django_filters.CharFilter(field_name="feed__name", label="Name of the feed.")
    environment = django_filters.ChoiceFilter(method="of_environment", choices=Environment.choices)
    received_from = MomentFilter(field_name="received_at", lookup_expr="gte")
    received_to = MomentFilter(field_name="received_at", lookup_expr="lt", label="Excluded itself.")

    def of_environment(self, rows: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        return rows.filter(Q(endpoint__environment=value) | Q(feed__environment=value))


class DeliveryList(ReadingList):
    """Everything that arrived, for trials too; a repeat is a delivery of its own that points to the first."""

    queryset = _ROWS
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilters
    file_name = "deliveries"


class DeliveryItem(ReadingItem):
    """One delivery."""

    queryset = _ROWS
    serializer_class = DeliverySerializer
    noun = "delivery"


class Gone(APIException):
    status_code = 410


class Lost(APIException):
    status_code = 503


class _Bytes(BaseRenderer):
    media_type = "application/octet-stream"
    format = "bytes"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return bytes(data)


class _AsTheyAre(BaseContentNegotiation):
    """Bytes have one form, whatever is asked for."""

    def select_parser(self, request: Request, parsers: list[Any]) -> Any:
        return None

    def select_renderer(self, request: Request, renderers: list[Any], format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


@extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
class DeliveryRaw(ReadingItem):
    """The exact bytes of a delivery: what was sent after Content-Encoding was undone, the key masked by asterisks."""

    queryset = Delivery.objects.all()
    content_negotiation_class = _AsTheyAre
    renderer_classes = [_Bytes, JSONRenderer]
    noun = "delivery"

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        delivery = self.get_object()
        try:
            return raw_response(delivery, f"delivery-{delivery.pk}.bin")
        except Purged as purged:
            raise Gone(str(purged)) from None
        except Missing as missing:
            raise Lost(str(missing)) from None
