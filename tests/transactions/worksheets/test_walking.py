"""From one worksheet to the next, in the order of the list somebody came from, and to what waits for him."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.takings.telling import now
from tests.transactions.worksheets.desks import (
    CLERK,
    SUPERVISOR,
    balanced,
    desk_of,
    do,
    page_url,
    safe_day,
    site_day,
    site_with_a_safe,
    text_of,
)

pytestmark = pytest.mark.django_db

CODES = ("S1", "S2", "S3")


@pytest.fixture(autouse=True)
def morning():
    """Three sites on a date, and the first of them on the next."""
    with now():
        key = endpoint()
        for number, code in enumerate(CODES):
            balanced(key, site_with_a_safe(code, f"SR{number}"), f"SR{number}")
        say(key, [drop(1, "3", SerialNumber="SR0", TransactionDateTime="2026-03-15T09:00:00")])
        yield


@pytest.fixture
def carla():
    return desk_of(CLERK, "carla")


def step(text: str, key: str) -> str | None:
    """Where a key leads."""
    found = re.search(rf'<a[^>]*href="([^"]*)" data-key="{key}"', text)
    return unescape(found[1]) if found else None


def test_sites_of_a_date_follow_each_other(carla):
    first, second, third = (site_day(code) for code in CODES)
    text = text_of(carla, second)
    assert "2 of 3" in text
    assert (step(text, "k"), step(text, "j")) == (page_url(first), page_url(third))
    assert (step(text_of(carla, first), "k"), step(text_of(carla, third), "j")) == (None, None)


def test_days_of_a_site_follow_each_other(carla):
    first, second = site_day(), site_day(date="2026-03-15")
    assert step(text_of(carla, first), "l") == page_url(second)
    assert step(text_of(carla, second), "h") == page_url(first)
    assert step(text_of(carla, second), "l") is None


def test_safes_of_a_date_do_too(carla):
    first, second = safe_day("SR0"), safe_day("SR1")
    text = text_of(carla, first)
    assert "1 of 3" in text
    assert step(text, "j") == page_url(second)


def test_the_order_is_that_of_the_list_as_it_was_filtered(carla):
    first, second, third = (site_day(code) for code in CODES)
    do(carla, second, "prepare")
    kept = {"_changelist_filters": urlencode({"status": "open", "business_date_from": "2026-03-01"})}
    text = carla.get(page_url(first), kept).content.decode()
    assert "1 of 2" in text
    assert step(text, "j") == f"{page_url(third)}?{urlencode(kept)}"
    # The one that was prepared is not among them any more, and the way goes on from where it was.
    text = carla.get(page_url(second), kept).content.decode()
    assert "not in the list as it is filtered" in text
    assert (step(text, "k"), step(text, "j")) == tuple(f"{page_url(one)}?{urlencode(kept)}" for one in (first, third))


@pytest.mark.parametrize("kept", ["status=nonsense&x=1", "business_date_from=never", "%%%", "p=99", "q=\x00", "o=9.9"])
def test_filters_that_make_no_sense_keep_nobody_from_a_worksheet(carla, kept):
    answer = carla.get(page_url(site_day()), {"_changelist_filters": kept})
    assert answer.status_code == 200


def test_after_a_day_the_next_that_waits_is_one_key_away(carla):
    first, second, third = (site_day(code) for code in CODES)
    do(carla, second, "prepare")
    text = do(carla, first, "prepare").content.decode()
    assert step(text, "n") == page_url(third)
    assert f'href="{page_url(third)}" data-key="n" autofocus' in text
    text = do(carla, third, "prepare").content.decode()
    assert step(text, "n") is None
    assert "Nothing is left to do on this date: back to the list</a>" in text


def test_a_supervisor_is_led_to_what_others_prepared(carla):
    susan = desk_of(SUPERVISOR, "susan")
    first, second, third = (site_day(code) for code in CODES)
    do(susan, second, "prepare")
    do(carla, third, "prepare")
    assert step(text_of(susan, first), "n") == page_url(third)
    text = do(susan, third, "approve").content.decode()
    assert step(text, "n") == page_url(first)  # her own preparation is for another to approve


def test_signing_keeps_the_list_that_somebody_came_from(carla):
    first, _, third = (site_day(code) for code in CODES)
    kept = {"_changelist_filters": urlencode({"status": "unsigned", "business_date_from": "2026-03-01"})}
    shown = carla.get(page_url(first), kept).content.decode()
    (form,) = re.findall(r'<form method="post" action="([^"]*/sign/[^"]*)"', shown)
    said = {"act": "comment", "text": "Hm.", "seen": ""}
    text = carla.post(unescape(form), said, follow=True).content.decode()
    assert "Your comment was added." in text
    assert step(text, "j") == f"{page_url(site_day('S2'))}?{urlencode(kept)}"
    assert step(carla.get(page_url(third), kept).content.decode(), "k") == step(text, "j")
