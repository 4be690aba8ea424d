"""/api/v1/incidents: what was reported to Loomis. Read as lists are; raised by POST."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from incidents.api.asking import ASKED, CANCEL_ASKED, read_cancel, read_wanted
from incidents.api.refusing import in_their_words
from incidents.lifecycle import FINAL
from incidents.models import Incident, IncidentMessage, LoomisAccount
from incidents.raising import raise_incident, request_cancel
from incidents.wanted import Wanted
from safes.api.fields import InstantField
from safes.api.filters import FlagFilter, MomentFilter, ReadFilterSet
from safes.api.idempotency import HEADER, Answer, once
from safes.api.permissions import KeepsBooks
from safes.api.reading import ReadingItem, ReadingList
from safes.api.writing import read_json, refuse_parameters

# Of messages what the list says; their bytes stay where they are.
_MESSAGES = IncidentMessage.objects.only("incident", "direction", "type", "at", "status").order_by("at", "id")
_ROWS = Incident.objects.select_related("account", "site", "raised_by", "raised_by_machine").prefetch_related(
    Prefetch("messages", queryset=_MESSAGES)
)
_KEY = OpenApiParameter(HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="Repeat with it at will.")


class MessageSerializer(serializers.ModelSerializer[IncidentMessage]):
    at = InstantField()

    class Meta:
        model = IncidentMessage
        fields = ["direction", "type", "at", "status"]
        read_only_fields = fields


@extend_schema_field({"type": ["string", "null"]})
class TextField(serializers.ReadOnlyField):
    """A text, and null where there is none."""

    def to_representation(self, value: str) -> str | None:
        return value or None


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    account = serializers.CharField(source="account.name", read_only=True)
    dialect = serializers.ChoiceField(source="account.dialect", choices=LoomisAccount.Dialect.choices, read_only=True)
    site = serializers.CharField(source="site.code", default=None, allow_null=True, read_only=True)
    fault_code = TextField()
    fault_time = InstantField(source="fault_at")
    loomis_number = TextField()
    eta = InstantField(allow_null=True, help_text="When Loomis says it comes (ATM).")
    sla = InstantField(allow_null=True, help_text="Until when Loomis says it is done (SafePoint).")
    closed_at = InstantField(allow_null=True, help_text="As Loomis says, of a close or a cancel.")
    response_code = TextField(help_text="Why it was refused.")
    response_text = TextField()
    device_status = TextField()
    notes = TextField()
    amounts = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="Whole units of the currency by denomination."
    )
    subject = TextField()
    description = TextField()
    contact_name = TextField()
    contact_number = TextField()
    contact_email = TextField()
    cancel_requested = serializers.SerializerMethodField(help_text="Whether we asked Loomis to cancel it.")
    cancel_requested_at = InstantField(allow_null=True)
    cancel_text = TextField()
    created_at = InstantField()
    queued_at = InstantField(allow_null=True)
    sent_at = InstantField(allow_null=True, help_text="When it first got through, as far as is known.")
    raised_by = serializers.SerializerMethodField(help_text="A person, or a machine account.")
    finding = serializers.IntegerField(
        source="finding_id", allow_null=True, read_only=True, help_text="Id of the one it was raised from."
    )
    messages = MessageSerializer(many=True, read_only=True)

    class Meta:
        model = Incident
        fields = [
            "id", "reference", "dialect", "account", "device", "site", "fault_code", "fault_time", "state",
            "loomis_number", "eta", "sla", "closed_at", "response_code", "response_text", "device_status", "notes",
            "amounts", "currency", "subject", "description", "contact_name", "contact_number", "contact_email",
            "cancel_requested", "cancel_requested_at", "cancel_text", "created_at", "queued_at", "sent_at",
            "raised_by", "finding", "messages",
        ]  # fmt: skip
        read_only_fields = fields

    def get_cancel_requested(self, incident: Incident) -> bool:
        return incident.cancel_requested_at is not None

    def get_raised_by(self, incident: Incident) -> str | None:
        by = incident.raised_by or incident.raised_by_machine
        return by.username if by else None


class IncidentFilters(ReadFilterSet):
    reference = django_filters.CharFilter()
    state = django_filters.ChoiceFilter(choices=Incident.State.choices)
    open = FlagFilter(method="still_open", label="false: refused, cancelled or closed.")
    account = django_filters.CharFilter(field_name="account__name", lookup_expr="iexact", label="Case does not count.")
    dialect = django_filters.ChoiceFilter(field_name="account__dialect", choices=LoomisAccount.Dialect.choices)
    device = django_filters.CharFilter(method="of_device", label="ATM or safe; case does not count.")
    site = django_filters.CharFilter(field_name="site__code", lookup_expr="iexact", label="Case does not count.")
    fault_code = django_filters.CharFilter(lookup_expr="iexact", label="Case does not count.")
    loomis_number = django_filters.CharFilter(lookup_expr="iexact", label="Case does not count.")
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_to = MomentFilter(field_name="created_at", lookup_expr="lt", label="Excluded itself.")

    def still_open(self, rows: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        return rows.exclude(state__in=FINAL) if value == "true" else rows.filter(state__in=FINAL)

    def of_device(self, rows: QuerySet[Incident], name: str, device: str) -> QuerySet[Incident]:
        return rows.filter(device=device.upper())


class IncidentList(ReadingList):
    """What was reported to Loomis, how it stands, and every message of it, by type and time."""

    http_method_names = ["get", "head", "post"]
    permission_classes = [KeepsBooks]
    queryset = _ROWS
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilters
    file_name = "incidents"

    @extend_schema(
        description=(
            "Reports a fault to Loomis. It is looked at before anything is sent, and what is wrong is named in "
            "`errors`; then it is queued, and goes out at once. `warnings` says what one should know, such as that the "
            "same went out within 24 hours."
        ),
        parameters=[_KEY],
        request={"application/json": ASKED},
        responses={
            (status, "application/json"): {
                "allOf": [
                    {"$ref": "#/components/schemas/Incident"},
                    {
                        "type": "object",
                        "required": ["warnings"],
                        "properties": {"warnings": {"type": "array", "items": {"type": "string"}}},
                    },
                ]
            }
            for status in (201, 200)
        },
        filters=False,
    )
    def post(self, request: Request) -> HttpResponseBase:
        refuse_parameters(request)
        wanted = read_wanted(read_json(request))
        return once(request, lambda: _raise(wanted, request))


class IncidentItem(ReadingItem):
    """One incident, by its reference."""

    queryset = _ROWS
    serializer_class = IncidentSerializer
    noun = "incident"
    lookup_field = "reference"


class IncidentCancel(ReadingItem):
    """Asking for an incident to be cancelled."""

    http_method_names = ["post"]
    permission_classes = [KeepsBooks]
    queryset = _ROWS
    serializer_class = IncidentSerializer
    noun = "incident"
    lookup_field = "reference"

    @extend_schema(
        description=(
            "What has not gone out is cancelled here; else Loomis is asked, as soon as its number is known, and it "
            "stands as `cancelled` when Loomis says so. For ATMs Loomis takes no cancel: 409, as for what is at its "
            "end, or was asked for already."
        ),
        parameters=[_KEY],
        request={"application/json": CANCEL_ASKED},
        responses={202: IncidentSerializer},
    )
    def post(self, request: Request, reference: str) -> HttpResponseBase:
        refuse_parameters(request)
        incident: Incident = self.get_object()
        text = read_cancel(read_json(request))
        return once(request, lambda: _cancel(incident, text, request))


def _raise(wanted: Wanted, request: Request) -> Answer:
    with in_their_words():
        incident, warnings = raise_incident(wanted, machine=request.user)
    return 201, {**_told(incident), "warnings": warnings}


def _cancel(incident: Incident, text: str, request: Request) -> Answer:
    with in_their_words():
        request_cancel(incident.pk, text, request.user.username)
    return 202, _told(incident)


def _told(incident: Incident) -> dict[str, Any]:
    return dict(IncidentSerializer(_ROWS.get(pk=incident.pk)).data)
