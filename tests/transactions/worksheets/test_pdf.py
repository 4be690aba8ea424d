"""A worksheet as PDF: what the page shows, in whatever script; for those who may see the page."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.takings.telling import now
from tests.transactions.worksheets.desks import (
    AUDITOR,
    CLERK,
    balanced,
    desk_of,
    do,
    safe_day,
    site_day,
    site_with_a_safe,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    with now():
        key = endpoint()
        balanced(key, site_with_a_safe("S1", "SR10042"), "SR10042")
        yield key


def pdf_url(row) -> str:
    return reverse(f"admin:transactions_{row._meta.model_name}_pdf", args=[row.pk])


def pages(client, row) -> list[str]:
    answer = client.get(pdf_url(row))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return [one.extract_text() for one in PdfReader(io.BytesIO(answer.content)).pages]


def test_a_small_day_is_one_sheet_with_its_figures_and_its_signatures(key):
    carla = desk_of(CLERK, "carla")
    do(carla, site_day(), "prepare", "Counted twice.")
    (text,) = pages(carla, site_day())
    for words in (
        "Site day S1 on 2026-03-14",
        "S1 Store S1",
        "The safes have",
        "60.00",
        "Prepared by carla",
        "Counted twice.",
        "1 of 1",
    ):
        assert words in text, words
    (text,) = pages(carla, safe_day())
    for words in ("Safe day SR10042 on 2026-03-14", "+ Validated: CashIn", "ANNA BECK", "= Closing"):
        assert words in text, words
    answer = carla.get(pdf_url(site_day()))
    assert answer["Content-Disposition"] == 'attachment; filename="Site-day-S1-on-2026-03-14.pdf"'


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Łukasz Žižka", "Łukasz Žižka"),
        ("Анна Белова", "Анна Белова"),
        ("Γιώργος", "Γιώργος"),
        ("店", "[U+5E97]"),
        ("😀", "[U+1F600]"),
        ("a\x07b", "[U+0007]"),
        ("x" * 190, "x" * 20),
        ("**bold** __u__ {nb} <b>&amp;", "**bold** __u__ {nb\u200a} <b>&amp;"),
    ],
)
def test_no_name_is_lost(key, name, shown):
    say(key, [drop(7, "1", UserName=name, Register="1")])
    text = "".join(pages(desk_of(CLERK, "carla"), safe_day()))
    assert shown.replace(" ", "") in text.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("name", ["سلام دنيا", "שלום", "สวัสดี", "हिन्दी", "გიორგი", "Zoe\u0301", "\u202eabc"])
def test_scripts_that_are_joined_or_run_the_other_way_are_drawn(key, name):
    say(key, [drop(7, "1", UserName=name, Register="1")])
    text = "".join(pages(desk_of(CLERK, "carla"), safe_day()))
    assert ("[U+" in text) == (name == "\u202eabc")


def test_a_long_day_goes_on_over_sheets_that_say_which_they_are(key):
    say(key, [drop(100 + number, "5", Register=f"R{number}", UserName=f"USER {number}") for number in range(150)])
    found = pages(desk_of(CLERK, "carla"), safe_day())
    assert len(found) > 1
    for number, text in enumerate(found, 1):
        assert f"{number} of {len(found)}" in text
        assert "Safe day SR10042 on 2026-03-14" in text
    assert all(f"USER {number}" in "".join(found) for number in (0, 75, 149))


def test_who_may_see_the_page_may_have_it_and_nobody_else(client, key):
    row = site_day()
    assert desk_of(AUDITOR, "audrey").get(pdf_url(row)).status_code == 200
    assert desk_of("Incident desk", "ina").get(pdf_url(row)).status_code == 403
    assert client.get(pdf_url(row))["Location"].startswith("/admin/login/")
    assert desk_of(CLERK, "carla").get(pdf_url(row).replace(str(row.pk), "999999")).status_code == 404
