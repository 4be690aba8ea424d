"""What the rooms of transactions and audit events share: the wall clock first, the raw delivery a click away."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.decorators import display
from unfold.views import ChangeList

from safes.admin.bases import (
    COUNTED,
    EMPTY,
    EstimatingPaginator,
    ViewOnlyAdmin,
    change_url,
    instant,
    is_few,
    link,
    money,
    nowrap,
    table,
    wall_clock,
)
from safes.admin.filters import PresetFilter, RecentFilter
from safes.models import Safe
from transactions.models import AuditEvent, Book, Delivery, Repeat, Transaction

Row = Transaction | AuditEvent

_GROUP = re.compile(r"[0-9]{1,18}", re.ASCII)


class BookFilter(PresetFilter):
    """Test endpoints keep a book of their own; nobody takes it for the real one by oversight."""

    title = "book"
    parameter_name = "book"
    preset = str(Book.PRODUCTION.value)

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [*((str(value), label) for value, label in Book.choices), ("all", "all")]


class TypeFilter(DropdownFilter):
    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, name) for name in getattr(model_admin, "types", ())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(type=value) if value else queryset


class ExactFilter(TextFilter):
    """A text that the column holds as it stands."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.parameter_name: value.strip()}) if value else queryset


class UserFilter(ExactFilter):
    title = "user"
    parameter_name = "user_name"


class MessageFilter(TextFilter):
    """The number of a message: its rows, whichever channel it came by."""

    title = "message"
    parameter_name = "message"

    def in_words(self) -> SafeString | str:
        """Where the rows come from, a click away."""
        value = self.value()
        if not value or not (value.isdecimal() and len(value) < 19):
            return ""
        found = Delivery.objects.filter(message=int(value)).order_by("pk")[:20]
        links = format_html_join(", ", "{}", ((link(change_url(one), one),) for one in found))
        return format_html("Rows that {} showed", links) if links else "Nothing came by such a message"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if not (value.isdecimal() and len(value) < 19):
            return queryset.none()
        ids = _shown_again(queryset.model, int(value))
        return queryset.filter(Q(push_message=int(value)) | Q(file_message=int(value)) | Q(pk__in=ids))


def _shown_again(model: type[Any], message_id: int) -> list[int]:
    """Ids of rows that another message showed first; found from the few repeats, never by reading the rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT t.id FROM {Repeat._meta.db_table} r
            JOIN {model._meta.db_table} t USING (safe_id, local_time, key_digest, occurrence, book)
            WHERE r.message_id = %s ORDER BY t.id LIMIT %s
            """,
            [message_id, _MANY],
        )
        return [pk for (pk,) in cursor.fetchall()]


# As many of a message's repeats as its list shows.
_MANY = 5000


class _Days(ChangeList):
    """Rows of days long past are found by the index on their dates: all at once if they are few, and then sorted; else
    date by date, the latest first.

    Left to itself the planner walks the ids from the newest until a page is full: for a month long past, every row
    since. See safes/api/pagination.py.
    """

    queryset: QuerySet[Any]

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        ordering: list[Any] = super().get_ordering(request, queryset)
        if self.query:
            return ["-business_date", *ordering]
        if not any(isinstance(spec, RecentFilter) and spec.is_past() for spec in self.filter_specs):
            return ordering
        return [(F("pk") + 0).desc() if is_few(queryset) else "-business_date", *ordering]

    def get_results(self, request: HttpRequest) -> None:
        if self.query:
            # What is looked for may be in no row at all, so that the days are looked through once and for all: few
            # finds are told by their ids from here on, and of many a page is full soon.
            found = list(self.queryset.order_by().values_list("pk", flat=True)[: COUNTED + 1])
            if len(found) <= COUNTED:
                self.queryset = self.model_admin.get_queryset(request).filter(pk__in=found).order_by("-pk")
        super().get_results(request)


class RecordAdmin(ViewOnlyAdmin):
    paginator = EstimatingPaginator
    list_select_related = ("safe",)
    list_display_links = ("clock",)
    list_before_template = "staff/range_above.html"
    ordering = ("-id",)
    # What the search box of a list looks for besides safes, pickup groups and users.
    has_groups = False
    searched_exactly: tuple[str, ...] = ()
    searched_by_beginning: tuple[str, ...] = ()
    list_per_page = 100
    # Ordering by any column would sort millions of rows for one page.
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("safe")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _Days

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows of the safe, or else of the pickup, that the text names; if it names neither, by what has no index.

        One OR over all of it would read a month of all safes for the rows of one.
        """
        text = search_term.strip()
        if not text:
            return queryset, False
        safe = Safe.objects.filter(serial_number=text.upper()).values_list("pk", flat=True).first()
        if safe is not None:
            return queryset.filter(safe=safe), False
        if self.has_groups and _GROUP.fullmatch(text) and queryset.filter(pickup_group_id=int(text)).exists():
            return queryset.filter(pickup_group_id=int(text)), False
        spellings = {text, text.upper(), text.lower()}
        asked = Q(user_name__istartswith=text)
        for name in self.searched_exactly:
            asked |= Q(**{f"{name}__in": spellings})
        for name in self.searched_by_beginning:
            asked |= Q(**{f"{name}__istartswith": text})
        return queryset.filter(asked), False

    @display(description="safe's clock")
    def clock(self, row: Row) -> SafeString:
        """In a list: to the second, and how far its zone is from UTC."""
        shown = f"{row.local_time:%Y-%m-%d %H:%M:%S}"
        if row.occurred_at is None:
            return nowrap(f"{shown}, zone unknown")
        return nowrap(f"{shown} {_offset(row.local_time - row.occurred_at.replace(tzinfo=None))}")

    @display(description="safe's clock")
    def shown_time(self, row: Row) -> SafeString:
        return nowrap(wall_clock(row.local_time))

    @display(description="instant")
    def utc_time(self, row: Row) -> SafeString:
        if row.occurred_at is None:
            return nowrap("not known yet")
        notes = {"repeated": "the hour came twice; this is the first", "skipped": "the hour never was; moved forward"}
        note = notes.get(row.time_note or "")
        moment = nowrap(instant(row.occurred_at))
        return moment if note is None else format_html("{} ({})", moment, note)

    @display(description="type")
    def named(self, row: Row) -> str:
        return row.type

    @display(description="user")
    def who(self, row: Row) -> SafeString:
        return nowrap(row.user_name or EMPTY)

    @display(description="other properties, as sent")
    def unlisted(self, row: Row) -> SafeString:
        return table(("property", "value"), (row.extra or {}).items())

    @display(description="amount")
    def cash(self, row: Row) -> SafeString:
        amount = money(row.amount, row.currency)
        return nowrap(amount) if row.counted else nowrap(format_html("<s>{}</s> not counted", amount))

    @display(description="counted", boolean=True)
    def counts(self, row: Row) -> bool:
        return row.counted

    @display(description="book", label={"production": "success", "test": "warning"})
    def book_name(self, row: Row) -> str:
        return str(Book(row.book).label)

    @display(description="sent as")
    def sent_type(self, row: Row) -> str:
        return row.wire_type

    @display(description="key")
    def key(self, row: Row) -> str:
        return f"{bytes(row.key_digest).hex()}, occurrence {row.occurrence}"

    @display(description="retrieved on")
    def retrieved(self, row: Row) -> str:
        return instant(row.retrieved_on)

    @display(description="first pushed")
    def pushed(self, row: Row) -> str:
        return instant(row.seen_by_push)

    @display(description="first in a file")
    def filed(self, row: Row) -> str:
        return instant(row.seen_by_file)

    @display(description="raw deliveries")
    def deliveries(self, row: Row) -> SafeString:
        """Every delivery whose message showed this row, by push, by file, or again."""
        again = Repeat.objects.filter(
            safe=row.safe_id,
            local_time=row.local_time,
            key_digest=row.key_digest,
            occurrence=row.occurrence,
            book=row.book,
        )
        messages = {row.push_message_id, row.file_message_id, *again.values_list("message_id", flat=True)[:100]}
        found = Delivery.objects.filter(message__in=messages - {None}).select_related("endpoint", "feed")
        sources = ((one, one.endpoint or f"{one.feed}: {one.file_name}") for one in found.order_by("pk")[:100])
        links = ((link(change_url(one), one), source, instant(one.received_at)) for one, source in sources)
        return format_html_join(SafeString("<br>"), "{} by {}, {}", links) or EMPTY


def _offset(ahead: dt.timedelta) -> str:
    minutes = round(ahead.total_seconds() / 60)
    return f"{'−' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
