"""Many findings at once: asked before, each done or left with a sentence, never more than can be answered for."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry

from safes.finding_work import MANY, assign_all, comment_all, settle_all
from safes.findings import Facts, settle, settle_by_person
from safes.models import Finding, FindingNote
from tests.factories import FindingFactory, UserFactory
from tests.safes.people import in_role
from tests.staff import page

pytestmark = pytest.mark.django_db

QUEUE = page(Finding, "changelist")


@pytest.fixture
def clerk(client):
    person = in_role("Cash office clerk")
    client.force_login(person)
    return person


@pytest.fixture
def three() -> list[Finding]:
    for number, cash in enumerate(("20.00", "40.00", "7.50")):
        settle("possible_twin", {f"SR{number}": Facts("Twice?", cash_at_stake=Decimal(cash), currency="USD")})
    return list(Finding.objects.order_by("pk"))


def marked(client, action: str, findings, **more):
    return client.post(f"{QUEUE}?kind=possible_twin", {"action": action, "_selected_action": ids(findings), **more})


def bulk(client, act: str, findings, **asked):
    return client.post(page(Finding, "bulk", act), {"finding": ids(findings), **asked}, follow=True)


def ids(findings) -> list[int]:
    return [finding.pk for finding in findings]


def said(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize("act", ["assign", "comment", "settle"])
def test_the_page_says_how_many_and_how_much_cash_before_anything_is_done(client, clerk, three, act):
    FindingFactory.create(kind="possible_twin", cash_at_stake=Decimal(1), currency="EUR")
    answer = marked(client, f"{act}_many", Finding.objects.all())
    shown = answer.content.decode()
    assert "4 findings, 1.00 EUR, 67.50 USD at stake" in shown
    assert sorted(map(int, re.findall(r'name="finding" value="(\d+)"', shown))) == ids(Finding.objects.order_by("pk"))
    assert not FindingNote.objects.exclude(what="opened").exists()
    assert Finding.objects.filter(state="open", owner=None).count() == 4


def test_one_comment_settles_many_and_each_keeps_it(client, clerk, three):
    answer = bulk(client, "settle", three[:2], comment=" Seen on camera. ", query="kind=possible_twin")
    assert said(answer) == ["Settled 2 findings."]
    assert answer.redirect_chain == [(f"{QUEUE}?kind=possible_twin", 302)]
    for finding in three[:2]:
        finding.refresh_from_db()
        assert (finding.state, finding.closed_by) == ("closed", clerk.username)
        assert finding.notes.last().text == "Seen on camera."
    assert Finding.objects.get(state="open") == three[2]
    assert LogEntry.objects.filter(user=clerk).count() == 2


def test_what_was_settled_together_stays_settled_until_its_facts_change(client, clerk, three):
    bulk(client, "settle", three, comment="Seen on camera.")
    settle("possible_twin", {"SR0": Facts("Twice?", cash_at_stake=Decimal("20.00"), currency="USD")})
    settle("possible_twin", {"SR1": Facts("Thrice?", cash_at_stake=Decimal("80.00"), currency="USD")})
    assert list(Finding.objects.filter(state="open").values_list("subject", flat=True)) == ["SR1"]


def test_what_was_closed_meanwhile_is_told_and_left(client, clerk, three):
    settle_by_person(three[0].pk, "petra", "I was first.")
    answer = bulk(client, "settle", three, comment="Seen on camera.")
    assert said(answer) == [
        "Settled 2 findings.",
        f"Left as it is: {three[0]}. It was closed already, by petra.",
    ]
    three[0].refresh_from_db()
    assert three[0].closed_by == "petra"
    assert [note.text for note in three[0].notes.filter(what="settled")] == ["I was first."]


def test_many_are_given_to_somebody_and_those_that_are_theirs_already_are_left(client, clerk, three):
    bulk(client, "assign", three[:1], owner=clerk.pk)
    answer = bulk(client, "assign", three, owner=clerk.pk)
    assert said(answer)[0] == "Assigned 2 findings."
    assert "already" in said(answer)[1]
    assert Finding.objects.filter(owner=clerk).count() == 3
    bulk(client, "assign", three, owner="")
    assert Finding.objects.filter(owner=None).count() == 3


def test_a_comment_goes_to_open_and_closed_alike(client, clerk, three):
    settle_by_person(three[0].pk, "petra", "Known.")
    assert said(bulk(client, "comment", three, comment="The site called."))[0] == "Commented on 3 findings."
    assert FindingNote.objects.filter(what="commented", text="The site called.").count() == 3


@pytest.mark.parametrize("act", ["comment", "settle"])
@pytest.mark.parametrize("comment", ["", "  \n"])
def test_nothing_is_done_without_a_word(client, clerk, three, act, comment):
    answer = client.post(page(Finding, "bulk", act), {"finding": ids(three), "comment": comment})
    assert "a comment is needed" in answer.content.decode()
    assert not FindingNote.objects.exclude(what="opened").exists()


def test_more_than_the_limit_are_refused_with_the_limit(client, clerk):
    Finding.objects.bulk_create(FindingFactory.build_batch(MANY + 1, kind="possible_twin"))
    sentence = f"At most {MANY} findings are worked on at once"
    answer = marked(client, "settle_many", Finding.objects.all()[:1], select_across="1", index="0")
    assert sentence in client.get(answer["Location"]).content.decode()
    assert sentence in bulk(client, "settle", Finding.objects.all(), comment="x").content.decode()
    with pytest.raises(ValueError, match="501 findings"):
        settle_all(ids(Finding.objects.all()), "anna", "x")
    assert not Finding.objects.filter(state="closed").exists()


def test_the_limit_itself_is_worked_on_in_a_handful_of_queries(django_assert_max_num_queries):
    Finding.objects.bulk_create(FindingFactory.build_batch(MANY))
    everything = ids(Finding.objects.all())
    owner = UserFactory.create()
    for do in (
        lambda: comment_all(everything, "anna", "x"),
        lambda: assign_all(everything, "anna", owner),
        lambda: settle_all(everything, "anna", "x"),
    ):
        with django_assert_max_num_queries(8):
            assert len(do().done) == MANY


@pytest.mark.parametrize("numbers", [[], ["x"], ["9" * 30], ["-1"], ["\x00"]])
def test_numbers_that_are_none_lead_back_to_the_queue(client, clerk, three, numbers):
    answer = client.post(page(Finding, "bulk", "settle"), {"finding": numbers, "comment": "x"})
    assert (answer.status_code, answer["Location"]) == (302, QUEUE)
    assert Finding.objects.filter(state="open").count() == 3


def test_findings_that_are_not_there_are_not_worked_on(client, clerk, three):
    assert client.post(page(Finding, "bulk", "settle"), {"finding": [999_999], "comment": "x"}).status_code == 302
    assert client.post(page(Finding, "bulk", "bury"), {"finding": ids(three)}).status_code == 404


def test_an_auditor_is_offered_no_act_and_refused_each(client, three):
    client.force_login(in_role("Auditor"))
    assert "settle_many" not in client.get(QUEUE).content.decode()
    for act in ("assign", "comment", "settle"):
        assert client.post(page(Finding, "bulk", act), {"finding": ids(three), "comment": "x"}).status_code == 403
        marked(client, f"{act}_many", three)
    assert Finding.objects.filter(state="open", owner=None).count() == 3
    assert not FindingNote.objects.exclude(what="opened").exists()
