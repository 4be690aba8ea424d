"""The simulated Loomis as a server: over real sockets, and as badly as it is asked to behave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from incidents.simulation import PretendLoomis
from incidents.simulation.folder import PretendFolder
from incidents.wire import atm_xml
from tests.config.system import until
from tests.incidents.simulation.listening import Listener, listening
from tests.incidents.simulation.saying import atm, atm_file, cancel, safepoint


@pytest.fixture
def strongroom() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def loomis(strongroom: Listener) -> Iterator[PretendLoomis]:
    with PretendLoomis(by_hand=True) as playing:
        playing.serve("atms", strongroom.url, "the key")
        yield playing


def send(loomis: PretendLoomis, body: bytes, account: str = "atms", **headers: str) -> httpx.Response:
    return httpx.post(f"{loomis.url}/{account}", content=body, headers=headers, timeout=30, trust_env=False)


def test_by_hand_it_says_one_thing_after_another(loomis, strongroom):
    assert send(loomis, atm()).json()["MessageType"] == "ACK"
    assert strongroom.heard == []
    first = loomis.step("atms", "100001")
    assert first is not None
    assert (first.update.type, first.status) == ("accept", 200)
    loomis.step("atms", "100001")
    assert loomis.step("atms", "100001") is None
    assert strongroom.types() == ["Accept", "Close"]
    assert strongroom.keys == ["the key", "the key"]


def test_what_is_not_answered_2xx_is_said_again(loomis, strongroom):
    strongroom.statuses = [500, 401]
    send(loomis, atm())
    assert [posted.status for posted in loomis.act()] == [500, 401]
    assert [posted.ok for posted in loomis.act()] == [True, True]
    assert loomis.act() == []


def test_by_itself_it_says_all_when_it_is_due(strongroom):
    strongroom.statuses = [503]
    with PretendLoomis(behaviour="ack_later", pace=0.0, retry_seconds=0.0) as loomis:
        loomis.serve("atms", strongroom.url, "the key")
        assert send(loomis, atm()).content == b""
        until(lambda: len(strongroom.heard) == 4, "all that is to be said, and the first again")
    assert set(strongroom.types()) == {"ACK", "Accept", "Close"}


def test_all_is_said_twice_where_it_is_asked_for(loomis, strongroom):
    send(loomis, atm(notes="simulate: twice"))
    loomis.act()
    assert strongroom.types() == ["ACK", "ACK", "Accept", "Accept", "Close", "Close"]


def test_anything_can_be_said_of_what_was_taken(loomis, strongroom):
    send(loomis, safepoint())
    assert loomis.say("atms", "100001", "close", ResponseText="Done").ok
    assert strongroom.heard[0]["ResponseText"] == "Done"
    with pytest.raises(KeyError):
        loomis.say("atms", "other", "close")


def test_a_cancel_leaves_the_rest_unsaid(loomis, strongroom):
    send(loomis, safepoint())
    assert send(loomis, cancel()).json()["MessageType"] == "Cancel"
    assert loomis.act() == []


def test_it_is_down_or_busy_or_says_it_with_a_page(loomis):
    with pytest.raises(httpx.RemoteProtocolError):
        send(loomis, atm(notes="simulate: down"))
    assert send(loomis, atm("2", notes="simulate: busy")).status_code == 503
    page = send(loomis, atm("3", notes="simulate: html"))
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")
    body = atm("4", notes="simulate: never_answers")
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{loomis.url}/atms", content=body, timeout=httpx.Timeout(30, read=0.2), trust_env=False)


def test_what_is_no_dispatch_of_a_customer_is_refused(loomis):
    assert send(loomis, atm(), "nobody").status_code == 404
    assert send(loomis, b"no message").status_code == 400
    assert send(loomis, b"[]").status_code == 400
    loomis.auth = ("X-Key", "right")
    assert send(loomis, atm()).status_code == 401
    assert send(loomis, atm(), **{"X-Key": "right"}).status_code == 200
    assert len(loomis.dispatches("atms")) == 1


def test_ended_and_started_again_it_goes_on_where_it_was(strongroom, tmp_path: Path):
    def played() -> PretendLoomis:
        return PretendLoomis(by_hand=True, journal=tmp_path / "journal")

    with played() as loomis:
        loomis.serve("atms", strongroom.url, "key")
        number = send(loomis, atm()).json()["IncidentNumber"]
        loomis.step("atms", "100001")
    with (tmp_path / "journal").open("a") as file:
        file.write('{"account": "at')  # killed in the middle of a line
    with played() as loomis:
        loomis.serve("atms", strongroom.url, "key")
        assert send(loomis, atm()).json()["ResponseCode"] == "Duplicate"
        loomis.act()
    assert strongroom.types() == ["Accept", "Close"]
    assert {said["IncidentNumber"] for said in strongroom.heard} == {number}


def test_files_are_taken_and_answered_whole(tmp_path: Path):
    folder = PretendFolder(tmp_path)
    (folder.inbox / "ExampleBank_20261121063000_CU560572_dispatch.xml").write_bytes(atm_file())
    (folder.inbox / "half.xml.part").write_bytes(atm_file("2"))
    folder.look()
    folder.look(at_once=True)
    assert [path.name for path in folder.inbox.iterdir()] == ["half.xml.part"]
    kinds = []
    for path in sorted(folder.outbox.iterdir()):
        bank, second, device, kind = path.name.split("_")
        assert (bank, len(second), device) == ("ExampleBank", 14, "CU560572")
        assert f"{atm_xml.read_message(path.read_bytes()).type}.xml" == kind
        kinds.append(kind)
    assert kinds == ["ack.xml", "accept.xml", "close.xml"]
