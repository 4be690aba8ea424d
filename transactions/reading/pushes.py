"""A push, read and recorded."""

from __future__ import annotations

from collections import Counter

from transactions.bodies import raw_body
from transactions.catalogue import classify
from transactions.identity import key_digest
from transactions.models import Delivery, Message, PushEndpoint
from transactions.reading.messages import Reading, book_of, locked_message, other_bodies
from transactions.recording.showing import Outcome
from transactions.recording.writer import record
from transactions.wire import push_json
from transactions.wire.records import Record
from transactions.wire.values import BadRow, BodyError


def record_push(delivery: Delivery, body: bytes | None) -> Reading:
    """Read the body of a push and record what it says, within the caller's transaction.

    ``body`` is the stored body where the caller has it at hand, which saves fetching it.
    """
    first_time = delivery.recorded_at is None
    earlier = delivery.message
    try:
        read = push_json.read_message(raw_body(delivery) if body is None else body)
    except BodyError as error:
        read = push_json.Message()
        bad_rows = [BadRow(0, str(error), "")]
    else:
        bad_rows = read.bad_rows or ([] if read.records else [BadRow(0, "The message has no transactions.", "")])
    key = f"id:{read.message_id}" if read.message_id else f"sha256:{bytes(delivery.digest).hex()}"
    message = locked_message(key, endpoint_id=delivery.endpoint_id)
    if earlier is not None and earlier != message:
        # Read again it belongs to another message: the earlier one no longer shows what this body said.
        _show(earlier, [], without=delivery, replace=True)
    outcome = _show(message, read.records, without=delivery, replace=not first_time)
    notes = _oddities(delivery.endpoint, read) if delivery.endpoint else []
    return Reading(message, read.received, len(read.records), outcome.created, bad_rows, notes)


def _show(message: Message, records: list[Record], *, without: Delivery, replace: bool) -> Outcome:
    """Record what a message shows: these records, and the most copies that any other body of it showed."""
    merged = records
    if replace:
        for other in other_bodies([message.pk], without):
            try:
                merged = _union(merged, push_json.read_message(raw_body(other)).records)
            except BodyError:
                continue
    return record(
        message.pk,
        merged,
        channel="push",
        book=book_of(without),
        seen_at=without.received_at,
        replace=replace,
    )


def _union(one: list[Record], other: list[Record]) -> list[Record]:
    """The most copies of each record that either list has."""
    spare = Counter(key_digest(entry) for entry in one)
    merged = list(one)
    for entry in other:
        digest = key_digest(entry)
        if spare[digest]:
            spare[digest] -= 1
        else:
            merged.append(entry)
    return merged


def _oddities(endpoint: PushEndpoint, read: push_json.Message) -> list[str]:
    """What is not as arranged with Loomis and yet no reason to refuse anything."""
    notes = []
    sent = {name.lower(): value for name, value in read.metadata.items()}
    for name, value in endpoint.expected_metadata.items():
        if name.lower() not in sent:
            notes.append(f"The metadata “{name}” is missing.")
        elif sent[name.lower()] != value:
            notes.append(f"The metadata “{name}” is not the expected “{value}”.")
    if endpoint.types:
        asked = {classify(name)[0] for name in endpoint.types}
        unasked = sorted({record.type for record in read.records} - asked)
        notes += [f"{name} came, though Loomis was not asked to send it here." for name in unasked]
    if read.received > endpoint.batch_limit:
        notes.append(f"{read.received} rows came, more than the {endpoint.batch_limit} arranged.")
    return notes
