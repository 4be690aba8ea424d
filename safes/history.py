"""Change history: what of the estate, of connections and of staff was changed, when, by whom, and on what occasion.

Each change of a row is a copy of it, written by django-simple-history in the transaction of the change. Nobody edits,
reverts or deletes one; keys are in none. What is changed by `update()` on a queryset, or by SQL, leaves nothing: that
is for what machines note a thousand times a day, such as when a key was last used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from simple_history.models import HistoricalRecords
from simple_history.utils import get_history_manager_for_model

_LONGEST = 300
_occasion: ContextVar[str] = ContextVar("occasion", default="")


@contextmanager
def on_occasion(what: str) -> Iterator[None]:
    """Say of every change within on what occasion it was made: “command add_safe”, “upload of sites.csv”."""
    token = _occasion.set(what)
    try:
        yield
    finally:
        _occasion.reset(token)


def note(row: models.Model, what: str) -> None:
    """Write into a row's history what happened to it without changing a field of it: its key, a device."""
    row._change_reason = what  # type: ignore[attr-defined]
    try:
        History.of(row).create_historical_record(row, "~")
    finally:
        del row._change_reason  # type: ignore[attr-defined]


class History(HistoricalRecords):  # type: ignore[misc]
    """A history to be hung on a model. Who made a change is told by the request; a machine, and a command, in words."""

    _made: dict[type[models.Model], History] = {}

    def __init__(self, **settings: Any) -> None:
        reason = models.CharField(max_length=_LONGEST, null=True, blank=True)
        super().__init__(get_user=_person, history_change_reason_field=reason, **settings)

    @classmethod
    def of(cls, row: models.Model) -> History:
        return cls._made[row._meta.concrete_model]  # type: ignore[index]

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if sender is self.cls:
            self._made[sender] = self

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        # Nobody needs a permission of their own: who may view a row may view its history, and that is all there is.
        return {**super().get_meta_options(model), "default_permissions": ()}

    def post_save(self, instance: models.Model, created: bool, using: str | None = None, **kwargs: Any) -> None:
        if created or hasattr(instance, "_change_reason") or self._differs(instance):
            super().post_save(instance, created, using=using, **kwargs)

    def _differs(self, instance: models.Model) -> bool:
        """Whether a row says anything that the last of its history does not; a save that changes nothing is none."""
        fields = self.fields_included(instance)
        rows = get_history_manager_for_model(type(instance)).filter(**{instance._meta.pk.attname: instance.pk})
        last = rows.values_list(*(field.attname for field in fields)).first()
        return last is None or last != tuple(
            field.target_field.to_python(value) if field.remote_field else field.to_python(value)
            for field, value in ((field, getattr(instance, field.attname)) for field in fields)
        )

    def get_change_reason_for_object(self, instance: models.Model, history_type: str, using: str | None) -> str | None:
        said = (getattr(instance, "_change_reason", None), _occasion.get(), self._machine())
        return "; ".join(part for part in said if part)[:_LONGEST] or None

    def _machine(self) -> str:
        """The account of a machine that called; people have a column of their own."""
        caller = getattr(getattr(self.context, "request", None), "user", None)
        machine = caller is not None and caller.is_authenticated and not isinstance(caller, AbstractBaseUser)
        return f"account {caller}" if machine else ""

    def m2m_changed(
        self, instance: models.Model, action: str, attr: str, pk_set: set[int] | None, reverse: bool, **more: Any
    ) -> None:
        if not reverse:
            super().m2m_changed(instance, action, attr, pk_set, reverse, **more)
        elif pk_set:
            # From the other side, as `group.user_set.add(user)`: it is still the users who gained it.
            for row in self.cls._default_manager.filter(pk__in=pk_set):
                super().m2m_changed(row, action, attr, pk_set, False, **more)


class PeopleHistory(History):
    """Of staff: also that a password was changed, though never anything of it."""

    def post_save(self, instance: models.Model, created: bool, using: str | None = None, **kwargs: Any) -> None:
        # Set by set_password alone; a hash that is only made stronger at a log-in leaves it empty.
        if created or not getattr(instance, "_password", None):
            super().post_save(instance, created, using=using, **kwargs)
        else:
            note(instance, "password changed")


def _person(request: Any = None, **_: Any) -> AbstractBaseUser | None:
    user = getattr(request, "user", None)
    return user if isinstance(user, AbstractBaseUser) else None
