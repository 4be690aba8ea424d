"""Days signed by the dozen: those without differences, and why not the others, day by day."""

from __future__ import annotations

import pytest

from safes.estate import place_safe
from tests.staff import page
from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.takings.telling import DAY, now, turn
from tests.transactions.worksheets.desks import (
    AUDITOR,
    CLERK,
    MARCH,
    SUPERVISOR,
    balanced,
    cells,
    desk_of,
    do,
    page_url,
    short,
    site_day,
    site_with_a_safe,
)
from transactions.models import SafeDay, SignOff, SiteDay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning():
    """Two good days and a short one."""
    with now():
        key = endpoint()
        for number, code in enumerate(("S1", "S2")):
            balanced(key, site_with_a_safe(code, f"SR{number}"), f"SR{number}")
        short(key, site_with_a_safe("S3", "SR2"), "SR2")
        turn()
        yield


@pytest.fixture
def carla():
    return desk_of(CLERK, "carla")


def press(client, model, action: str, rows=None):
    chosen = list((model.objects.all() if rows is None else rows).values_list("pk", flat=True))
    return client.post(
        f"{page(model, 'changelist')}?business_date_from=2026-03-01", {"action": action, "_selected_action": chosen}
    )


def statuses() -> dict[str, str]:
    return dict(SignOff.objects.values_list("site__code", "status"))


def test_days_without_differences_are_prepared_and_the_others_told(carla):
    text = press(carla, SiteDay, "prepare_selected").content.decode()
    assert "2 days were prepared" in text
    assert statuses() == {"S1": "prepared", "S2": "prepared"}
    (told,) = [line for line in cells(text) if line[0] == "S3 Store S3"]
    assert told[1] == DAY
    assert "40.00 USD less than the tills say" in told[2]
    assert f'href="{page_url(site_day("S3"))}"' in text


def test_they_are_approved_likewise_by_another(carla):
    susan = desk_of(SUPERVISOR, "susan")
    press(carla, SiteDay, "prepare_selected", SiteDay.objects.filter(site__code="S1"))
    press(susan, SiteDay, "prepare_selected", SiteDay.objects.filter(site__code="S2"))
    text = press(susan, SiteDay, "approve_selected").content.decode()
    assert "One day was approved" in text
    assert "You prepared this day yourself: another person has to approve it." in text
    assert statuses() == {"S1": "signed", "S2": "prepared"}


def test_a_short_day_is_approved_only_on_its_page(carla):
    susan, row = desk_of(SUPERVISOR, "susan"), site_day("S3")
    do(carla, row, "prepare", "Till 1.")
    text = press(susan, SiteDay, "approve_selected", SiteDay.objects.filter(pk=row.pk)).content.decode()
    assert "No day was approved" in text
    assert statuses() == {"S3": "prepared"}
    do(susan, row, "approve")
    assert statuses() == {"S3": "signed"}


def test_safe_days_are_signed_with_their_sites(carla):
    say(endpoint("other"), [drop(1, "5", SerialNumber="LOST1")], name="other")
    place_safe("SR9", site_day("S1").site)
    turn()
    text = press(carla, SafeDay, "prepare_selected").content.decode()
    assert "2 days were prepared" in text
    assert ["nowhere", DAY, "The safe stood at no site on this day, so it cannot be signed."] in cells(text)


def test_who_may_not_does_not_see_it_and_is_refused(carla):
    for model in (SiteDay, SafeDay):
        for role, name, offered in (
            (AUDITOR, "audrey", set()),
            (CLERK, "carl", {"prepare_selected"}),
            (SUPERVISOR, "susan", {"prepare_selected", "approve_selected"}),
        ):
            client = desk_of(role, f"{name}-{model._meta.model_name}")
            shown = client.get(page(model, "changelist"), MARCH).content.decode()
            for action in ("prepare_selected", "approve_selected"):
                assert (f'value="{action}"' in shown) == (action in offered)
                if action not in offered:
                    press(client, model, action)
    assert not SignOff.objects.exists()


def test_lists_show_and_filter_by_how_far_days_are_signed(carla):
    do(carla, site_day("S2"), "prepare")
    do(carla, site_day("S3"), "prepare", "Till 1.")
    do(desk_of(SUPERVISOR, "susan"), site_day("S3"), "approve")
    for model, names in ((SiteDay, ["S1", "S2", "S3"]), (SafeDay, ["S1", "S2", "S3"])):

        def listed(status: str, model=model) -> dict[str, str]:
            rows = carla.get(page(model, "changelist"), MARCH | {"status": status}).context["cl"].result_list
            return {row.site.code: row.status for row in rows}

        assert listed("") == dict(zip(names, ("open", "prepared", "signed"), strict=True))
        assert listed("signed") == {"S3": "signed"}
        assert listed("open") == {"S1": "open"}
        assert listed("unsigned") == {"S1": "open", "S2": "prepared"}


@pytest.mark.parametrize("model", [SiteDay, SafeDay])
def test_lists_take_few_queries_whatever_is_signed(carla, model, django_assert_max_num_queries):
    press(carla, SiteDay, "prepare_selected")
    for asked in (MARCH, MARCH | {"status": "unsigned"}, MARCH | {"status": "prepared", "totals": "yes"}):
        with django_assert_max_num_queries(15):
            assert carla.get(page(model, "changelist"), asked).status_code == 200
