"""What the pages of deliveries say of one, field by field."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Abs
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from safes.admin.bases import EMPTY, ViewOnlyAdmin, change_url, instant, link, money, nowrap, table
from transactions.admin.leads import audit_events_url, transactions_url
from transactions.models import Delivery

_SHOWN_ROWS = 200


class DeliveryFields(ViewOnlyAdmin):
    """Fields in words; the pages and buttons are in transactions.admin.deliveries."""

    @display(description="delivery")
    def number(self, delivery: Delivery) -> int:
        return delivery.pk

    @display(description="received")
    def arrived(self, delivery: Delivery) -> SafeString:
        return nowrap(instant(delivery.received_at))

    @display(description="from")
    def source(self, delivery: Delivery) -> str:
        source = delivery.endpoint or delivery.feed
        return source.name if source else delivery.channel

    @display(description="file", empty_value="–")
    def file(self, delivery: Delivery) -> str | None:
        return delivery.file_name or None

    @display(
        description="status",
        label={
            "accepted": "success",
            "duplicate": "default",
            "stored": "info",
            "quarantined": "warning",
            "failed": "danger",
        },
    )
    def outcome(self, delivery: Delivery) -> str:
        return delivery.status

    @display(description="rows", empty_value="–")
    def rows(self, delivery: Delivery) -> int | None:
        return delivery.received

    @display(description="new", empty_value="–")
    def new(self, delivery: Delivery) -> int | None:
        return delivery.created

    @display(description="known", empty_value="–")
    def known_rows(self, delivery: Delivery) -> int | None:
        return delivery.known

    @display(description="quarantined", empty_value="–")
    def refused(self, delivery: Delivery) -> SafeString | int | None:
        if not delivery.quarantined:
            return delivery.quarantined
        return format_html('<strong class="text-red-700 dark:text-red-400">{}</strong>', delivery.quarantined)

    @display(description="size")
    def how_big(self, delivery: Delivery) -> SafeString:
        return nowrap(filesizeformat(delivery.size))

    @display(description="repeat of")
    def again(self, delivery: Delivery) -> SafeString:
        if delivery.repeat_of is None:
            return EMPTY
        return link(change_url(delivery.repeat_of), delivery.repeat_of)

    @display(description="message")
    def message_id(self, delivery: Delivery) -> SafeString | str:
        return delivery.message.key if delivery.message else EMPTY

    @display(description="SHA-256 of what was sent")
    def sha256(self, delivery: Delivery) -> SafeString:
        return format_html('<span class="staff-break">{}</span>', bytes(delivery.digest).hex())

    @display(description="quarantined rows")
    def quarantine(self, delivery: Delivery) -> SafeString | str:
        rows = delivery.quarantined_rows
        sums = rows.aggregate(count=Count("pk"), cash=Sum(Abs("amount")), silent=Count("pk", filter=Q(amount=None)))
        if not sums["count"]:
            return "Nothing: every row was understood."
        listing = table(
            ("row", "why", "safe", "amount", "as sent"),
            (
                (
                    row.position or "whole body",
                    row.reason,
                    row.serial_number,
                    nowrap(money(row.amount, None)),
                    format_html("<code>{}</code>", row.content[:500]),
                )
                for row in rows.order_by("position")[:_SHOWN_ROWS]
            ),
        )
        return format_html('<p class="mb-2">{}</p>{}', _cash_in_words(sums), listing)

    @display(description="odd, but no harm")
    def remarks(self, delivery: Delivery) -> SafeString:
        return format_html_join(SafeString("<br>"), "{}", ((note,) for note in delivery.notes)) or EMPTY

    @display(description="what went wrong")
    def mishap(self, delivery: Delivery) -> str:
        return delivery.error or "Nothing."

    @display(description="headers, less what can carry a key")
    def sent_headers(self, delivery: Delivery) -> SafeString:
        return table(("header", "value"), delivery.headers.items())

    @display(description="recorded")
    def recorded(self, delivery: Delivery) -> str:
        return instant(delivery.recorded_at) if delivery.recorded_at else "not yet"

    @display(description="attempts")
    def tried(self, delivery: Delivery) -> str:
        if delivery.next_attempt_at is None:
            return str(delivery.attempts)
        return f"{delivery.attempts}, next not before {instant(delivery.next_attempt_at)}"

    @display(description="body")
    def purged(self, delivery: Delivery) -> str:
        return f"purged {instant(delivery.purged_at)}; its digest stays" if delivery.purged_at else "kept"

    @display(description="came again")
    def same_again(self, delivery: Delivery) -> SafeString:
        repeats = delivery.repeats.order_by("pk").values_list("pk", "received_at")[: _SHOWN_ROWS + 1]
        named = [(f"delivery {pk}", instant(at)) for pk, at in repeats[:_SHOWN_ROWS]]
        more = SafeString("<br>and more") if len(repeats) > _SHOWN_ROWS else SafeString("")
        return format_html_join(SafeString("<br>"), "{}, {}", named) + more if named else EMPTY

    @display(description="its rows")
    def its_rows(self, delivery: Delivery) -> SafeString | str:
        message = delivery.repeat_of.message_id if delivery.repeat_of else delivery.message_id
        if message is None:
            return "Not read yet."
        shown = {"message": message, "book": "all"}
        return format_html(
            "{} and {} of its message",
            link(transactions_url(**shown), "transactions"),
            link(audit_events_url(**shown), "audit events"),
        )


def _cash_in_words(sums: dict[str, Any]) -> str:
    one = sums["count"] == 1
    rows = "1 row" if one else f"{sums['count']} rows"
    if sums["cash"] is None:
        return f"{rows} could not be understood, and no amount in {'it' if one else 'them'} can be read."
    silent = f"; {sums['silent']} of them without an amount that can be read" if sums["silent"] else ""
    return f"{rows} could not be understood, speaking of {money(sums['cash'], None)} in cash{silent}."
