"""What tables of contacts and cards hold, and the services that take their rows; and who may upload them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from import_export.fields import Field
from tablib import Dataset

from loyalty import cards, contacts
from loyalty.admin.acting import may_reveal, person
from loyalty.admin.revealing import write_reveals
from loyalty.formats import as_e164, is_card_number, is_contact_code
from loyalty.models import Card, Contact
from safes.admin.upload_fields import Day, Text
from safes.admin.upload_resources import UploadResource
from safes.admin.uploads import UploadAdmin

_COLUMNS = {"category": "category_code", "type": "type_code"}


class MobileNumber(Text):
    """A phone in any spelling, as E.164. A spreadsheet takes it for a number, and its plus for a formula."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = super().clean(value)
        if not text:
            raise ValueError("Give the mobile number.")
        number = as_e164(text)
        if number is None:
            raise ValueError(f"“{text[:20]}” is no phone number: write it with its country, as +12015550123.")
        return number


class ContactResource(UploadResource):
    """A contact that is there already is changed: by the columns that the table has, and by no other."""

    required = ("code", "mobile_number")
    code = Field("code", "code", widget=Text())
    name = Field("name", "name", widget=Text())
    mobile_number = Field("mobile_number", "mobile_number", widget=MobileNumber())
    email = Field("email", "email", widget=Text())
    birth_date = Field("birth_date", "birth_date", widget=Day())

    class Meta:
        model = Contact
        fields = contacts.FIELDS
        import_id_fields = ("code",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_instance(self, instance_loader: Any, row: Any) -> Contact | None:
        code = Text().clean(row.get("code"))
        return Contact.objects.filter(code=code).first() if is_contact_code(code) else None

    def keep(self, instance: Contact, is_create: bool) -> Contact:
        values = {name: getattr(instance, name) for name in contacts.FIELDS}
        return contacts.register(values) if is_create else contacts.change(instance.code, values)


class CardResource(UploadResource):
    """Cards that are New. One that is there already stays as it is, and has to be the same."""

    required = ("number", "category_code", "type_code")
    number = Field("number", "number", widget=Text())
    category_code = Field("category", "category_code", widget=Text())
    type_code = Field("type", "type_code", widget=Text())

    class Meta:
        model = Card
        fields = ("number", "category_code", "type_code")
        import_id_fields = ("number",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        super().before_import(dataset, **kwargs)
        actor = person(kwargs["user"])
        if actor is None:
            raise ValueError("You act in no role at the card desk: ask for one before you upload cards.")
        self._actor = actor

    def get_instance(self, instance_loader: Any, row: Any) -> Card | None:
        number = Text().clean(row.get("number"))
        return Card.objects.filter(number=number).first() if is_card_number(number) else None

    def keep(self, instance: Card, is_create: bool) -> Card:
        if not is_create:
            said = "There is a card with this number already, of another category or type: those stay as they are."
            raise ValidationError({"number": said})
        try:
            return cards.make(instance.number, instance.category, instance.type, self._actor)
        except ValidationError as error:
            # By the table's columns.
            by_column = {_COLUMNS.get(name, name): sentences for name, sentences in error.message_dict.items()}
            raise ValidationError(by_column) from None


class Uploads(UploadAdmin):
    """A preview shows what is changed beside what it was: it is for those who may see that in full, and is written
    down as other looks at it are.

    What is given out as a file is masked, or leaves a trace (safes.exporting): there is no second way.
    """

    offers_good_rows = True

    def has_import_permission(self, request: HttpRequest) -> bool:
        meta = self.opts
        needed = [f"{meta.app_label}.{verb}_{meta.model_name}" for verb in ("add", "change")]
        return bool(request.user.has_perms(needed)) and may_reveal(request.user) and person(request.user) is not None

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = super().import_action(request, **kwargs)
        result = (getattr(response, "context_data", None) or {}).get("result")
        if result is not None and self.model is Contact:
            # Here, and not while the table is looked at: what is written then is taken back.
            write_reveals(request, {row.object_id for row in result.valid_rows() if not row.is_new()})
        return response

    def has_export_permission(self, request: HttpRequest) -> bool:
        return False
