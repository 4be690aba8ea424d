"""Files of a finding: attached by those who may, once, and downloaded as files that no browser runs."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ProtectedError
from django.test import Client

from safes.attachments import MANY, attach
from safes.models import Attachment, Finding
from tests.factories import AdministratorFactory, FindingFactory
from tests.safes.people import in_role
from tests.staff import page

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.fixture
def clerk(client):
    person = in_role("Cash office clerk")
    client.force_login(person)
    return person


@pytest.fixture
def finding() -> Finding:
    return FindingFactory.create()


def door(finding: Finding) -> str:
    return page(Finding, "attach", finding.pk)


def sent(client: Client, finding: Finding, content: bytes, name: str = "photo.png") -> str:
    """What the finding's page says after a file was sent to it."""
    answer = client.post(door(finding), {"file": SimpleUploadedFile(name, content)}, follow=True)
    return str(answer.content.decode())


def test_a_file_is_attached_and_stands_on_the_page_and_in_the_timeline(client, clerk, finding):
    said = sent(client, finding, PNG)
    assert "photo.png is attached." in said
    kept = Attachment.objects.get()
    assert (kept.file_name, kept.content_type, kept.size, kept.by) == ("photo.png", "image/png", 28, clerk.username)
    assert page(Finding, "attachment", finding.pk, kept.pk) in said
    assert list(finding.notes.values_list("by", "what", "text")) == [(clerk.username, "attached", "photo.png")]


def test_a_download_has_the_exact_bytes_and_nothing_that_a_browser_would_run(client, clerk, finding):
    kept, _ = attach(finding.pk, "anna", "Übersicht.csv", b"a,b\n<script>,2\n")
    answer = client.get(page(Finding, "attachment", finding.pk, kept.pk))
    assert answer.content == b"a,b\n<script>,2\n"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%9Cbersicht.csv")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Type"] == "text/csv"


def test_the_same_bytes_twice_are_one_attachment(client, clerk, finding):
    sent(client, finding, PNG)
    assert "attached already, as photo.png" in sent(client, finding, PNG, "again.png")
    assert Attachment.objects.count() == finding.notes.count() == 1
    other = FindingFactory.create()
    sent(client, other, PNG)
    assert other.attachments.count() == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty"),
        (b"MZ\x90\x00\x03", "Files of this type are not taken. These are"),
        (b"<html><script>alert(1)</script>", "PDF, PNG"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_types_that_can(client, clerk, finding, content, why):
    assert why in sent(client, finding, content)
    assert not Attachment.objects.exists()
    assert not finding.notes.exists()


def test_no_file_at_all_is_said(client, clerk, finding):
    for sent_along in ({}, {"file": "a text where a file should be"}):
        answer = client.post(door(finding), sent_along, follow=True)
        assert "Choose a file first." in answer.content.decode()


def test_a_file_over_the_limit_is_refused_with_the_limit(client, clerk, finding, settings):
    settings.ATTACHMENT_MAX_BYTES = 1024
    assert "at most 1.0 KB" in sent(client, finding, PNG + b"\x00" * 1024)
    assert not Attachment.objects.exists()
    assert "is attached" in sent(client, finding, PNG + b"\x00" * (1024 - len(PNG)))


class Endless:
    """A body that goes on for ever, and says how much of it was read."""

    def __init__(self) -> None:
        self.read_so_far = 0

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= 1 << 16, "all of it at once"
        self.read_so_far += size
        return b"x" * size

    readline = read


def test_of_a_body_far_larger_than_the_limit_little_is_read_and_nothing_kept(client, clerk, finding):
    body = Endless()
    answer = client.generic(
        "POST",
        door(finding),
        content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(50 << 30), "wsgi.input": body},
    )
    assert answer.status_code == 302
    assert body.read_so_far <= 200 << 20
    assert not answer.wsgi_request.FILES
    assert "The file is too large: at most 10.0 MB" in client.get(answer["Location"]).content.decode()


def test_a_file_is_kept_under_the_name_that_somebody_gave_it(client, clerk, finding):
    client.post(door(finding), {"file": SimpleUploadedFile("IMG_0001.png", PNG), "name": " The open vault "})
    assert Attachment.objects.get().file_name == "The open vault.png"


def test_a_forged_form_attaches_nothing(clerk, finding):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(clerk)
    answer = browser.post(door(finding), {"file": SimpleUploadedFile("photo.png", PNG)})
    assert answer.status_code == 403
    assert not Attachment.objects.exists()


def test_a_closed_finding_takes_files_too(client, clerk, finding):
    from safes.findings import settle_by_person

    settle_by_person(finding.pk, "anna", "Known.")
    assert "is attached" in sent(client, finding, PNG)


def test_a_finding_takes_no_more_than_its_number_of_files(finding):
    Attachment.objects.bulk_create(
        Attachment(
            finding=finding, file_name="x", content_type="x", size=1, sha256=bytes([n]) * 32, content=b"x", by="x"
        )
        for n in range(MANY)
    )
    with pytest.raises(ValueError, match="takes no more"):
        attach(finding.pk, "anna", "photo.png", PNG)


def test_what_is_attached_keeps_its_finding_from_being_deleted(finding):
    attach(finding.pk, "anna", "photo.png", PNG)
    with pytest.raises(ProtectedError):
        finding.delete()


def test_a_file_is_found_under_its_own_finding_alone(client, clerk, finding):
    kept, _ = attach(finding.pk, "anna", "photo.png", PNG)
    for pk, attachment in ((FindingFactory.create().pk, kept.pk), (finding.pk, kept.pk + 1)):
        assert client.get(page(Finding, "attachment", pk, attachment)).status_code == 404
    assert client.post(page(Finding, "attach", 999_999), {}).status_code == 404


def test_an_auditor_reads_files_and_attaches_none(client, finding):
    kept, _ = attach(finding.pk, "anna", "photo.png", PNG)
    client.force_login(in_role("Auditor"))
    shown = client.get(page(Finding, "change", finding.pk)).content.decode()
    assert "photo.png" in shown
    assert "Attach a file" not in shown
    assert client.get(page(Finding, "attachment", finding.pk, kept.pk)).status_code == 200
    assert client.post(door(finding), {"file": SimpleUploadedFile("b.png", PNG + b"b")}).status_code == 403
    assert Attachment.objects.count() == 1


def test_who_may_not_see_files_neither_sees_nor_downloads_any(client, finding):
    kept, _ = attach(finding.pk, "anna", "photo.png", PNG)
    client.force_login(in_role("Loyalty desk"))
    assert client.get(page(Finding, "attachment", finding.pk, kept.pk)).status_code == 403
    assert client.post(door(finding), {}).status_code == 403


def test_a_page_with_many_files_reads_none_of_them(client, finding, django_assert_max_num_queries):
    client.force_login(AdministratorFactory.create())
    for number in range(12):
        attach(finding.pk, "anna", f"{number}.txt", f"note {number}".encode())
    with django_assert_max_num_queries(25) as queries:
        assert client.get(page(Finding, "change", finding.pk)).status_code == 200
    assert not any('"content"' in query["sql"] for query in queries)
