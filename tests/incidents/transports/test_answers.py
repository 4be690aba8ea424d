"""Answers as files on a real SFTP server: taken in once they are whole, then deleted; one never blocks another."""

from __future__ import annotations

import pytest

from incidents import answers
from incidents.answers import due_accounts, poll
from incidents.models import IncidentMessage, LoomisAccount
from incidents.outbox.sending import drain
from incidents.tasks import poll_account, poll_answers
from tests.incidents.outbox.telling import dispatch, queued, state
from tests.incidents.transports.test_sftp import files_account, folders, running, server
from tests.safes.remote.servers import FileServer, serving
from tests.transactions.at_once import at_once

__all__ = ["running", "server"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("file_servers")]


def answer(reference: str, kind: str = "ACK", *, closed: bool = True) -> bytes:
    said = f"<MessageType>{kind}</MessageType><IncidentReference>{reference}</IncidentReference>"
    said += "<CustomerId>C100</CustomerId><ServiceProvider>LOOMIS</ServiceProvider><IncidentId>INC4</IncidentId>"
    return f"<Incident>{said}{'</Incident>' if closed else '<Incident>'}".encode()


def lies(there: FileServer) -> list[str]:
    return sorted(path.name for path in (there.folder / "from_loomis").iterdir())


def put(there: FileServer, name: str, body: bytes) -> None:
    (there.folder / "from_loomis" / name).write_bytes(body)


@pytest.fixture
def account(server: FileServer) -> LoomisAccount:
    return files_account(server)


def test_an_answer_is_taken_in_and_deleted(server, account):
    incident = queued(account)
    drain()
    put(server, "a_ack.xml", answer(incident.reference))
    put(server, ".b.xml", answer(incident.reference))
    put(server, "readme.txt", b"not ours")
    assert poll(account.pk) == 1
    assert (state(incident), dispatch(incident).state) == ("acknowledged", "done")
    heard = IncidentMessage.objects.get(direction="in")
    assert (heard.via, heard.file_name, bytes(heard.body)) == ("file", "a_ack.xml", answer(incident.reference))
    assert lies(server) == [".b.xml", "readme.txt"]
    account.refresh_from_db()
    assert (account.poll_error, account.seen_files, account.polled_at is not None) == ("", {}, True)
    assert poll(account.pk) == 0


def test_a_file_that_does_not_close_its_root_is_taken_once_it_stands_still(server, account):
    incident = queued(account)
    drain()
    whole = answer(incident.reference, closed=False)
    put(server, "a.xml", whole[:40])
    assert (poll(account.pk), lies(server)) == (0, ["a.xml"])
    put(server, "a.xml", whole)  # it has grown
    assert (poll(account.pk), lies(server)) == (0, ["a.xml"])
    assert (poll(account.pk), lies(server)) == (1, [])
    assert state(incident) == "acknowledged"


def test_what_is_too_large_or_nonsense_holds_up_nobody(server, account):
    incident = queued(account)
    drain()
    put(server, "0.xml", b" " * (2 << 20))
    put(server, "1.xml", b"garbage")
    put(server, "2.xml", b"")
    put(server, "3.xml", answer(incident.reference))
    poll(account.pk)
    assert state(incident) == "acknowledged"
    poll(account.pk)
    assert lies(server) == ["0.xml"]
    account.refresh_from_db()
    assert "0.xml: It is larger than 1,048,576 bytes" in account.poll_error
    # What could not be read is kept all the same.
    assert {bytes(one.body) for one in IncidentMessage.objects.exclude(error="")} == {b"garbage", b""}


def test_what_cannot_be_deleted_is_not_taken_in_each_time(tmp_path, settings):
    with serving("sftp", tmp_path, spoilt="remove refuse") as server:
        folders(server)
        account = files_account(server)
        incident = queued(account)
        put(server, "a.xml", answer(incident.reference))
        for _ in range(3):
            poll(account.pk)
        assert IncidentMessage.objects.filter(direction="in").count() == 1
        account.refresh_from_db()
        assert "a.xml: The server does not allow it" in account.poll_error
        put(server, "a.xml", answer(incident.reference, "Accept"))
        poll(account.pk)
    assert list(IncidentMessage.objects.filter(direction="in").values_list("type", flat=True)) == ["ack", "accept"]


def test_a_server_that_is_away_is_told_and_found_again(server, account):
    LoomisAccount.objects.update(host_key="SHA256:" + "A" * 43)
    assert poll(account.pk) == 0
    account.refresh_from_db()
    assert "Nothing was sent to it" in account.poll_error
    LoomisAccount.objects.update(host_key=server.host_key)
    poll(account.pk)
    account.refresh_from_db()
    assert account.poll_error == ""


def test_a_crash_after_it_was_taken_in_makes_a_repeat_and_no_more(server, account, monkeypatch):
    incident = queued(account)
    drain()
    put(server, "a.xml", answer(incident.reference))

    def crash(place: object, name: str) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("safes.remote.places.Place.delete", crash)
        with pytest.raises(RuntimeError):
            poll(account.pk)
    assert poll(account.pk) == 1
    assert [one.is_repeat for one in IncidentMessage.objects.filter(direction="in")] == [False, True]
    assert (state(incident), lies(server)) == ("acknowledged", [])


def test_two_workers_never_fetch_from_one_account_at_once(server, account):
    incident = queued(account)
    drain()
    put(server, "a.xml", answer(incident.reference))
    assert sorted(at_once(*[lambda: poll(account.pk)] * 3))[-1] == 1
    assert IncidentMessage.objects.filter(direction="in").count() == 1

    def other() -> int:
        with answers._alone(account.pk) as is_mine:
            return int(is_mine)

    with answers._alone(account.pk) as is_mine:
        assert is_mine
        assert at_once(other) == [0]
    assert at_once(other) == [1]


def test_the_clock_asks_each_account_that_has_files(server, account, monkeypatch):
    asked: list[tuple[int]] = []
    monkeypatch.setattr(poll_account, "apply_async", lambda arguments, **options: asked.append(arguments))
    assert (poll_answers(), asked, due_accounts()) == (1, [(account.pk,)], [account.pk])
    LoomisAccount.objects.update(active=False)
    assert poll_answers() == 0
