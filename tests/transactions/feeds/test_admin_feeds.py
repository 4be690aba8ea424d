"""Feeds and their files in the staff site: arranged, tried out, looked through, tried again, and no password shown."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from safes.models import Finding
from safes.sealing import unseal
from tests.factories import AdministratorFactory, UserFactory
from tests.safes.remote.serve import PASSWORD
from tests.safes.remote.servers import FileServer
from tests.staff import everything_in_the_database, page
from tests.transactions.feeds.filing import xml
from tests.transactions.feeds.polled import day, feed_of
from tests.transactions.pushing import drop
from transactions.feeds.arranging import add_feed
from transactions.feeds.polling import due_feeds
from transactions.models import Delivery, Feed, FeedFile

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("file_servers")]


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def form(server: FileServer, **changes: object) -> dict[str, object]:
    return {
        "name": "daily",
        "environment": "production",
        "active": "on",
        "url": server.url,
        "pattern": "*.xml",
        "host_key": server.host_key,
        "password": PASSWORD,
        "password_env": "",
        "poll_seconds": 300,
        "settle_seconds": 0,
        "after": "leave",
        "archive_folder": "archive",
        **changes,
    }


def said(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_a_feed_is_made_tried_out_and_looked_through(staff, file_server, capfd):
    (file_server.folder / "a.xml").write_bytes(day("a"))
    (file_server.folder / "notes.txt").write_bytes(b"")
    assert staff.post(page(Feed, "add"), form(file_server)).status_code == 302
    feed = Feed.objects.get()
    tried = staff.post(page(Feed, "try_out", feed.pk), follow=True)
    assert "It holds 1 files that match *.xml, and 1 others" in said(tried)
    assert not FeedFile.objects.exists()
    assert unseal(feed.sealed_password) == PASSWORD
    pages = [page(Feed, what, feed.pk) for what in ("change", "history")] + [page(Feed, "changelist")]
    shown = "".join(staff.get(address).content.decode() for address in pages)
    assert PASSWORD not in shown
    assert feed.sealed_password not in shown
    assert PASSWORD not in everything_in_the_database()
    assert PASSWORD not in "".join(capfd.readouterr())


def test_what_is_wrong_with_a_feed_is_said_in_a_sentence(staff, tmp_path):
    feed = add_feed("daily", f"file://{tmp_path}/gone")
    assert "There is no such file or folder" in said(staff.post(page(Feed, "try_out", feed.pk), follow=True))


def test_a_change_without_a_password_keeps_the_stored_one_and_one_with_it_replaces_it(staff, tmp_path):
    feed = add_feed("daily", "sftp://loomis@127.0.0.1/out", password=PASSWORD)
    server = FileServer("sftp", tmp_path, 22)
    staff.post(page(Feed, "change", feed.pk), form(server, password="", pattern="*.xml.gz"))
    feed.refresh_from_db()
    assert (feed.pattern, unseal(feed.sealed_password)) == ("*.xml.gz", PASSWORD)
    staff.post(page(Feed, "change", feed.pk), form(server, password=" another ", name="else", environment="test"))
    feed.refresh_from_db()
    assert unseal(feed.sealed_password) == " another "
    assert (feed.name, feed.environment) == ("daily", "production")  # fixed once made


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": "sftp://loomis:secret@host/out"}, "Leave the password out of the URL"),
        ({"url": "http://host/out"}, "must begin with ftp://"),
        ({"host_key": "no key"}, "This is no host key"),
        ({"password_env": "LOOMIS"}, "not both"),
        ({"archive_folder": "../up"}, "without slashes"),
        ({"poll_seconds": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_on_the_form(staff, tmp_path, changes, sentence):
    response = staff.post(page(Feed, "add"), form(FileServer("sftp", tmp_path, 22), **changes))
    assert sentence in response.content.decode()
    assert not Feed.objects.exists()


def test_a_feed_is_due_at_once_when_somebody_asks(staff, tmp_path):
    daily = feed_of(FileServer("file", tmp_path))
    daily.poll()
    assert due_feeds() == []
    assert "Look through daily now" in staff.get(page(Feed, "poll_now", daily.feed.pk)).content.decode()
    assert due_feeds() == []  # it asks first
    staff.post(page(Feed, "poll_now", daily.feed.pk))
    assert due_feeds() == [daily.feed.pk]


def test_a_failing_feed_says_so_and_leads_to_its_files(staff, tmp_path):
    daily = feed_of(FileServer("file", tmp_path))
    tmp_path.rename(tmp_path.with_name(f"{tmp_path.name} hidden"))
    daily.poll()
    shown = staff.get(page(Feed, "change", daily.feed.pk)).content.decode()
    assert "There is no such file or folder" in shown
    assert f"{page(FeedFile, 'changelist')}?feed__id__exact={daily.feed.pk}" in shown
    assert "failing" in staff.get(page(Feed, "changelist")).content.decode()


def test_findings_of_feeds_lead_to_the_feed_and_to_what_came(staff, tmp_path):
    daily = feed_of(FileServer("file", tmp_path))
    daily.put("a.xml", day("first"), seconds_ago=90)
    daily.poll()
    daily.put("a.xml", day("second"), seconds_ago=80)
    daily.put("b.xml", b"<html/>")
    daily.poll()
    tmp_path.rename(tmp_path.with_name(f"{tmp_path.name} hidden"))
    daily.poll()
    deliveries = [page(Delivery, "change", pk) for pk in Delivery.objects.order_by("pk").values_list("pk", flat=True)]
    leads = {
        "feed_failure": [page(Feed, "change", daily.feed.pk)],
        "file_changed": [page(Feed, "change", daily.feed.pk), *deliveries[:2]],
        "quarantined_row": deliveries[2:],
    }
    for kind, addresses in leads.items():
        finding = daily.finding(kind)
        assert finding is not None
        shown = staff.get(page(Finding, "change", finding.pk)).content.decode()
        assert all(f'href="{address}"' in shown for address in addresses)


def test_files_say_what_they_brought_and_lead_to_their_delivery(staff, tmp_path):
    daily = feed_of(FileServer("file", tmp_path))
    content = xml([drop(1), drop(2), drop(3, Amount="much")])
    daily.put("a.xml", content)
    daily.put("b.xml", content)
    daily.poll()
    for name, counts in (("a.xml", (3, 2, 0, 1)), ("b.xml", (3, 0, 2, 1))):
        file = daily.file(name)
        shown = staff.get(page(FeedFile, "change", file.pk))
        room = shown.context["adminform"].model_admin
        assert (room.rows(file), room.new(file), room.known(file), room.refused(file)) == counts
        assert page(Delivery, "change", file.delivery_id) in shown.content.decode()


def test_how_far_a_file_has_come_is_drawn_without_a_style(staff, tmp_path):
    daily = feed_of(FileServer("file", tmp_path))
    daily.put("a.xml")
    daily.poll()
    FeedFile.objects.update(state="settled", size=1000, progress=420)
    shown = staff.get(page(FeedFile, "changelist")).content.decode()
    assert '<progress max="100" value="42" aria-label="fetched"></progress> 42 %' in shown


def test_a_file_that_failed_is_tried_again_at_once_when_somebody_says_so(staff, tmp_path, settings):
    daily = feed_of(FileServer("file", tmp_path))
    settings.FEED_MAX_FILE_BYTES = 10
    daily.put("a.xml")
    daily.poll()
    settings.FEED_MAX_FILE_BYTES = 10_000
    assert daily.poll() == {}
    file = daily.file("a.xml")
    assert staff.get(page(FeedFile, "try_again", file.pk)).status_code == 200
    assert daily.poll() == {}
    staff.post(page(FeedFile, "try_again", file.pk))
    assert daily.feed.pk in due_feeds()
    assert daily.poll() == {"a.xml": "recorded"}
    assert "nothing to try again" in said(staff.post(page(FeedFile, "try_again", file.pk), follow=True))


@pytest.mark.parametrize("model", [Feed, FeedFile])
def test_lists_cost_the_same_however_many_rows(staff, tmp_path, model, django_assert_max_num_queries):
    for number in range(8):
        (tmp_path / str(number)).mkdir()
        daily = feed_of(FileServer("file", tmp_path / str(number)), name=f"feed-{number}")
        daily.put("a.xml")
        daily.put("b.xml")
        daily.poll()
    with django_assert_max_num_queries(15):
        assert staff.get(page(model, "changelist")).context["cl"].result_count >= 8
    with django_assert_max_num_queries(25):
        assert staff.get(page(model, "change", model._default_manager.first().pk)).status_code == 200


@pytest.mark.parametrize("model", [Feed, FeedFile])
def test_every_filter_and_search_answers_whatever_is_asked_of_it(staff, tmp_path, model):
    daily = feed_of(FileServer("file", tmp_path))
    daily.put("a.xml")
    daily.poll()
    response = staff.get(page(model, "changelist"))
    names = {name for spec in response.context["cl"].filter_specs for name in spec.expected_parameters()}
    for value in ("", "1", "all", "no such thing", "9" * 30, "'; --", "\x00"):
        for asked in (dict.fromkeys(names, value), {"q": value}):
            assert staff.get(page(model, "changelist"), asked).status_code in (200, 302), asked


def test_files_cannot_be_edited_and_feeds_cannot_be_deleted(staff, tmp_path):
    daily = feed_of(FileServer("file", tmp_path))
    daily.put("a.xml")
    daily.poll()
    file = daily.file("a.xml")
    assert staff.post(page(FeedFile, "change", file.pk), {"state": "seen"}).status_code == 403
    assert staff.post(page(FeedFile, "delete", file.pk), {"post": "yes"}).status_code == 403
    assert staff.post(page(Feed, "delete", daily.feed.pk), {"post": "yes"}).status_code == 403


def test_integration_admins_arrange_feeds_and_auditors_look_at_them(client, tmp_path):
    daily = feed_of(FileServer("file", tmp_path))
    for role, may_act in (("Integration admin", True), ("Auditor", False)):
        user = UserFactory.create()
        user.groups.set(Group.objects.filter(name=role))
        client.force_login(user)
        looked = client.get(page(Feed, "change", daily.feed.pk))
        assert looked.status_code == 200
        assert ('name="password"' in looked.content.decode()) is may_act
        for act in ("try_out", "poll_now"):
            assert (client.post(page(Feed, act, daily.feed.pk)).status_code == 403) is not may_act
