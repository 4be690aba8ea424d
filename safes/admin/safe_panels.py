"""What the page of a safe shows beside the safe itself: apps hang their panels here, as on Today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from safes.models import Safe


@dataclass(frozen=True, slots=True)
class SafePanel:
    """A part of a safe's page, for those who have all of these permissions."""

    title: str
    rank: int
    permissions: tuple[str, ...]
    template: str
    look: Callable[[HttpRequest, Safe], Mapping[str, Any]]
    """What the template is filled with: a handful of queries, bounded whatever the safe's history is."""
    anchor: str
    wide: bool = False


_panels: dict[str, SafePanel] = {}


def hang_on_safe(panel: SafePanel) -> None:
    """Put a panel on the pages of safes; one of the same title is replaced."""
    _panels[panel.title] = panel


def safe_panels(request: HttpRequest, safe: Safe) -> list[tuple[SafePanel, SafeString]]:
    """The panels this person may see, in their order, each drawn."""
    seen = [panel for panel in _panels.values() if request.user.has_perms(panel.permissions)]
    return [
        (panel, SafeString(render_to_string(panel.template, {"safe": safe, **panel.look(request, safe)}, request)))
        for panel in sorted(seen, key=lambda panel: panel.rank)
    ]
