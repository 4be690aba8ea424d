"""Several people at the same findings, and rules too: everything is done once, nobody waits for ever."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection
from django.db.transaction import atomic

from safes.attachments import attach
from safes.finding_work import settle_all
from safes.models import Attachment, Finding, FindingNote
from tests.factories import FindingFactory
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_finding_is_settled_once_and_everybody_is_told_of_each():
    ids = [finding.pk for finding in FindingFactory.create_batch(30)]
    outcomes = at_once(*(partial(settle_all, ids, name, f"by {name}") for name in ("anna", "ben", "carla")))
    for outcome in outcomes:
        assert sorted([one.pk for one in outcome.done] + [one.pk for one, _ in outcome.left]) == ids
    assert sorted(one.pk for outcome in outcomes for one in outcome.done) == ids
    assert FindingNote.objects.filter(what="settled").count() == 30
    for finding in Finding.objects.all():
        assert [note.by for note in finding.notes.all()] == [finding.closed_by]


def test_what_a_rule_holds_is_left_and_told_without_waiting_for_it():
    held, free = FindingFactory.create_batch(2)

    def settle_with_little_patience() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        return settle_all([held.pk, free.pk], "anna", "x")

    with atomic():
        Finding.objects.select_for_update().get(pk=held.pk)
        [outcome] = at_once(settle_with_little_patience)
    assert [one.pk for one in outcome.done] == [free.pk]
    [(left, why)] = outcome.left
    assert left == held
    assert "try again" in why


def test_the_same_file_from_two_people_at_once_is_one_attachment():
    finding = FindingFactory.create()
    kept = at_once(*(partial(attach, finding.pk, name, "note.txt", b"The same note.") for name in ("anna", "ben")))
    assert sorted(is_new for _, is_new in kept) == [False, True]
    assert Attachment.objects.count() == finding.notes.count() == 1
