"""Every key of every method, as DOMAIN.md names them. The rules behind them have rooms of their own."""

from __future__ import annotations

import pytest

from tests.loyalty.door.till import Till, key, said
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db

OTHER, OTHER_PHONE = "4000123412349999", "+12015550199"


@pytest.fixture
def till(db: None) -> Till:
    return Till()


@pytest.fixture
def director(db: None) -> Till:
    return Till("director")


def test_success_is_true_ok_and_an_empty_value(till):
    card(issued=False)
    assert said(till.get(f"issue?Number={NUMBER}")) == {"Status": True, "Key": "OK", "Value": ""}


class TestBalance:
    def test_keys(self, till):
        card(of=contact())
        contact("C100002", OTHER_PHONE)
        for path, wanted in {
            f"by/{NUMBER}": "OK",
            "by/C100001": "OK",
            "by/phone/+12015550123": "OK",
            "by/phone/2015550123": "OK",
            "by/phone/(201) 555-0123": "OK",
            f"by/{OTHER}": "CannotFindCardNumber",
            "by/C999999": "CannotFindContactCode",
            "by/C100002": "CannotFindContactCode",
            "by/phone/+12015550100": "CannotFindMobileNumber",
            f"by/phone/{OTHER_PHONE}": "CannotFindMobileNumber",
            "by/1234567": "InvalidCardNumber",
            "by/C12345": "InvalidCardNumber",
            "by/phone": "InvalidCardNumber",
            f"by/{NUMBER}0000": "InvalidCardNumber",
            "by/phone/12": "InvalidMobileNumber",
            "by/phone/Anna": "InvalidMobileNumber",
            f"by/phone/{NUMBER}": "InvalidMobileNumber",
        }.items():
            assert key(till.get(f"balance/{path}")) == wanted, path

    @pytest.mark.parametrize(
        "value", [f"{NUMBER}%00", f"%20{NUMBER}", f"{NUMBER}%0A", "٤٠٠٠١٢٣٤", "%ff%fe%fd", "a/b/c"]
    )
    def test_what_is_nearly_a_number_is_none(self, till, value):
        assert key(till.get(f"balance/by/{value}")) == "InvalidCardNumber"

    @pytest.mark.parametrize("value", ["%00", "a%00b", "%0A", "%ED%A0%80", "x" * 41, "x" * 5000])
    def test_a_pattern_that_allows_all_still_allows_nothing_that_cannot_be_stored(self, till, settings, value):
        settings.LOYALTY_CARD_NUMBER_PATTERN = settings.LOYALTY_CONTACT_CODE_PATTERN = "(?s).+"
        wanted = "InvalidCardNumber" if value != "%ED%A0%80" else "CannotFindCardNumber"  # by then three U+FFFD
        assert key(till.get(f"balance/by/{value}")) == wanted
        assert key(till.post("bindto", Number="\ud800", MobileNumber=PHONE)) == "InvalidCardNumber"


class TestIssue:
    def test_keys(self, till, director):
        for query, wanted in {
            "": "RequiredParameterNotSpecified",
            "?Number=": "RequiredParameterNotSpecified",
            "?Number=abc": "InvalidCardNumber",
            f"?Number={NUMBER}": "CardNumberCannotFind",
        }.items():
            assert key(till.get(f"issue{query}")) == wanted, query
        card(issued=False)
        for _ in range(2):
            assert key(till.get(f"issue?Number={NUMBER}")) == "OK"
        assert said(till.get(f"balance/by/{NUMBER}"))["StatusName"] == "Issued"
        contact()
        till.post("bindto", Number=NUMBER, MobileNumber=PHONE)
        assert key(till.get(f"issue?Number={NUMBER}")) == "StatusError"

    def test_number_is_named_when_it_is_missing(self, till):
        assert "Number" in said(till.get("issue"))["Value"]


class TestBind:
    def test_keys(self, till, director):
        card()
        contact()
        card(OTHER, of=contact("C100002", OTHER_PHONE))
        card("4000123412340000", issued=False)
        for number, phone, wanted in [
            ("", "", "RequiredParameterNotSpecified"),
            (NUMBER, None, "RequiredParameterNotSpecified"),
            ("abc", "abc", "InvalidCardNumber"),
            (True, PHONE, "InvalidCardNumber"),
            (NUMBER, "abc", "InvalidMobileNumber"),
            (NUMBER, 1.5, "InvalidMobileNumber"),
            ("4000123412340001", PHONE, "CannotFindCardNumber"),
            (NUMBER, "+12015550100", "CannotFindMobile"),
            ("4000123412340000", PHONE, "StatusError"),
            (OTHER, PHONE, "CardNumberBindToAnotherContact"),
            (NUMBER, OTHER_PHONE, "ContactBindToAnotherCardNumber"),
            (NUMBER, PHONE, "OK"),
            (NUMBER, PHONE, "OK"),
            (int(NUMBER), "(201) 555-0123", "OK"),
        ]:
            assert key(till.post("bindto", Number=number, MobileNumber=phone)) == wanted, (number, phone)
        assert said(till.get(f"balance/by/{NUMBER}"))["StatusName"] == "Active"

    def test_all_that_is_missing_is_named(self, till):
        assert "Number, MobileNumber" in said(till.post("bindto"))["Value"]
        said_of_one = said(till.post("bindto", number=NUMBER))["Value"]
        assert "MobileNumber" in said_of_one
        assert "Number," not in said_of_one


class TestActive:
    def test_keys(self, till, director):
        for query, wanted in {
            "": "RequiredParameterNotSpecified",
            "?number=%20": "RequiredParameterNotSpecified",
            "?Number=abc": "CannotFindCardNumber",
            f"?Number={NUMBER}": "CannotFindCardNumber",
        }.items():
            assert key(till.get(f"active{query}")) == wanted, query
        card(issued=False)
        assert key(till.get(f"active?Number={NUMBER}")) == "StatusError"
        till.get(f"issue?Number={NUMBER}")
        assert key(till.get(f"active?Number={NUMBER}")) == "StatusError"
        anna = contact(name="")
        till.post("bindto", Number=NUMBER, MobileNumber=PHONE)
        assert key(till.get(f"active?Number={NUMBER}")) == "StatusError"
        anna.name = "Anna Berg"
        anna.save()
        for _ in range(2):
            assert key(till.get(f"active?Number={NUMBER}")) == "OK"


@pytest.mark.parametrize(
    ("method", "code", "refused", "missing"),
    [
        ("block", "BlockReasonCode", "BlockReasonError", "Number, ContactMobileNumber, BlockReasonCode"),
        ("unblock", "UnBlockReasonCode", "UnBlockReasonError", "Number, ContactMobileNumber, UnBlockReasonCode"),
    ],
)
class TestBlockAndUnblock:
    def test_what_is_missing(self, director, method, code, refused, missing):
        for parameters, named in [
            ({}, missing),
            ({code: "0"}, "Number, ContactMobileNumber"),
            ({"Number": NUMBER}, code),
            ({"ContactMobileNumber": PHONE}, code),
            # Malformed and missing: what is required is looked at first.
            ({"Number": "abc"}, code),
        ]:
            answer = said(director.post(method, **parameters))
            assert answer["Key"] == "RequiredParameterNotSpecified"
            assert named in answer["Value"]

    def test_keys(self, till, director, method, code, refused, missing):
        card(of=contact())
        card(OTHER)
        contact("C100002", OTHER_PHONE)
        for number, phone, reason, wanted in [
            ("abc", None, "0", "InvalidCardNumber"),
            (["1"], None, "0", "InvalidCardNumber"),
            (None, "abc", "0", "InvalidMobileNumber"),
            (NUMBER, "abc", "0", "InvalidMobileNumber"),
            ("4000123412340001", None, "0", "CannotFindCardNumber"),
            (None, "+12015550100", "0", "CannotFindMobile"),
            (NUMBER, "+12015550100", "0", "CannotFindMobile"),
            (OTHER, PHONE, "0", "CannotFindCardNumber"),
            (None, OTHER_PHONE, "0", "CannotFindCardNumber"),
            (NUMBER, None, "9", refused),
            (NUMBER, None, True, refused),
            (NUMBER, None, "٠", refused),
            (NUMBER, None, "3", refused),
            (None, PHONE, "3", refused),
        ]:
            answer = director.post(method, Number=number, ContactMobileNumber=phone, **{code: reason})
            assert key(answer) == wanted, (number, phone, reason)
        # A till blocks nothing, and unblocks nothing.
        assert key(till.post(method, Number=NUMBER, **{code: "0"})) == refused
        assert said(till.get(f"balance/by/{NUMBER}"))["StatusName"] == "Active"


def test_block_and_unblock_by_number_by_phone_and_by_both(director):
    card(of=contact())
    for given in ({"Number": NUMBER}, {"ContactMobileNumber": PHONE}, {"Number": NUMBER, "MobileNumber": PHONE}):
        assert key(director.post("unblock", **given, UnBlockReasonCode=0)) == "StatusError"
        assert key(director.post("block", **given, BlockReasonCode=0, BlockReasonName="Lost")) == "OK"
        assert said(director.get(f"balance/by/{NUMBER}"))["StatusCode"] == "3"
        assert key(director.post("unblock", **given, UnBlockReasonCode="0")) == "OK"
        assert said(director.get(f"balance/by/{NUMBER}"))["StatusCode"] == "2"


def test_a_card_that_cannot_be_blocked_says_so(director):
    card()
    assert key(director.post("block", Number=NUMBER, BlockReasonCode="0")) == "StatusError"


def test_a_replaced_card_is_unblocked_by_nobody(director):
    card(of=contact())
    assert key(director.post("block", Number=NUMBER, BlockReasonCode="4")) == "OK"
    assert key(director.post("unblock", Number=NUMBER, UnBlockReasonCode="0")) == "UnBlockReasonError"
    assert key(Till("administrator").post("unblock", Number=NUMBER, UnBlockReasonCode="0")) == "UnBlockReasonError"
