"""Signing on the worksheet, over HTTP: two people, what each may, what is refused and what is told then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.takings.telling import now
from tests.transactions.worksheets.desks import (
    AUDITOR,
    CLERK,
    SUPERVISOR,
    balanced,
    buttons,
    cells,
    desk_of,
    do,
    page_url,
    safe_day,
    seen,
    short,
    sign_url,
    site_day,
    site_with_a_safe,
    text_of,
)
from transactions.models import SignOff, SignOffEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with now():
        yield


@pytest.fixture
def key():
    return endpoint()


@pytest.fixture
def carla():
    return desk_of(CLERK, "carla")


@pytest.fixture
def susan():
    return desk_of(SUPERVISOR, "susan")


@pytest.fixture
def short_day(key):
    short(key, site_with_a_safe("S1", "SR10042"), "SR10042")
    return site_day()


@pytest.fixture
def good_day(key):
    balanced(key, site_with_a_safe("S1", "SR10042"), "SR10042")
    return site_day()


def status() -> str | None:
    return SignOff.objects.values_list("status", flat=True).first()


def refusal(answer: Any) -> str:
    (text,) = [part.partition("</p>")[0] for part in answer.content.decode().split('role="alert">')[1:]]
    return str(text)


def test_a_short_day_asks_for_a_comment_before_it_is_prepared(carla, short_day):
    text = text_of(carla, short_day)
    assert "The safes have 40.00 USD less than the tills say" in text
    assert "Needed to prepare this day, since there is something to explain." in text
    answer = do(carla, short_day, "prepare", "  ")
    assert refusal(answer) == "There is something to explain on this day: write a comment."
    assert status() is None


def test_a_day_is_prepared_by_one_and_approved_by_another(carla, susan, short_day):
    answer = do(carla, short_day, "prepare", "Till 1 was counted\r\ntwice.")
    assert "Prepared: it waits for another person’s approval." in answer.content.decode()
    assert "Prepared by carla" in text_of(carla, short_day)
    assert status() == "prepared"
    do(susan, short_day, "approve")
    assert status() == "signed"
    text = text_of(susan, short_day)
    assert "Signed: prepared by carla, approved by susan" in text
    assert "Till 1 was counted<br>twice." in text
    assert list(SignOffEvent.objects.values_list("what", "by__username", "text")) == [
        ("prepared", "carla", "Till 1 was counted\ntwice."),
        ("approved", "susan", ""),
    ]


def test_the_same_is_done_from_the_worksheet_of_a_safe(carla, susan, good_day):
    row = safe_day()
    answer = do(carla, row, "prepare")
    assert answer.redirect_chain[0][0].startswith(page_url(row))
    assert "Prepared by carla" in text_of(susan, row)
    do(susan, row, "approve")
    assert "Signed" in text_of(susan, good_day)
    assert status() == "signed"


def test_who_prepared_cannot_approve_and_is_told_why(susan, good_day):
    token = seen(susan, good_day)
    do(susan, good_day, "prepare")
    assert buttons(text_of(susan, good_day)) == {"send_back", "comment"}
    assert "another person has to approve it" in text_of(susan, good_day)
    answer = do(susan, good_day, "approve", token=token)
    assert refusal(answer) == "You prepared this day yourself: another person has to approve it."
    assert status() == "prepared"


def test_the_second_of_two_is_told_and_what_he_typed_is_kept(carla, good_day):
    carl = desk_of(CLERK, "carl")
    tokens = [seen(client, good_day) for client in (carla, carl)]
    do(carla, good_day, "prepare", "Looked at.", tokens[0])
    answer = do(carl, good_day, "prepare", "<b>Mine</b>", tokens[1])
    assert refusal(answer) == "carla has prepared this day already: it waits for approval."
    assert "&lt;b&gt;Mine&lt;/b&gt;</textarea>" in answer.content.decode()
    assert list(SignOffEvent.objects.values_list("by__username", "text")) == [("carla", "Looked at.")]


def test_who_looked_at_other_figures_signs_nothing_and_sees_the_new_ones(carla, susan, key, good_day):
    before = seen(carla, good_day)
    say(key, [drop(900, "1", Register="1")])
    row = site_day()
    answer = do(carla, row, "prepare", "Fine.", before)
    assert refusal(answer).startswith("The figures of this day have changed since you opened it")
    assert ["The safes have", "61.00"] in cells(answer.content.decode())
    assert status() is None
    do(carla, row, "prepare", "One dollar over.")
    assert status() == "prepared"
    answer = do(susan, row, "approve", token=before)
    assert refusal(answer).startswith("The figures of this day have changed since you opened it")


@pytest.mark.parametrize("token", ["", "nonsense", "0" * 64, "\x00"])
def test_no_other_token_signs(carla, good_day, token):
    assert refusal(do(carla, good_day, "prepare", token=token)).startswith("The figures of this day have changed")
    assert status() is None


def test_late_cash_reopens_a_signed_day_and_shows_what_changed_side_by_side(carla, susan, key, good_day):
    do(carla, good_day, "prepare")
    do(susan, good_day, "approve")
    say(key, [drop(900, "20", Register="1")])
    text = text_of(carla, site_day())
    assert "Reopened by itself: its figures are others than carla and susan signed" in text
    for line in (
        ["Of", "Figure", "Currency", "Signed", "Now", "Difference"],
        ["site S1", "safe total", "USD", "60.00", "80.00", "+20.00"],
        ["safe SR10042", "closing", "USD", "60.00", "80.00", "+20.00"],
        ["register 1", "variance", "USD", "0.00", "20.00", "+20.00"],
    ):
        assert line in cells(text), line
    assert "the system" in text
    assert "late after sign off" in text
    assert "What changed since it was signed" in text_of(carla, safe_day())
    assert buttons(text) == {"prepare", "comment"}


def test_a_preparation_lapses_with_its_figures_and_the_page_says_so(carla, key, good_day):
    assert "Open: nobody has prepared it yet." in text_of(carla, good_day)
    do(carla, good_day, "prepare")
    say(key, [drop(900, "20", Register="1")])
    text = text_of(carla, site_day())
    assert "Open again: its figures are others than carla prepared" in text
    assert ["site S1", "safe total", "USD", "60.00", "80.00", "+20.00"] in cells(text)
    assert "What changed since it was prepared" in text
    assert "preparation lapsed" in text


def test_a_day_is_sent_back_and_a_signature_taken_back_with_a_word_only(carla, susan, good_day):
    do(carla, good_day, "prepare")
    assert refusal(do(susan, good_day, "send_back")) == "Who prepared it should know why: write a comment."
    do(susan, good_day, "send_back", "Look at till 1.")
    assert status() == "open"
    do(carla, good_day, "prepare")
    do(susan, good_day, "approve")
    assert buttons(text_of(susan, good_day)) == {"reopen", "comment"}
    assert "without a reason" in refusal(do(susan, good_day, "reopen"))
    do(susan, good_day, "reopen", "The bank called.")
    assert status() == "reopened"
    assert "Reopened by a person" in text_of(carla, good_day)


def test_a_comment_is_added_whatever_the_status(carla, good_day):
    answer = do(carla, good_day, "comment", "The till was <i>jammed</i>.")
    assert "Your comment was added." in answer.content.decode()
    assert "The till was &lt;i&gt;jammed&lt;/i&gt;." in text_of(carla, good_day)
    assert "An empty comment helps nobody" in refusal(do(carla, good_day, "comment"))


@pytest.mark.parametrize("text", ["x" * 4001, "a\x00b"])
def test_a_comment_that_cannot_be_kept_is_refused(carla, good_day, text):
    assert "up to 4,000 characters" in refusal(do(carla, good_day, "comment", text))
    assert not SignOffEvent.objects.exists()


def test_a_day_that_goes_on_cannot_be_signed(carla, key):
    say(key, [drop(1, "5", TransactionDateTime="2026-03-20T08:00:00")])
    site_with_a_safe("S1", "SR10042")
    row = site_day(date="2026-03-20")
    assert "This day is not over yet at the site." in text_of(carla, row)
    assert refusal(do(carla, row, "prepare")) == "This day is not over yet at the site: sign it when it is."


def test_a_safe_of_no_site_cannot_be_signed(carla, key):
    say(key, [drop(1, "5", SerialNumber="LOST1")])
    row = safe_day("LOST1")
    answer = carla.post(sign_url(row), {"act": "prepare", "seen": "x"})
    assert "stands at no site" in answer.content.decode()
    assert not SignOff.objects.exists()


# --- who may ------------------------------------------------------------------------------------------------------

ACTS = ("prepare", "approve", "send_back", "reopen", "comment")


def test_an_auditor_reads_and_does_nothing(carla, good_day):
    do(carla, good_day, "comment", "For those who look.")
    auditor = desk_of(AUDITOR, "audrey")
    for row in (good_day, safe_day()):
        text = text_of(auditor, row)
        assert "For those who look." in text
        assert '<form method="post" action="/admin/transactions' not in text
        assert buttons(text) == set()
        for act in ACTS:
            assert auditor.post(sign_url(row), {"act": act, "text": "x", "seen": "x"}).status_code == 403
    assert SignOffEvent.objects.count() == 1


def test_a_clerk_does_not_approve_or_reopen(carla, susan, good_day):
    do(carla, good_day, "prepare")
    carl = desk_of(CLERK, "carl")
    assert buttons(text_of(carl, good_day)) == {"comment"}
    for act in ("approve", "reopen"):
        assert carl.post(sign_url(good_day), {"act": act, "text": "x", "seen": "x"}).status_code == 403
    answer = carl.post(sign_url(good_day), {"act": "send_back", "text": "x"})
    assert "Your role may not approve" in refusal(answer)
    assert status() == "prepared"
    do(carla, good_day, "send_back", "My own mistake.")
    assert status() == "open"


def test_others_do_not_even_see_a_day(good_day):
    for role in ("Incident desk", "Loyalty desk"):
        somebody = desk_of(role, role.split()[0])
        assert somebody.get(page_url(good_day)).status_code == 403
        assert somebody.post(sign_url(good_day), {"act": "prepare"}).status_code == 403


def test_nobody_signs_without_logging_in_or_by_a_link(client, carla, good_day):
    assert client.post(sign_url(good_day), {"act": "prepare"})["Location"].startswith("/admin/login/")
    assert carla.get(sign_url(good_day), {"act": "prepare", "seen": seen(carla, good_day)}).status_code == 302
    assert not SignOff.objects.exists()


def test_a_button_nobody_knows_does_nothing_and_a_day_that_is_not_there_is_404(carla, good_day):
    for act in ("", "sign", "\x00"):
        assert "Choose what to do" in refusal(carla.post(sign_url(good_day), {"act": act}))
    assert carla.post(sign_url(good_day).replace(str(good_day.pk), "999999"), {"act": "prepare"}).status_code == 404
    assert not SignOff.objects.exists()
