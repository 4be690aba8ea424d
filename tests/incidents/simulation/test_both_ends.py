"""Strongroom and the simulated Loomis together, over real sockets: where each behaviour leads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from incidents import arranging
from incidents.answers import poll
from incidents.models import Incident, LoomisAccount
from incidents.outbox.sending import drain
from incidents.raising import raise_incident, request_cancel, send_again
from incidents.simulation import BEHAVIOURS, PretendFolder, PretendLoomis
from tests.incidents.making import atm_account, atm_wanted, safe_wanted, safepoint_account
from tests.incidents.outbox.telling import dispatch, next_turn, state
from tests.safes.remote.serve import PASSWORD
from tests.safes.remote.servers import serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("file_servers")]

# Where an incident stands after the response, and after all that is said of it later; then the same of safes, where it
# is another: what may have arrived is not sent again by itself.
LEADS_TO = {
    "good": ("acknowledged", "closed"),
    "ack_only": ("acknowledged", "acknowledged"),
    "accept_only": ("acknowledged", "accepted"),
    "ack_later": ("sent", "closed"),
    "silent": ("sent", "sent"),
    "nak_duplicate": ("refused", "refused"),
    "nak_invalid_fault": ("refused", "refused"),
    "nak_device_not_found": ("refused", "refused"),
    "nak_missing_amounts": ("refused", "refused"),
    "nak_later": ("sent", "refused"),
    "close_before_accept": ("acknowledged", "closed"),
    "ack_last": ("sent", "closed"),
    "cancelled": ("acknowledged", "cancelled"),
    "cancel_later": ("acknowledged", "accepted"),
    "contradicting": ("acknowledged", "closed"),
    "overdue": ("acknowledged", "accepted"),
    "new_promise": ("acknowledged", "closed"),
    "two_numbers": ("acknowledged", "closed"),
    "twice": ("sent", "closed"),
    "slow": ("acknowledged", "closed"),
    "down": ("acknowledged", "closed", "unconfirmed", "unconfirmed"),
    "busy": ("acknowledged", "closed", "unconfirmed", "unconfirmed"),
    "lost_answer": ("unconfirmed", "closed"),
    "html": ("unconfirmed", "unconfirmed"),
    "never_answers": ("unconfirmed", "unconfirmed"),
}


@pytest.fixture
def loomis(live_server, settings) -> Iterator[PretendLoomis]:
    settings.INCIDENT_TIMEOUT_SECONDS = 5
    with PretendLoomis(by_hand=True, pace=0.0) as playing:
        for account in (atm_account("atms"), safepoint_account("safes")):
            key, _ = arranging.rotate(account.name)
            url = playing.serve(account.name, f"{live_server.url}/api/loomis/incidents/{account.name}", key)
            LoomisAccount.objects.filter(pk=account.pk).update(dispatch_url=url)
        yield playing


def raised(dialect: str, behaviour: str) -> Incident:
    if dialect == "atm":
        return raise_incident(atm_wanted(atm_account("atms"), notes=f"simulate: {behaviour}"))[0]
    return raise_incident(safe_wanted(safepoint_account("safes"), description=f"simulate: {behaviour}"))[0]


@pytest.mark.parametrize("dialect", ["atm", "safepoint"])
@pytest.mark.parametrize("behaviour", [name for name in BEHAVIOURS if name != "never_answers"])
def test_each_behaviour_leads_where_it_must(loomis, dialect, behaviour):
    incident = raised(dialect, behaviour)
    for _ in range(3):
        next_turn()
    stands, ends, *of_safes = LEADS_TO[behaviour]
    if dialect == "safepoint" and of_safes:
        stands, ends = of_safes
    assert state(incident) == stands
    assert all(posted.ok for posted in loomis.act())
    assert state(incident) == ends
    assert len({said["IncidentReference"] for said in loomis.dispatches({"atm": "atms"}.get(dialect, "safes"))}) == 1
    assert loomis.act() == []


def test_every_behaviour_is_tried():
    assert set(LEADS_TO) == set(BEHAVIOURS)


def test_who_never_answers_is_unconfirmed_after_the_timeout(loomis, settings):
    settings.INCIDENT_TIMEOUT_SECONDS = 0.5
    incident = raised("safepoint", "never_answers")
    drain()
    assert state(incident) == "unconfirmed"
    assert dispatch(incident).state == "unknown"


def test_a_person_sends_again_what_was_never_taken(loomis):
    incident = raised("safepoint", "busy")
    drain()
    assert state(incident) == "unconfirmed"
    send_again(incident.pk)
    drain()
    loomis.act()
    assert state(incident) == "closed"


@pytest.mark.parametrize("behaviour", ["ack_only", "cancel_later"])
def test_a_cancel_of_ours_ends_by_loomiss_own(loomis, behaviour):
    incident = raised("safepoint", behaviour)
    drain()
    request_cancel(incident.pk, "It works again.", "ann")
    drain()
    loomis.act()
    incident.refresh_from_db()
    assert (incident.state, incident.response_text) == ("cancelled", "Cancelled as you asked: It works again.")
    assert [said["MessageType"] for said in loomis.dispatches("safes")] == ["Dispatch", "Cancel"]


def test_files_go_and_come_over_a_real_sftp_server(tmp_path: Path):
    with serving("sftp", tmp_path) as server:
        loomis = PretendFolder(tmp_path, bank="Ours Bank", pace=0.0, now=timezone.now)
        wanted = LoomisAccount(
            name="files", dialect="atm", transport="sftp", customer_number="C100", bank_name="Ours Bank",
            dispatch_url=server.url, host_key=server.host_key,
        )  # fmt: skip
        account, _ = arranging.create(wanted, PASSWORD)
        arranging.add_fault_code("F1", account)
        incidents = {
            behaviour: raise_incident(atm_wanted(account, device=f"A{behaviour}", notes=f"simulate: {behaviour}"))[0]
            for behaviour in ("good", "cancelled", "nak_invalid_fault")
        }
        drain()
        assert {state(one) for one in incidents.values()} == {"sent"}
        loomis.look()
        loomis.look()
        for _ in range(3):  # a file that does not close its root is read once it has stood still
            LoomisAccount.objects.update(polled_at=None)
            poll(account.pk)
    assert {name: state(one) for name, one in incidents.items()} == {
        "good": "closed",
        "cancelled": "cancelled",
        "nak_invalid_fault": "refused",
    }
