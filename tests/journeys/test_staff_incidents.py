"""Incidents in a real browser: one raised and watched until Loomis closes it, another one cancelled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from incidents import arranging
from incidents.models import Incident, LoomisAccount
from incidents.outbox.sending import drain
from incidents.simulation import PretendLoomis
from safes.estate import place_safe
from tests.factories import SiteFactory
from tests.journeys.conftest import Complaints
from tests.journeys.staff import administrator, barriers, sign_in
from tests.transactions.server import WebServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

BOARD = "/admin/incidents/incident/board/"


@pytest.fixture
def loomis() -> Iterator[PretendLoomis]:
    """Loomis's side, which says the next thing when it is told to."""
    with PretendLoomis(by_hand=True, behaviour="ack_later") as there:
        yield there


@pytest.fixture
def arranged(staff_server: WebServer, loomis: PretendLoomis) -> None:
    """An account whose dispatches go to that Loomis and whose updates come to our server, and a safe at a site."""
    place_safe("SR70001", SiteFactory.create(code="S1", name="Elm Street"))
    account, key = arranging.create(
        LoomisAccount(name="safes", dialect="safepoint", customer_number="C1", dispatch_url="http://127.0.0.1:9/")
    )
    account.dispatch_url = loomis.serve(
        "safes", f"http://127.0.0.1:{staff_server.port}/api/loomis/incidents/safes", key
    )
    arranging.save(account)
    administrator()


def raised(window: Page, subject: str, description: str) -> Incident:
    window.goto(BOARD)
    window.get_by_role("link", name="Raise an incident").last.click()
    window.get_by_label("Safe", exact=True).fill("SR70001")
    window.get_by_label("When it began").fill("2026-01-16T09:30")
    window.get_by_label("Subject").fill(subject)
    window.get_by_label("Description").fill(description)
    window.get_by_label("Contact on site").fill("Anna Berg")
    window.get_by_label("Their phone number").fill("555-0100")
    window.get_by_role("button", name="Send to Loomis").click()
    expect(window.get_by_text("It is on its way to Loomis.")).to_be_visible()
    return Incident.objects.latest("pk")


def stands(window: Page, state: str, words: str) -> None:
    """The page, looked at again, says so."""
    window.reload()
    expect(window.get_by_role("region", name=f": {state}")).to_contain_text(words)


def test_an_incident_is_raised_and_watched_through_to_closed(
    window: Page, loomis: PretendLoomis, arranged: None, complaints: Complaints
) -> None:
    sign_in(window)
    one = raised(window, "Safe door issue", "The door does not open.")
    stands(window, "queued", "It waits to be sent.")
    drain()
    stands(window, "sent", "has not said whether they take it")
    for state, words in (
        ("acknowledged", "Loomis has taken it as"),
        ("accepted", "SLA in"),
        ("closed", "Loomis closed it at"),
    ):
        assert loomis.step("safes", one.reference) is not None
        stands(window, state, words)
    story = window.get_by_role("region", name="What happened")
    for said in ("olga raised it", "Dispatch sent, try 1", "ACK: acknowledged", "Accept: accepted", "Close: closed"):
        expect(story).to_contain_text(said)
    story.get_by_text("what was received, to the letter").last.click()
    expect(story.locator("pre").last).to_contain_text(f'"IncidentReference": "{one.reference}"')
    assert barriers(window) == []
    assert complaints == []


def test_another_is_cancelled_from_the_board_and_cancelled_by_loomis(
    window: Page, loomis: PretendLoomis, arranged: None, complaints: Complaints
) -> None:
    sign_in(window)
    one = raised(window, "Printer", "No receipts. simulate: cancel_later")
    drain()
    window.goto(BOARD)
    card = window.get_by_role("region", name="Under way").get_by_role("listitem").filter(has_text=one.reference)
    expect(card).to_contain_text("SR70001 · S1")
    assert barriers(window) == []
    card.get_by_role("link", name=one.reference).click()

    window.get_by_role("link", name="Cancel").click()
    window.get_by_label("Why").fill("It prints again.")
    window.get_by_role("button", name="Ask for the cancel").click()
    expect(window.get_by_text("The cancel was asked for.")).to_be_visible()
    drain()
    stands(window, "acknowledged", "Loomis was told; they have not confirmed it yet")
    loomis.say("safes", one.reference, "cancel")
    stands(window, "cancelled", "Loomis cancelled it")
    expect(window.get_by_role("link", name="Raise again")).to_be_visible()
    assert complaints == []


def test_what_is_wrong_with_the_form_is_said_in_place_and_a_draft_waits(
    window: Page, loomis: PretendLoomis, arranged: None, complaints: Complaints
) -> None:
    sign_in(window)
    window.goto("/admin/incidents/incident/add/?device=SR70001")
    window.get_by_role("button", name="Send to Loomis").click()
    expect(window.get_by_role("alert").filter(has_text="Nothing was sent yet.")).to_be_visible()
    expect(window.get_by_text("Loomis needs this of a safe: fill it in.")).to_have_count(4)
    assert barriers(window) == []
    window.get_by_label("Subject").fill("Door")
    window.get_by_label("Description").fill("The door does not open.")
    window.get_by_label("Contact on site").fill("Anna Berg")
    window.get_by_label("Their phone number").fill("555-0100")
    window.get_by_role("button", name="Keep as a draft").click()
    expect(window.get_by_text("Kept as a draft.")).to_be_visible()
    drain()
    assert loomis.dispatches("safes") == []

    window.locator("a[href$='/send/']").click()  # its icon is part of its name
    window.get_by_role("button", name="Send").click()
    expect(window.get_by_text("It is on its way to Loomis.")).to_be_visible()
    drain()
    assert [said["Subject"] for said in loomis.dispatches("safes")] == ["Door"]
    assert complaints == []


def test_amounts_are_asked_for_when_the_code_needs_them(
    window: Page, loomis: PretendLoomis, staff_server: WebServer, complaints: Complaints
) -> None:
    SiteFactory.create(code="S1")
    account = LoomisAccount(name="atms", dialect="atm", customer_number="C1", dispatch_url=f"{loomis.url}/atms")
    arranging.create(account)
    arranging.add_atm("A7", account, "S1")
    arranging.add_fault_code("F1", account)
    arranging.add_fault_code("CASH", account, amounts=True)
    administrator()
    sign_in(window)
    window.goto("/admin/incidents/incident/add/?device=A7")
    window.get_by_label("Fault code").select_option("F1")
    expect(window.get_by_label("in 20s")).to_be_hidden()
    window.get_by_label("Fault code").select_option("CASH")
    window.get_by_label("in 20s").fill("1020")
    window.get_by_label("Fault code").select_option("F1")
    expect(window.get_by_label("in 20s")).to_be_visible()  # nothing is sent that is not in sight
    window.get_by_label("Fault code").select_option("CASH")
    window.get_by_role("button", name="Send to Loomis").click()
    expect(window.get_by_text("It is on its way to Loomis.")).to_be_visible()
    assert Incident.objects.get().amounts == {"20": "1020"}
    assert barriers(window) == []
    assert complaints == []
