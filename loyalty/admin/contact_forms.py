"""What is asked of a contact when it is registered, changed or erased."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty.contacts import FIELDS
from loyalty.formats import LONGEST_CODE
from loyalty.models import Contact

_LABELS = {"code": "Code", "name": "Name", "mobile_number": "Mobile number", "email": "E-mail"}
_HELP = {
    "code": "As other systems know the contact.",
    "mobile_number": "With its country, as +12015550123, or as it is dialled at home.",
    "birth_date": "As 1985-03-02.",
}
# What a browser must not offer to the next one.
_NOT_REMEMBERED = {"autocomplete": "off", "spellcheck": "false"}


class ContactForm(forms.Form):
    """What is wrong with it is said by loyalty.contacts, as to machines."""

    def __init__(self, data: Any = None, *, names: tuple[str, ...] = FIELDS, initial: dict[str, Any] | None = None):
        super().__init__(data, initial=initial)
        for number, name in enumerate(names):
            self.fields[name] = forms.CharField(
                required=False,
                show_hidden_initial=True,  # what another has changed meanwhile is not changed back
                strip=False,  # a phone may begin with what an unescaped + has become
                max_length=1000,
                label=_LABELS.get(name, "Birth date"),
                help_text=_HELP.get(name, ""),
                widget=UnfoldAdminTextInputWidget({**_NOT_REMEMBERED, **({"autofocus": True} if not number else {})}),
            )

    def say(self, error: ValidationError) -> None:
        """Sentences at their fields; of a field that is not asked for, above them."""
        for name, said in error.message_dict.items():
            self.add_error(name if name in self.fields else None, said)


class EraseForm(forms.Form):
    code = forms.CharField(
        max_length=LONGEST_CODE,
        label="Type the contact’s code to erase it",
        widget=UnfoldAdminTextInputWidget({**_NOT_REMEMBERED, "autofocus": True}),
    )

    def __init__(self, contact: Contact, data: Any = None) -> None:
        super().__init__(data)
        self._contact = contact

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code.strip().upper() != self._contact.code.upper():
            raise ValidationError("That is not the code of this contact: nothing was erased.")
        return code
