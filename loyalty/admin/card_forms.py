"""What the acts on a card ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from loyalty.admin.looking import LONGEST, by_phone_or_code
from loyalty.codes import BlockReason
from loyalty.formats import LONGEST_NUMBER
from loyalty.models import Contact
from loyalty.reasons import is_final

_NOT_REMEMBERED = {"autofocus": True, "autocomplete": "off"}
_FINAL = "for good: nobody unblocks it. Bonuses wait for the next card of the contact"


class BindForm(forms.Form):
    """``sure``: the code of the contact that was shown, once somebody has looked at it."""

    contact = forms.CharField(
        label="Phone or contact code", max_length=LONGEST, widget=UnfoldAdminTextInputWidget(_NOT_REMEMBERED)
    )
    sure = forms.CharField(required=False, widget=forms.HiddenInput)
    found: Contact | None = None

    def clean_contact(self) -> str:
        typed: str = self.cleaned_data["contact"]
        self.found = by_phone_or_code(typed)
        if self.found is None:
            raise ValidationError("There is no contact with this phone or code: register them first, under Contacts.")
        return typed

    def again(self) -> BindForm:
        """The same, with the contact that was found as the one that is meant."""
        said = {"contact": self.cleaned_data["contact"], "sure": self.found.code if self.found else ""}
        return BindForm(initial=said)


class BlockForm(forms.Form):
    reason = forms.ChoiceField(label="Reason", widget=UnfoldAdminRadioSelectWidget)

    def __init__(self, reasons: Sequence[BlockReason], data: Any = None) -> None:
        super().__init__(data)
        field: Any = self.fields["reason"]
        field.choices = [(one.value, f"{one.label}, {_FINAL}" if is_final(one) else one.label) for one in reasons]
        field.error_messages["invalid_choice"] = (
            "Your role may not block a card for this reason, or it is blocked for a stricter one already."
        )


class ReplaceForm(forms.Form):
    number = forms.CharField(
        label="Number of the new card",
        max_length=LONGEST_NUMBER,
        widget=UnfoldAdminTextInputWidget(_NOT_REMEMBERED),
        help_text="A card that is New, or Issued and bound to nobody.",
    )
