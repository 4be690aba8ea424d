"""Today, the first page: apps hang here what asks for somebody, and panels; config shows them.

None of them knows another, or who shows it. What one sees follows from permissions, never from the name of a role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of Today, for those who may see the rooms that its numbers lead to."""

    title: str
    rank: int
    permission: str
    template: str
    look: Callable[[HttpRequest], dict[str, Any]]
    """What the template is filled with, as things stand now: a handful of queries, none over a whole table."""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that asks for somebody: so many rows, and the list that shows exactly these.

    ``many`` names them in the plural, ``one`` in the singular; ``more`` is what one should know before going there, and
    ``act`` words and an address where the work itself is done.
    """

    count: int
    one: str
    many: str
    url: str
    more: str = ""
    alarming: bool = False
    act: tuple[str, str] | None = None

    @property
    def words(self) -> str:
        return self.one if self.count == 1 else self.many


@dataclass(frozen=True, slots=True)
class Desk:
    """A place where work lies: days, findings, pickups. Its asks come in the order in which they are worked off."""

    title: str
    rank: int
    permission: str
    look: Callable[[HttpRequest], Iterable[Ask]]
    """A handful of queries, none over a whole table."""
    worked_by: tuple[str, ...] = ()
    """Permissions: who has one of them works here, others only read."""


@dataclass(frozen=True, slots=True)
class Work:
    """What lies on the desks that somebody may see: what asks for them by desk, and what is quiet."""

    desks: list[tuple[str, list[Ask]]]
    quiet: list[Ask]


Part = TypeVar("Part", Panel, Desk)

_panels: dict[str, Panel] = {}
_desks: dict[str, Desk] = {}


def hang(panel: Panel) -> None:
    """Put a panel on the page; one of the same title is replaced."""
    _panels[panel.title] = panel


def open_desk(desk: Desk) -> None:
    """Put a desk on the page; one of the same title is replaced."""
    _desks[desk.title] = desk


def work_for(request: HttpRequest) -> Work | None:
    """What needs this person; None for who may see no desk at all."""
    # First the desks where one works, then those that one reads.
    seen = sorted(
        _seen(request, _desks.values()),
        key=lambda desk: (not any(map(request.user.has_perm, desk.worked_by)), desk.rank),
    )
    if not seen:
        return None
    asks = [(desk.title, list(desk.look(request))) for desk in seen]
    loud = [(title, [ask for ask in found if ask.count]) for title, found in asks]
    return Work(
        desks=[(title, found) for title, found in loud if found],
        quiet=[ask for _, found in asks for ask in found if not ask.count],
    )


def panels_for(request: HttpRequest) -> list[tuple[Panel, SafeString]]:
    """The panels this person may see, in their order, each drawn."""
    return [
        (panel, SafeString(render_to_string(panel.template, panel.look(request), request)))
        for panel in sorted(_seen(request, _panels.values()), key=lambda panel: panel.rank)
    ]


def _seen(request: HttpRequest, parts: Iterable[Part]) -> list[Part]:
    return [part for part in parts if request.user.has_perm(part.permission)]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit, the list that shows what it counts, and whether it asks for somebody."""

    number: str
    words: str
    url: str
    alarming: bool = False

    @property
    def is_quiet(self) -> bool:
        """Nothing there: said in passing, not as a number."""
        return self.number in {"0", "0.00"}
