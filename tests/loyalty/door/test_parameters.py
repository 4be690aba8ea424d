"""Parameters come from the query, a JSON object or a form, in any case; what cannot be read is said to be so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loyalty.parameters import MALFORMED, Given, Unreadable, read

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PAIR = {"Number": "40001234", "MobileNumber": "+12015550123"}
GIVEN = Given(number="40001234", mobile="+12015550123")


def of_json(**said: Any) -> Given:
    return read("", json.dumps(said).encode(), JSON)


def multipart(**said: str) -> tuple[bytes, str]:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in said.items()]
    return "".join([*parts, "--b--\r\n"]).encode(), "multipart/form-data; boundary=b"


def test_they_are_read_from_each_place():
    assert read("Number=40001234&MobileNumber=%2B12015550123", b"", "") == GIVEN
    assert read("", json.dumps(PAIR).encode(), JSON) == GIVEN
    assert read("", b"Number=40001234&MobileNumber=%2B12015550123", FORM) == GIVEN
    assert read("", *multipart(**PAIR)) == GIVEN
    assert read("Number=40001234", b'{"MobileNumber": "+12015550123"}', JSON) == GIVEN


@pytest.mark.parametrize(
    "content_type", ["", FORM, "text/plain", "application/xml", "nonsense", "text/html; charset=x"]
)
def test_what_reads_as_json_is_read_whatever_it_is_called(content_type):
    assert read("", b"\xef\xbb\xbf \n" + json.dumps(PAIR).encode(), content_type) == GIVEN


@pytest.mark.parametrize("content_type", ["", "text/plain", FORM, "nonsense"])
def test_so_is_a_form_unless_it_calls_itself_json(content_type):
    assert read("", b"Number=40001234", content_type).number == "40001234"


@pytest.mark.parametrize("name", ["Number", "number", "NUMBER", "nUmBeR", " Number "])
def test_names_are_read_in_any_case(name):
    assert of_json(**{name: "40001234"}).number == "40001234"
    assert read(f"{name.replace(' ', '+')}=40001234", b"", "").number == "40001234"


@pytest.mark.parametrize("name", ["MobileNumber", "ContactMobileNumber", "contactmobilenumber"])
def test_the_phone_has_two_names(name):
    assert of_json(**{name: "2015550123"}).mobile == "2015550123"


def test_the_codes_of_reasons_have_a_name_each():
    assert of_json(BlockReasonCode="0", BlockReasonName="Loss") == Given(block_reason="0")
    assert of_json(UnBlockReasonCode="3", UnBlockReasonName="?") == Given(unblock_reason="3")


@pytest.mark.parametrize("nothing", [None, "", " ", "\t\n"])
def test_nothing_is_not_given(nothing):
    assert of_json(Number=nothing) == Given()


def test_whole_numbers_are_taken_as_their_digits():
    assert of_json(Number=40001234, BlockReasonCode=0) == Given(number="40001234", block_reason="0")
    assert read("", b'{"Number": %s}' % (b"9" * 10_000), JSON).number == "9" * 10_000


@pytest.mark.parametrize("value", [True, False, 1.5, 1e3, [], ["40001234"], {}, {"a": 1}, float("nan"), float("inf")])
def test_what_is_no_text_is_malformed_and_not_missing(value):
    assert of_json(Number=value).number == MALFORMED


def test_the_same_twice_is_once_and_what_differs_is_refused():
    assert read("number=1", b'{"Number": "1", "NUMBER": 1}', JSON).number == "1"
    assert read("Number=1&Number=", b"", "").number == "1"
    for query, body in (("Number=1&number=2", b""), ("Number=1", b'{"Number": 2}'), ("", b'{"Number":1,"Number":2}')):
        with pytest.raises(Unreadable, match=r"twice.*\.$"):
            read(query, body, JSON)


def test_a_blank_before_a_phone_is_kept_since_it_was_a_plus():
    assert read("MobileNumber=+12015550123", b"", "").mobile == " 12015550123"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"[]", JSON),
        (b'[{"Number": "1"}]', JSON),
        (b'"Number"', ""),
        (b"12", JSON),
        (b"null", JSON),
        (b"true", ""),
        (b"{", ""),
        (b'{"Number": "1"', FORM),
        (b"Number=1", JSON),
        (b"\xff\xfe{", JSON),
        (b"Number=\xff", FORM),
        (b"[" * 100_000, JSON),
        (b'{"a":' * 100_000, JSON),
        (b"&".join(b"a%d=1" % one for one in range(2000)), FORM),
        (b"--b\r\nnonsense", "multipart/form-data"),
        (b"--b\r\nnonsense", 'multipart/form-data; boundary="' + "x" * 300 + '"'),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(body, content_type):
    with pytest.raises(Unreadable, match=r"\.$"):
        read("", body, content_type)


def test_files_of_a_form_are_no_parameters():
    body, content_type = multipart(Number="40001234")
    upload = b'--b\r\nContent-Disposition: form-data; name="MobileNumber"; filename="x"\r\n\r\n+12015550123\r\n'
    assert read("", upload + body, content_type) == Given(number="40001234")
