"""/readyz tells whoever reads it what is missing and what to do, in sentences without addresses or causes."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from config import broker, health


@pytest.mark.django_db
def test_what_is_missing_is_said_in_a_sentence(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker, "living_workers", lambda timeout=2.0: 0)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["worker"]
    assert answer.json()["sentences"] == [
        "No worker was heard of for 15 seconds: start one, or look at what it says.",
    ]


@pytest.mark.django_db
def test_what_cannot_be_known_without_the_broker_is_not_held_against_the_worker_in_words(client: Client):
    with override_settings(CELERY_BROKER_URL="redis+socket:///nowhere/letmein.sock"):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    (sentence,) = answer.json()["sentences"]
    assert sentence.startswith("Valkey does not answer")
    assert "letmein" not in answer.content.decode()


@pytest.mark.django_db
def test_when_all_is_well_there_is_nothing_to_say(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(broker, "living_workers", lambda timeout=2.0: 1)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["sentences"]) == (200, [])


def test_a_check_that_does_not_come_back_has_its_sentence_too():
    assert {(name, "does not answer") for name in health.CHECKS} <= set(health.SENTENCES)
