"""Lists as people like to see them: the filters of a room, kept under a name, for oneself or for all."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.db.transaction import atomic
from django.http import QueryDict
from django.utils.http import urlencode

from safes.models import SavedFilter

NAME_LENGTH, QUERY_LENGTH = 60, 2000
# Of one person in one room; as links above a list, more would be a list of their own.
MANY = 20
_SHARED_SHOWN = 40

Person = AbstractBaseUser | AnonymousUser


def spelt(query: QueryDict | str, known: Iterable[str] | None = None) -> str:
    """A list's query in one spelling: the names in their order, nothing empty, of ``known`` names alone where given.

    Two queries that ask for the same are equal so. What the database knows no character for is left out.
    """
    asked = QueryDict(query) if isinstance(query, str) else query
    names = set(asked) if known is None else set(asked) & set(known)
    pairs = [(name, value) for name in sorted(names) for value in asked.getlist(name) if value and "\x00" not in value]
    return urlencode(pairs)


def saved_in(room: str, person: Person) -> QuerySet[SavedFilter]:
    """What this person may come back by: their own, and those that are shared; by name. One query."""
    theirs = Q(owner=person.pk) | Q(is_shared=True)
    return (
        SavedFilter.objects.filter(theirs, room=room)
        .select_related("owner")
        .order_by("name", "pk")[: MANY + _SHARED_SHOWN]
    )


@atomic
def save_filter(person: Person, room: str, name: str, query: str, *, is_shared: bool) -> tuple[SavedFilter, bool]:
    """Keep it; and whether it is new: the same name in the same room again takes the place of what it stood for.

    Raises ValueError, with a sentence for staff, without a name or a filter, for what is too long and for one too many.
    """
    named = " ".join(name.split())
    if not named:
        raise ValueError("Give the view a name, by which you find it again.")
    if len(named) > NAME_LENGTH or any(unicodedata.category(one).startswith("C") for one in named):
        raise ValueError(f"That name will not do: up to {NAME_LENGTH} letters, digits and signs, on one line.")
    if not query:
        raise ValueError("Nothing is searched, filtered or sorted here: there is no view to save.")
    if len(query) > QUERY_LENGTH:
        raise ValueError(f"These filters are too long to be kept: {QUERY_LENGTH:,} characters at most.")
    own = SavedFilter.objects.filter(owner=person.pk, room=room)
    if not own.filter(name=named).exists() and own.count() >= MANY:
        raise ValueError(f"You have {MANY} views of this list already: remove one first.")
    return SavedFilter.objects.update_or_create(
        owner_id=person.pk, room=room, name=named, defaults={"query": query, "is_shared": is_shared}
    )


@atomic
def remove_filter(person: Person, room: str, pk: int) -> str:
    """Take one away, and give its name. Raises ValueError when it is not there any more, or somebody else's."""
    found = SavedFilter.objects.select_for_update().filter(pk=pk, room=room).first()
    if found is None:
        raise ValueError("That view was removed already.")
    if found.owner_id != person.pk:
        raise ValueError("Only whoever saved a view can remove it.")
    found.delete()
    return found.name
