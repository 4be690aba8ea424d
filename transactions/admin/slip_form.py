"""What is asked for of a pickup: bags, the courier's receipt, what was counted elsewhere."""

from __future__ import annotations

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from transactions.reconciliation.pickups.slips import split_bags


class SlipForm(forms.Form):
    bag_numbers = forms.CharField(
        label="Bags or seals",
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "autocomplete": "off"}),
        help_text="Their numbers, a line for each.",
    )
    receipt_number = forms.CharField(
        label="Receipt",
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text="The courier's.",
    )
    counted_amount = forms.DecimalField(
        label="Counted amount",
        required=False,
        widget=UnfoldAdminDecimalFieldWidget({"autocomplete": "off"}),
        help_text="What Loomis or the bank counted; leave it out while nobody has.",
        error_messages={"invalid": "Write the amount as 1560.00."},
    )
    counted_by = forms.CharField(
        label="Counted by",
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text="Loomis, or the bank.",
    )
    note = forms.CharField(required=False, max_length=4000, widget=UnfoldAdminTextareaWidget({"rows": 2}))

    def clean_bag_numbers(self) -> list[str]:
        return split_bags(self.cleaned_data["bag_numbers"])
