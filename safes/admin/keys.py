"""What rooms of machines share: their keys told apart, changed with an overlap, and shown on one page, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminRadioSelectWidget

from safes.admin.bases import change_url, instant, table
from safes.admin.history import HistoryAdmin
from safes.keys import keys_of, lapse_in_words, newest_key_id
from safes.models import MachineKey

_OVERLAPS = [
    ("48", "Two days: the old key works meanwhile, and until the new one has been used"),
    ("168", "A week, the same way"),
    ("720", "A month, the same way"),
    ("0", "None: the old key stops working at once (it has leaked)"),
]


class RotateForm(forms.Form):
    overlap = forms.ChoiceField(choices=_OVERLAPS, initial="48", widget=UnfoldAdminRadioSelectWidget)
    newest_known = forms.IntegerField(widget=forms.HiddenInput)


class KeyAdmin(HistoryAdmin):
    """A room whose rows hold keys. A key is on the page that answers its making, and on no other."""

    actions_detail: Sequence[Any] = ("rotate",)
    scopes: tuple[MachineKey.Scope, ...] = ()
    rotate_form: type[RotateForm] = RotateForm

    def change_key(
        self, row: Any, overlap: dt.timedelta, newest_known: int, wanted: dict[str, Any]
    ) -> tuple[str, str, dt.datetime]:
        """What the new key is called, the key, and when those before it lapse. Raises ValueError, with a sentence."""
        raise NotImplementedError

    def handed_over(self, row: Any) -> Iterable[tuple[str, object]]:
        """What else the machine's people must be told, beside the key."""
        raise NotImplementedError

    @action(description="Change the key", url_path="rotate", permissions=["act"], icon="key")
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.row(request, object_id)
        initial = {"newest_known": newest_key_id(self.scopes, row.pk)}
        form = self.rotate_form(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            wanted = form.cleaned_data
            overlap = dt.timedelta(hours=int(wanted["overlap"]))
            try:
                name, key, until = self.change_key(row, overlap, wanted["newest_known"], wanted)
            except ValueError as error:
                form.add_error(None, str(error))
            else:
                return self.show_keys(request, row, [(name, key)], old_keys=lapse_in_words(until, overlap))
        return self.act_page(
            request,
            row,
            form,
            title=f"Change the key of {row}",
            explanation="A new key is made and shown once. How long should the old one go on working?",
            button="Make a new key",
        )

    def show_keys(
        self, request: HttpRequest, row: models.Model, keys: list[tuple[str, str]], old_keys: str = ""
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"The {'key' if len(keys) == 1 else 'keys'} of {row}",
            "opts": self.model._meta,
            "original": row,
            "keys": keys,
            "facts": self.handed_over(row),
            "old_keys": old_keys,
            "back": change_url(row),
        }
        return TemplateResponse(request, "staff/key.html", context)

    def key_table(self, row: models.Model) -> SafeString:
        several = len(self.scopes) > 1
        return table(
            (*(["what"] if several else []), "ends in", "standing", "made", "first used", "last used", "lapses"),
            (
                (
                    *([MachineKey.Scope(key.scope).label.rpartition(" ")[2]] if several else []),
                    f"…{key.hint}",
                    standing,
                    instant(key.created_at),
                    instant(key.first_used_at),
                    instant(key.last_used_at),
                    instant(key.lapses_at),
                )
                for key, standing in keys_of(self.scopes, row.pk)
            ),
        )
