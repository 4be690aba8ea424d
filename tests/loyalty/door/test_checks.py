"""Settings that would fail at the till are told when the system is checked."""

from __future__ import annotations

import pytest

from loyalty.checks import card_service


def test_the_settings_as_they_come_are_right():
    assert card_service() == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("LOYALTY_CARD_NUMBER_PATTERN", "[0-9", "E001"),
        ("LOYALTY_CONTACT_CODE_PATTERN", "(", "E001"),
        ("LOYALTY_CONTACT_CODE_PATTERN", ".*", "E002"),
        ("PHONE_DEFAULT_REGION", "USA", "E003"),
        ("PHONE_DEFAULT_REGION", "", "E003"),
        ("LOYALTY_REQUIRED_CONTACT_FIELDS", ["name", "shoe_size"], "E004"),
        ("LOYALTY_MISS_LIMIT", "many", "E005"),
        ("LOYALTY_SAME_MISS_LIMIT", "20/week", "E005"),
        ("LOYALTY_PROBING_MISSES", 0, "E006"),
        ("LOYALTY_TIME_ZONE", "Mars/Olympus", "E007"),
        ("LOYALTY_TIME_ZONE", "Europe", "E007"),
        ("LOYALTY_TIME_ZONE", "", "E007"),
        ("LOYALTY_TIME_ZONE", "../etc/passwd", "E007"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(settings, name, value, error):
    setattr(settings, name, value)
    (found,) = card_service()
    assert found.id == f"loyalty.{error}"
    assert name in found.msg
    assert found.msg.endswith(".")


def test_no_field_at_all_may_be_required(settings):
    settings.LOYALTY_REQUIRED_CONTACT_FIELDS = []
    assert card_service() == []
