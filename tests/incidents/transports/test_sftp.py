"""Dispatches as files on a real SFTP server: there whole or not at all, and the same file for every try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from incidents import arranging
from incidents.models import IncidentMessage, LoomisAccount
from incidents.outbox.sending import drain
from incidents.wire.atm_xml import file_name, read_message
from tests.incidents.outbox.telling import dispatch, next_turn, queued, state, tries
from tests.safes.remote.serve import PASSWORD
from tests.safes.remote.servers import FileServer, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("file_servers")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    with serving("sftp", tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture
def server(running: FileServer, tmp_path: Path) -> FileServer:
    there = running.within(tmp_path.name)
    folders(there)
    return there


def folders(there: FileServer) -> None:
    for name in ("to_loomis", "from_loomis"):
        (there.folder / name).mkdir(parents=True)


def files_account(there: FileServer, **said: str) -> LoomisAccount:
    made = LoomisAccount(
        name="files",
        dialect="atm",
        transport="sftp",
        customer_number="C100",
        **{"dispatch_url": there.url, "host_key": there.host_key, "bank_name": "Ours Bank", **said},
    )
    account, _ = arranging.create(made, PASSWORD)
    arranging.add_fault_code("F1", account)
    return account


def test_a_dispatch_is_a_file_under_its_name_and_nothing_else_is_left_there(server):
    incident = queued(files_account(server))
    drain()
    name = file_name("Ours Bank", incident.file_second, incident.device, "dispatch")
    assert [path.name for path in (server.folder / "to_loomis").iterdir()] == [name]
    body = (server.folder / "to_loomis" / name).read_bytes()
    assert read_message(body).reference == incident.reference
    kept = IncidentMessage.objects.get()
    assert (bytes(kept.body), kept.file_name, kept.via, kept.status) == (body, name, "file", None)
    assert (state(incident), dispatch(incident).state, tries(incident)) == ("sent", "done", ["delivered"])


def test_a_folder_that_is_not_there_is_told_and_tried_again(server):
    (server.folder / "to_loomis").rmdir()
    incident = queued(files_account(server))
    drain()
    assert (state(incident), dispatch(incident).state, tries(incident)) == ("queued", "due", ["not_arrived"])
    assert "no such file or folder" in LoomisAccount.objects.get().error
    (server.folder / "to_loomis").mkdir()
    next_turn()
    assert state(incident) == "sent"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [({"host_key": "SHA256:" + "A" * 43}, "Nothing was sent to it"), ({"host_key": ""}, "No host key is pinned")],
)
def test_a_server_that_is_not_the_pinned_one_gets_nothing(server, said, sentence):
    incident = queued(files_account(server, **said))
    drain()
    assert (state(incident), tries(incident)) == ("queued", ["not_arrived"])
    assert sentence in dispatch(incident).error
    assert PASSWORD not in dispatch(incident).error
    assert list((server.folder / "to_loomis").iterdir()) == []


@pytest.mark.parametrize("how", ["cut", "hang"])
@pytest.mark.parametrize(
    ("spoilt", "outcome", "stands"), [("open", "not_arrived", "queued"), ("rename", "unknown", "unconfirmed")]
)
def test_before_the_rename_it_surely_is_not_there_and_in_it_nobody_knows(
    tmp_path, settings, spoilt, how, outcome, stands
):
    settings.INCIDENT_TIMEOUT_SECONDS = 2
    with serving("sftp", tmp_path, spoilt=f"{spoilt} {how}") as bad:
        folders(bad)
        incident = queued(files_account(bad))
        drain()
    assert (state(incident), dispatch(incident).state, tries(incident)) == (stands, "due", [outcome])
    settings.INCIDENT_TIMEOUT_SECONDS = 10
    with serving("sftp", tmp_path) as well:
        LoomisAccount.objects.update(dispatch_url=well.url, host_key=well.host_key)
        next_turn()
        # Uploaded again, it is the same file.
        names = [path.name for path in (tmp_path / "to_loomis").iterdir() if not path.name.startswith(".")]
    assert names == [file_name("Ours Bank", incident.file_second, incident.device, "dispatch")]
    assert dispatch(incident).state == "done"
