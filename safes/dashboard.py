"""The overview: apps hang their panels here, and config shows them. No panel knows another, or who shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the overview, for those who may see the rooms that its numbers lead to."""

    title: str
    rank: int
    permission: str
    template: str
    look: Callable[[HttpRequest], dict[str, Any]]
    """What the template is filled with, as things stand now: a handful of queries, none over a whole table."""
    wide: bool = False


_panels: dict[str, Panel] = {}


def hang(panel: Panel) -> None:
    """Put a panel on the overview; one of the same title is replaced."""
    _panels[panel.title] = panel


def panels_for(request: HttpRequest) -> list[tuple[Panel, SafeString]]:
    """The panels this person may see, in their order, each drawn."""
    seen = [panel for panel in _panels.values() if request.user.has_perm(panel.permission)]
    return [
        (panel, SafeString(render_to_string(panel.template, panel.look(request), request)))
        for panel in sorted(seen, key=lambda panel: panel.rank)
    ]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit, the list that shows what it counts, and whether it asks for somebody."""

    number: str
    words: str
    url: str
    alarming: bool = False
