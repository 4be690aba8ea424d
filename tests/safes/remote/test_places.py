"""Files elsewhere, on real servers: found, fetched, put, moved, deleted, and refused in sentences."""

from __future__ import annotations

import datetime as dt
import os
import socket
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from safes.remote import HostKeyRefused, PlaceError, connect, parse_address
from tests.safes.remote.serve import PASSWORD, USER
from tests.safes.remote.servers import FileServer, certificate, serving

pytestmark = pytest.mark.xdist_group("file_servers")


@contextmanager
def reached(server: FileServer, **given):
    address, _ = parse_address(server.url)
    with connect(address, **{"password": PASSWORD, "host_key": server.host_key, "seconds": 5, **given}) as place:
        yield place


def refused(server: FileServer, **given) -> str:
    with pytest.raises(PlaceError) as raised, reached(server, **given) as place:
        place.entries()
    assert PASSWORD not in str(raised.value)
    return str(raised.value)


def test_files_are_found_with_size_and_time_and_folders_are_not(file_server):
    (file_server.folder / "b ü.xml").write_bytes(b"12345")
    (file_server.folder / "a.xml").write_bytes(b"")
    (file_server.folder / "archive").mkdir()
    os.utime(file_server.folder / "a.xml", (1_700_000_000, 1_700_000_000))
    with reached(file_server) as place:
        a, b = place.entries()
    assert (a.name, a.size) == ("a.xml", 0)
    assert (b.name, b.size) == ("b ü.xml", 5)
    assert a.modified_at == dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)


def test_bytes_come_as_they_lie_there_and_progress_is_told(file_server):
    content = os.urandom(3_000_000)
    (file_server.folder / "big.xml").write_bytes(content)
    into = BytesIO()
    heard: list[int] = []
    with reached(file_server) as place:
        assert place.fetch("big.xml", into, most=len(content), tell=heard.append) == len(content)
    assert into.getvalue() == content
    assert heard == sorted(heard)
    assert len(heard) > 1
    assert heard[-1] == len(content)


def test_more_than_was_agreed_is_not_fetched(file_server):
    (file_server.folder / "big.xml").write_bytes(b"x" * 1_000_001)
    into = BytesIO()
    with reached(file_server) as place, pytest.raises(PlaceError, match="larger than 1,000,000 bytes"):
        place.fetch("big.xml", into, most=1_000_000)
    assert len(into.getvalue()) <= 1_000_000


# paramiko asks ahead in a thread of its own, whose end nobody hears of.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fetch_that_is_given_up_halfway_does_not_confuse_the_next(file_server):
    (file_server.folder / "a.xml").write_bytes(b"x" * 9_000_000)
    (file_server.folder / "b.xml").write_bytes(b"12345")
    with reached(file_server) as place:
        for _ in range(2):
            with pytest.raises(PlaceError, match="larger than"):
                place.fetch("a.xml", BytesIO(), most=1_000_000)
            assert place.find("b.xml") == place.entries()[1]
            into = BytesIO()
            place.fetch("b.xml", into, most=10)
            assert into.getvalue() == b"12345"


def test_one_file_is_found_as_the_listing_has_it(file_server):
    (file_server.folder / "a ü.xml").write_bytes(b"12345")
    (file_server.folder / "folder").mkdir()
    os.utime(file_server.folder / "a ü.xml", (1_700_000_000.25, 1_700_000_000.25))
    with reached(file_server) as place:
        assert place.find("a ü.xml") == place.entries()[0]
        assert place.find("b.xml") is None
        assert place.find("folder") is None


def test_a_file_is_put_whole_and_again(file_server):
    with reached(file_server) as place:
        place.put("out.xml", BytesIO(b"first"))
        assert (file_server.folder / "out.xml").read_bytes() == b"first"
        place.put("out.xml", BytesIO(b"second"))
        assert place.has("out.xml")
    assert [path.name for path in file_server.folder.iterdir()] == ["out.xml"]
    assert (file_server.folder / "out.xml").read_bytes() == b"second"


def test_a_file_is_moved_to_a_folder_that_need_not_be_there_and_moved_there_again(file_server):
    for content in (b"first", b"second"):
        (file_server.folder / "a.xml").write_bytes(content)
        with reached(file_server) as place:
            place.move("a.xml", "archive")
            assert place.entries() == []
        assert (file_server.folder / "archive" / "a.xml").read_bytes() == content


def test_a_file_is_deleted(file_server):
    (file_server.folder / "a.xml").write_bytes(b"1")
    with reached(file_server) as place:
        place.delete("a.xml")
        with pytest.raises(PlaceError):
            place.fetch("a.xml", BytesIO(), most=10)
    assert list(file_server.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "../a.xml", "a/b.xml", "a\nb"])
def test_a_name_never_leads_out_of_the_folder(tmp_path, name):
    with connect(parse_address(f"file://{tmp_path}")[0]) as place, pytest.raises(PlaceError, match="no name of a file"):
        place.fetch(name, BytesIO(), most=10)


def test_a_folder_that_is_not_there_is_told(file_server):
    said = refused(file_server.within("gone"))
    assert "no such file or folder" in said or "Is the folder right" in said


def test_a_wrong_password_is_told(file_server):
    if file_server.scheme == "file":
        return  # a folder asks for none
    assert "refused the log-in" in refused(file_server, password="wrong")


@pytest.mark.parametrize("scheme", ["ftp", "ftps", "sftp"])
def test_nobody_there_is_told(scheme, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "connection was refused" in refused(FileServer(scheme, tmp_path, port, "SHA256:" + "A" * 43))


@pytest.mark.parametrize("scheme", ["ftp", "ftps", "sftp"])
def test_a_server_that_says_nothing_is_given_up(scheme, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = FileServer(scheme, tmp_path, silent.getsockname()[1], "SHA256:" + "A" * 43)
        said = refused(server, seconds=0.5)
    assert "did not answer in time" in said or "connection broke" in said


@pytest.mark.parametrize(("spoilt", "is_in_doubt"), [("open", False), ("rename", True)])
@pytest.mark.parametrize(("how", "said"), [("cut", "connection broke"), ("hang", "did not answer in time")])
def test_an_upload_that_goes_wrong_is_in_doubt_only_while_it_is_renamed(tmp_path, spoilt, is_in_doubt, how, said):
    with (
        serving("sftp", tmp_path, spoilt=f"{spoilt} {how}") as server,
        pytest.raises(PlaceError, match=said) as raised,
        reached(server, seconds=2) as place,
    ):
        place.put("a.xml", BytesIO(b"<a/>"))
    assert raised.value.in_doubt == is_in_doubt
    # The line was cut after it had been renamed: that is the doubt.
    assert (tmp_path / "a.xml").exists() == ((spoilt, how) == ("rename", "cut"))


def test_a_name_that_is_not_known_is_told(tmp_path):
    address, _ = parse_address(f"sftp://{USER}@nobody.invalid/")
    with pytest.raises(PlaceError, match="name of the server is not known"), connect(address, seconds=2):
        pass


def test_a_server_without_a_pinned_key_is_refused_and_its_key_shown(tmp_path):
    with serving("sftp", tmp_path) as server, pytest.raises(HostKeyRefused) as raised, reached(server, host_key=""):
        pass
    assert raised.value.shown in str(raised.value)


def test_a_server_with_another_key_than_the_pinned_one_is_refused(tmp_path):
    with (
        serving("sftp", tmp_path) as server,
        pytest.raises(HostKeyRefused, match="Nothing was sent to it"),
        reached(server, host_key="SHA256:" + "A" * 43),
    ):
        pass


def test_a_fingerprint_pins_as_well_as_a_key(tmp_path):
    with serving("sftp", tmp_path) as server:
        with pytest.raises(HostKeyRefused) as raised, reached(server, host_key=""):
            pass
        with reached(server, host_key=raised.value.shown) as place:
            assert place.entries() == []


def test_a_certificate_of_nobody_we_trust_is_refused(tmp_path, settings, server_certificate):
    settings.REMOTE_CA_FILE = str(server_certificate)
    with serving("ftps", tmp_path, certificate(tmp_path / "other.pem")) as server:
        assert "certificate is not trusted" in refused(server)
    settings.REMOTE_CA_FILE = ""
    with serving("ftps", tmp_path, server_certificate) as server:
        assert "certificate is not trusted" in refused(server)


def test_a_listing_of_very_many_names_is_read(tmp_path):
    for number in range(5_000):
        (tmp_path / f"{number}.xml").touch()
    with serving("ftp", tmp_path) as server, reached(server) as place:
        assert len(place.entries()) == 5_000


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://host/", "must begin with"),
        ("sftp:///folder", "names no server"),
        ("sftp://u:secret@host:99999/", "cannot be read"),
        ("sftp://u:secret@host/a?b", r"has a \? or #"),
        ("sftp://u:secret@host/a/../b", "without “..”"),
        ("file://srv/loomis", "three slashes"),
    ],
)
def test_a_url_that_will_not_do_is_refused_without_its_password(url, said):
    with pytest.raises(ValueError, match=said) as raised:
        parse_address(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["ftp://h/", "ftps://me%40x@h:990/a%20b", "sftp://u@[::1]:2222/out", "file:///srv/a%20b"],
)
def test_an_address_says_its_url_again(url):
    assert parse_address(url)[0].url == url


def test_a_password_is_taken_out_of_the_url():
    address, password = parse_address("ftp://loomis:p%40ss%2Fw@host:2121/out/")
    assert password == "p@ss/w"
    assert address.url == "ftp://loomis@host:2121/out"
    assert Path(address.path) == Path("/out")
