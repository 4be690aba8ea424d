"""Who may block with which reason and unblock with which: every cell, against the table of DOMAIN.md, section 4."""

from __future__ import annotations

import pytest

from loyalty import cards
from loyalty.acting import Actor
from loyalty.codes import CardStatus
from loyalty.models import Card
from loyalty.reasons import is_stricter
from loyalty.results import Key, Refused
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db

# Typed from DOMAIN.md, and not from loyalty.reasons: by role the block reasons, then the unblock reasons.
ALLOWED = {
    "till": ("", ""),
    "client": ("0", "0"),
    "cc_operator": ("034", "03"),
    "marketer": ("034", "03"),
    "senior_employee": ("014", "01"),
    "director": ("0124", "012"),
    "administrator": ("01234", "0123"),
    "back_office": ("", ""),
    "reader": ("", ""),
}
NO_REASONS = ("", "5", "9", "00", "٣", "x", "\x00", " 0", "loss of the card")


@pytest.mark.parametrize("role", ALLOWED)
@pytest.mark.parametrize("reason", [*"01234", *NO_REASONS])
def test_a_role_blocks_with_its_reasons_alone(role: str, reason: str) -> None:
    card(of=contact())
    said = _said(cards.block, reason, role)
    blocked = Card.objects.get()
    if reason and reason in ALLOWED[role][0]:
        assert (said, blocked.status, blocked.block_reason) == (Key.OK, "3", reason)
        assert (blocked.blocked_by, blocked.blocked_by_role) == ("somebody", role)
    else:
        assert (said, blocked.status, blocked.block_reason) == (Key.BLOCK_REASON_ERROR, "2", "")


@pytest.mark.parametrize("role", ALLOWED)
@pytest.mark.parametrize("blocked_for", "01234")
@pytest.mark.parametrize("reason", [*"0123", "4", "", "x"])
def test_a_role_unblocks_with_its_reasons_alone_and_with_the_one_that_answers(
    role: str, blocked_for: str, reason: str
) -> None:
    card(of=contact())
    # By a director, whom others may answer; refusal to use is not the director's to give.
    by = "marketer" if blocked_for == "3" else "director"
    assert _said(cards.block, blocked_for, by) == Key.OK
    said = _said(cards.unblock, reason, role)
    if reason and reason in ALLOWED[role][1] and reason == blocked_for:
        assert (said, Card.objects.get().status) == (Key.OK, CardStatus.ACTIVE)
    else:
        assert (said, Card.objects.get().status) == (Key.UNBLOCK_REASON_ERROR, CardStatus.BLOCKED)


@pytest.mark.parametrize("role", ["cc_operator", "marketer", "senior_employee", "director", "client"])
@pytest.mark.parametrize("reason", "0123")
def test_what_an_administrator_blocked_only_an_administrator_unblocks(role: str, reason: str) -> None:
    card(of=contact())
    assert _said(cards.block, reason, "administrator") == Key.OK
    assert _said(cards.unblock, reason, role) == Key.UNBLOCK_REASON_ERROR
    assert _said(cards.unblock, reason, "administrator") == Key.OK


@pytest.mark.parametrize("role", ["cc_operator", "marketer", "senior_employee", "director", "client", "administrator"])
@pytest.mark.parametrize("reason", "01234")
def test_nobody_unblocks_a_card_that_was_replaced(role: str, reason: str) -> None:
    card(of=contact())
    assert _said(cards.block, "4", "director") == Key.OK
    assert _said(cards.unblock, reason, role) == Key.UNBLOCK_REASON_ERROR


def test_reasons_outweigh_each_other_as_the_document_says() -> None:
    order = "03124"
    for first in order:
        for second in order:
            assert is_stricter(second, first) == (order.index(second) > order.index(first))


def test_whether_a_role_may_is_looked_at_before_the_card_and_after_whether_it_is_there() -> None:
    card(issued=False)
    # A New card can be blocked by nobody; but who may not use the reason hears of that.
    assert _said(cards.block, "2", "client") == Key.BLOCK_REASON_ERROR
    assert _said(cards.block, "2", "director") == Key.STATUS_ERROR
    assert _said(cards.unblock, "2", "client") == Key.UNBLOCK_REASON_ERROR
    assert _said(cards.unblock, "2", "director") == Key.STATUS_ERROR
    for act in (cards.block, cards.unblock):
        assert _said(act, "2", "client", number="4000999999999999") == Key.CANNOT_FIND_CARD_NUMBER
        assert _said(act, "2", "client", number="99") == Key.INVALID_CARD_NUMBER
        assert _said(act, "2", "client", number="", mobile="+12015550199") == Key.CANNOT_FIND_MOBILE
        assert _said(act, "2", "client", number="99", mobile="") == Key.INVALID_CARD_NUMBER


def test_a_reason_that_is_none_is_told_which_there_are() -> None:
    card(of=contact())
    with pytest.raises(Refused, match=r"no such reason: give 0, 1, 2, 3 or 4\."):
        cards.block(NUMBER, "", "7", Actor("somebody", "director"))
    with pytest.raises(Refused, match=r"no such reason: give 0, 1, 2 or 3\."):
        cards.unblock(NUMBER, "", "4", Actor("somebody", "director"))
    with pytest.raises(Refused, match=r"Your role may not block cards for this reason"):
        cards.block("", PHONE, "3", Actor("somebody", "director"))


def _said(act: object, reason: str, role: str, *, number: str = NUMBER, mobile: str = "") -> Key:
    try:
        act(number, mobile, reason, Actor("somebody", role))  # type: ignore[operator]
    except Refused as refused:
        return refused.key
    return Key.OK
