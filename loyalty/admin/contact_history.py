"""The history of a contact: who changed what and when, and never what it was."""

from __future__ import annotations

from collections.abc import Callable

from loyalty.admin.words import mask_email
from loyalty.masking import mask_name, mask_number
from safes.admin.bases import EMPTY
from safes.admin.history import HistoryAdmin
from safes.admin.history_words import Line

_MASKED: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "mobile number": mask_number,
    "email": mask_email,
    "birth date": lambda day: "••••",
}
_OTHER = "another, which looks the same"


class HasMaskedHistory(HistoryAdmin):
    """Masked for everybody: a reveal shows what is known now, with a trace; what was known is nobody's to look at."""

    def _lines(self, object_id: str) -> tuple[list[Line], bool]:
        lines, more = super()._lines(object_id)
        return [_masked(line) for line in lines], more


def _masked(line: Line) -> Line:
    said, before = dict(line.said), dict(line.before) if line.before is not None else None
    for name, mask in _MASKED.items():
        old, new = (before or {}).get(name, EMPTY), said.get(name, EMPTY)
        shown_old, shown_new = (text if text == EMPTY else mask(text) for text in (old, new))
        # Told, though it looks the same with what may be shown of it.
        said[name] = _OTHER if before is not None and old != new and shown_old == shown_new else shown_new
        if before is not None:
            before[name] = shown_old
    return line._replace(said=said, before=before)
