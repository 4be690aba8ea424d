"""/api/v1/contacts: the people who hold cards. Read as lists are; registered by POST, changed by PATCH."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import contacts
from loyalty.api.asking import CHANGE_ASKED, CONTACT_ASKED, read_change, read_contact
from loyalty.api.filters import MobileNumberFilter
from loyalty.api.refusing import in_their_words
from loyalty.enough import is_enough
from loyalty.models import Card, Contact
from safes.api.fields import InstantField
from safes.api.filters import FlagFilter, MomentFilter, ReadFilterSet
from safes.api.idempotency import HEADER, Answer, once
from safes.api.permissions import KeepsBooks
from safes.api.reading import ReadingItem, ReadingList

_ROWS = Contact.objects.prefetch_related(Prefetch("cards", queryset=Card.objects.only("contact", "number")))
_KEY = OpenApiParameter(HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="Repeat with it at will.")


class ContactSerializer(serializers.ModelSerializer[Contact]):
    mobile_number = serializers.CharField(read_only=True, allow_null=True, help_text="E.164; null once erased.")
    email = serializers.SerializerMethodField()
    is_sufficient = serializers.SerializerMethodField(help_text="Whether enough is known for an active card.")
    cards = serializers.SlugRelatedField(
        slug_field="number", many=True, read_only=True, help_text="Numbers, the latest first."
    )
    created_at = InstantField()
    erased_at = InstantField(allow_null=True, help_text="Since when nothing is known of the person any more.")

    class Meta:
        model = Contact
        fields = [
            "id", "code", "name", "mobile_number", "email", "birth_date", "is_sufficient", "cards", "created_at",
            "erased_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_email(self, contact: Contact) -> str | None:
        return contact.email or None

    def get_is_sufficient(self, contact: Contact) -> bool:
        return is_enough(contact)


class ContactFilters(ReadFilterSet):
    code = django_filters.CharFilter()
    mobile_number = MobileNumberFilter(label="In any spelling.")
    email = django_filters.CharFilter(lookup_expr="iexact", label="Case does not count.")
    erased = FlagFilter(method="are_erased", label="Without it, those that are not.")
    created_from = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_to = MomentFilter(field_name="created_at", lookup_expr="lt", label="Excluded itself.")

    def are_erased(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return rows.filter(erased_at__isnull=value != "true")

    def filter_queryset(self, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        rows: QuerySet[Contact] = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("erased") else rows.filter(erased_at=None)


class ContactList(ReadingList):
    """The people who hold cards, or are about to, with what is known of each."""

    http_method_names = ["get", "head", "post"]
    permission_classes = [KeepsBooks]
    queryset = _ROWS
    serializer_class = ContactSerializer
    filterset_class = ContactFilters
    file_name = "contacts"

    @extend_schema(
        description="Registers a contact. A code and a mobile number are of one contact alone.",
        parameters=[_KEY],
        request={"application/json": CONTACT_ASKED},
        responses={201: ContactSerializer, 200: ContactSerializer},
        filters=False,
    )
    def post(self, request: Request) -> HttpResponseBase:
        values = read_contact(request)
        return once(request, lambda: _register(values))


class ContactItem(ReadingItem):
    """One contact, by its code."""

    http_method_names = ["get", "head", "patch"]
    permission_classes = [KeepsBooks]
    queryset = _ROWS
    serializer_class = ContactSerializer
    noun = "contact"
    lookup_field = "code"

    @extend_schema(
        description=(
            "Changes what is said and leaves the rest; null empties a field. Cards stay as they are: a till activates "
            "its customer's when enough is known."
        ),
        request={"application/json": CHANGE_ASKED},
        responses={200: ContactSerializer},
    )
    def patch(self, request: Request, code: str) -> HttpResponseBase:
        self.get_object()
        values = read_change(request)
        with in_their_words():
            contact = contacts.change(code, values)
        return Response(_told(contact))


def _register(values: dict[str, str]) -> Answer:
    with in_their_words():
        contact = contacts.register(values)
    return 201, _told(contact)


def _told(contact: Contact) -> dict[str, Any]:
    return dict(ContactSerializer(_ROWS.get(pk=contact.pk)).data)
