"""What somebody who counted is asked for, and what cannot be."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from safes.estate import normal_serial
from safes.models import Safe
from transactions.models import PhysicalCount
from transactions.reconciliation.counts.denominations import Pieces, read_lines
from transactions.reconciliation.counts.keeping import Said, check_count


def _line(**attrs: str) -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget({"autocomplete": "off", **attrs})


class CountForm(forms.ModelForm[PhysicalCount]):
    """What somebody found in a safe. What is wrong with it is for the service to say."""

    serial_number = forms.CharField(label="Safe", help_text="Its serial number.", widget=_line())
    compartment = forms.ChoiceField(
        choices=PhysicalCount.Compartment.choices,
        initial=PhysicalCount.Compartment.CONTENTS,
        widget=UnfoldAdminRadioSelectWidget,
        help_text="Contents wait for the courier; the inventory is what the safe gives out.",
    )
    use = forms.ChoiceField(
        choices=PhysicalCount.Use.choices,
        initial=PhysicalCount.Use.CHECK,
        widget=UnfoldAdminRadioSelectWidget,
        help_text="The books go on from a counted opening; a check is held against them and changes nothing.",
    )
    business_date = forms.DateField(
        label="Business date",
        input_formats=["%Y-%m-%d"],
        widget=_line(inputmode="numeric"),
        help_text="2026-11-21. A counted opening is of the beginning of that day.",
        error_messages={"invalid": "Write the date as 2026-11-21."},
    )
    local_time = forms.CharField(
        label="Safe's clock at the count",
        required=False,
        widget=_line(),
        help_text="2026-11-21 17:30, for checks only. Without it a check is of the end of the day.",
    )
    currency = forms.CharField(initial="USD", widget=_line(maxlength="3"), help_text="USD, CAD, …")
    denominations = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 8, "autocomplete": "off"}),
        help_text="A line for each: the unit value and how many of it, as 20 x 12.",
    )
    amount = forms.DecimalField(
        required=False,
        widget=UnfoldAdminDecimalFieldWidget({"autocomplete": "off"}),
        help_text="Leave it out where the denominations are given: their sum is taken.",
        error_messages={"invalid": "Write the amount as 1560.00."},
    )
    counted_by = forms.CharField(label="Counted by", required=False, max_length=200, widget=_line())
    note = forms.CharField(required=False, max_length=4000, widget=UnfoldAdminTextareaWidget({"rows": 2}))

    class Meta:
        model = PhysicalCount
        fields: tuple[str, ...] = ()

    def clean_serial_number(self) -> Safe:
        safe = Safe.objects.filter(serial_number=normal_serial(self.cleaned_data["serial_number"])).first()
        if safe is None:
            raise ValidationError("There is no safe of that serial number.")
        return safe

    def clean_local_time(self) -> dt.datetime | None:
        text: str = self.cleaned_data["local_time"].strip()
        if not text:
            return None
        try:
            return dt.datetime.fromisoformat(text)
        except ValueError:
            raise ValidationError("Write the time as 2026-11-21 17:30.") from None

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()

    def clean_denominations(self) -> Pieces:
        try:
            return read_lines(self.cleaned_data["denominations"])
        except ValueError as error:
            raise ValidationError(str(error)) from None

    @property
    def safe(self) -> Safe:
        safe: Safe = self.cleaned_data["serial_number"]
        return safe

    @property
    def said(self) -> Said:
        return Said(**{name: value for name, value in self.cleaned_data.items() if name != "serial_number"})

    def _post_clean(self) -> None:
        # In the place of the model's own look at it.
        if self.errors:
            return
        try:
            check_count(self.safe, self.said)
        except ValidationError as error:
            self.add_error(None, error)
