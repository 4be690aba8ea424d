"""Takings through the door that tills use, and the site days that come of them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.celery import TIMETABLE
from safes import tasks
from safes.estate import place_safe
from safes.models import IdempotentCall, MachineAccount, Register
from tests.api.reader import problem, row
from tests.api.till import Till
from tests.factories import SiteFactory
from tests.transactions.takings.telling import DAY, now, taking, turn
from tests.transactions.takings.wrong import WRONG_TEXTS, WRONG_VALUES
from transactions.models import Taking
from transactions.reconciliation.sites.marks import touch_site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site():
    with now():
        yield SiteFactory.create(code="S1", time_zone="UTC")


@pytest.fixture
def till(db: None) -> Till:
    return Till()


def test_one_is_taken_in_and_told_as_the_list_shows_it(till):
    said = till.told(taking("40.5", "7", cashier="Anna", reference="R-1"))
    assert said.pop("outcome") == "created"
    assert said == till.rows("takings")[0] == till.read(f"takings/{said['id']}")
    assert {name: said[name] for name in ("site", "business_date", "register", "cashier", "amount", "currency")} == {
        "site": "S1", "business_date": DAY, "register": "7", "cashier": "Anna", "amount": "40.50", "currency": "USD",
    }  # fmt: skip
    assert (said["reference"], said["source"], said["withdrawn_at"]) == ("R-1", "api", None)
    assert Taking.objects.get().account == till.account
    assert Taking.objects.get().history.get().history_change_reason == "account pos"


def test_the_same_reference_again_replaces_and_never_adds(till):
    till.told(taking("40", reference="R-1"))
    assert till.told(taking("50", reference="R-1"))["outcome"] == "replaced"
    (day,) = till.rows("site-days")
    assert day["takings"] == "50.00"


def test_a_list_is_answered_row_for_row(till):
    said = till.told([taking("1", reference="A"), taking("2", "2"), taking("3", reference="A")])
    assert [(one["outcome"], one["amount"]) for one in said] == [
        ("created", "3.00"),  # what stands in the end
        ("created", "2.00"),
        ("replaced", "3.00"),
    ]


def test_a_list_is_kept_whole_or_not_at_all(till):
    said = problem(till.say([taking("1"), taking("x"), taking("2", site="NO")]), 400)
    assert set(said["errors"]) == {"1.amount", "2.site"}
    assert "1.amount: That is not an amount" in said["detail"]
    assert not Taking.objects.exists()


def test_unless_the_good_rows_are_asked_for(till):
    said = till.told([taking("1"), taking("x"), taking("2", "2")], query="?good_rows=true")
    assert [one["outcome"] for one in said] == ["created", "refused", "created"]
    assert set(said[1]["errors"]) == {"amount"}
    assert Taking.objects.count() == 2
    problem(till.say([taking("x")], query="?good_rows=true"), 400)
    for query in ("?good_rows=yes", "?good_rows=true&good_rows=true", "?goodrows=true", "?good_rows="):
        problem(till.say([taking("1")], query=query), 400)


@pytest.mark.parametrize(("changes", "name", "reason"), [*WRONG_TEXTS, *WRONG_VALUES])
def test_what_is_wrong_is_answered_400_with_its_field(till, changes, name, reason):
    said = problem(till.say({**taking(), **changes}), 400)
    assert list(said["errors"]) == [name]
    assert reason in said["errors"][name][0]
    assert not Taking.objects.exists()
    assert not Register.objects.exists()


NONSENSE = [
    b"", b"{", b"nothing", b"\xff\xfe", b"NaN", b"[NaN]", b'{"amount": Infinity}', b"null", b"7", b'"S1"', b"[]",
    b"[[]]", b"[null, 1]", b"[" * 100_000, b'{"amount": ' + b"9" * 10_000 + b"}", b'{"amount": 1e99999}',
    b'{"amount": 1E+99999999999999999999999}', b'{"\\ud800": 1}', b'{"site": "\\ud800"}', b"true", b"{}",
]  # fmt: skip


@pytest.mark.parametrize("body", NONSENSE, ids=[repr(body[:20]) for body in NONSENSE])
def test_nonsense_is_answered_400_with_a_sentence(till, body):
    said = problem(till.say(None, body=body), 400)
    assert said["errors"]
    problem(till.say(None, body=body, key="k"), 400)


def test_more_than_a_thousand_are_too_many(till):
    problem(till.say([taking("1", str(number)) for number in range(1001)]), 400)


def test_a_list_that_is_wrong_throughout_is_not_answered_at_length(till):
    said = problem(till.say([taking("x")] * 500), 400)
    assert len(said["errors"]) == 101
    assert said["errors"]["rows"] == ["400 further rows are wrong, too."]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)
odd_rows = st.fixed_dictionaries(
    {}, optional={name: json_values | st.just(value) for name, value in taking(reference="R", cashier="C").items()}
)


@given(odd_rows | st.lists(odd_rows | json_values, max_size=3) | json_values)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_said_is_taken_or_refused(till, said):
    assert till.say(said).status_code in (201, 400)


def test_a_byte_order_mark_and_numbers_as_they_are_written_are_read(till):
    body = b"\xef\xbb\xbf" + json.dumps(taking(0)).encode().replace(b'"amount": 0', b'"amount": 12345678.1001')
    assert till.told(None, body=body)["amount"] == "12345678.1001"


# --- who ----------------------------------------------------------------------------------------------------------


def test_readers_read_and_do_not_write(till):
    till.told(taking())
    reader = Till("reader", "ledger")
    assert len(reader.rows("takings")) == 1
    said = problem(reader.say(taking()), 403)
    assert "back_office or administrator" in said["detail"]
    assert Till("administrator", "boss").told(taking())["outcome"] == "replaced"


@pytest.mark.parametrize("role", ["till", "client", "cc_operator", "marketer", "senior_employee", "director"])
def test_others_do_neither(role):
    other = Till(role, "other")
    problem(other.say(taking()), 403)
    problem(other.ask("takings"), 403)


def test_other_verbs_are_refused(till):
    for method in ("put", "patch", "delete"):
        problem(getattr(Client(), method)("/api/v1/takings", headers=till.authorization), 405)
        problem(getattr(Client(), method)("/api/v1/site-days", headers=till.authorization), 405)
    problem(Client().post("/api/v1/site-days", headers=till.authorization), 405)


def test_what_was_kept_is_not_told_as_a_table(till):
    headers = till.authorization | {"Accept": "text/csv"}
    sent = json.dumps(taking()).encode()
    problem(Client().post("/api/v1/takings", sent, content_type="application/json", headers=headers), 406)


# --- Idempotency-Key ----------------------------------------------------------------------------------------------


def test_the_same_key_and_body_is_answered_as_the_first_time(till):
    first = till.say(taking("40"), key="k-1")
    till.told(taking("99"))
    again = till.say(taking("40"), key="k-1")
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert str(Taking.objects.get().amount) == "99.0000"


def test_the_same_key_with_another_request_is_a_conflict(till):
    till.say(taking("40"), key="k-1")
    for options in ({"said": taking("41")}, {"said": taking("40"), "query": "?good_rows=true"}):
        said = problem(till.say(options["said"], key="k-1", query=options.get("query", "")), 409)
        assert "Idempotency-Key" in said["detail"]
    assert str(Taking.objects.get().amount) == "40.0000"


def test_keys_are_each_account_s_own(till):
    till.say(taking("40"), key="k-1")
    assert Till(name="other").told(taking("41"), key="k-1")["amount"] == "41.00"


def test_a_refusal_does_not_use_up_its_key(till):
    problem(till.say(taking("x"), key="k-1"), 400)
    assert till.told(taking("40"), key="k-1")["outcome"] == "created"


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "schlüssel"])
def test_a_key_that_is_none_is_refused(till, key):
    problem(till.say(taking(), key=key), 400)


def test_keys_are_remembered_for_thirty_days_at_least(till):
    till.say(taking("40"), key="k-1")
    assert tasks.forget_old_calls() == 0
    IdempotentCall.objects.update(called_at="2026-02-17T00:00:00Z")
    assert tasks.forget_old_calls() == 1
    assert tasks.forget_old_calls.name in {entry["task"] for entry in TIMETABLE.values()}
    assert not IdempotentCall.objects.exists()


# --- reading ------------------------------------------------------------------------------------------------------


def test_lists_are_filtered(till):
    SiteFactory.create(code="S2")
    till.told(
        [
            taking("1", "1", reference="A", cashier="Anna"),
            taking("2", "2", business_date="2026-03-15"),
            taking("3", "1", site="S2"),
        ]
    )

    def amounts(**asked: str) -> list[str]:
        return sorted(one["amount"] for one in till.rows("takings", **asked))

    assert amounts(site="s1") == ["1.00", "2.00"]
    assert amounts(register="1") == ["1.00", "3.00"]
    assert amounts(cashier="ANNA") == amounts(reference="A") == ["1.00"]
    assert amounts(business_date="2026-03-15") == amounts(business_date_from="2026-03-15") == ["2.00"]
    assert amounts(business_date_to="2026-03-14") == ["1.00", "3.00"]
    assert amounts(withdrawn="true") == []
    assert [one["site"] for one in till.rows("site-days", site="s2")] == ["S2"]
    assert len(till.rows("site-days", business_date="2026-03-14")) == 2
    assert len(till.rows("site-days", business_date_from="2026-03-15", business_date_to="2026-03-15")) == 1
    assert len(till.rows("site-days", status="open", currency="usd")) == 3
    assert till.rows("site-days", status="signed") == till.rows("site-days", currency="EUR") == []
    for path, wrong in (("takings", "business_date"), ("site-days", "status"), ("site-days", "register")):
        assert wrong in till.refused(path, **{wrong: "no"})["errors"]


def test_what_was_withdrawn_is_listed_only_where_it_is_asked_for(till):
    said = till.told(taking())
    Taking.objects.update(withdrawn_at="2026-03-20T00:00:00Z")
    assert till.rows("takings") == []
    assert till.rows("takings", withdrawn="true")[0]["withdrawn_at"] == "2026-03-20T00:00:00Z"
    assert till.read(f"takings/{said['id']}")["withdrawn_at"] is not None


@pytest.fixture
def day(till, loomis, site):
    """Register 1 is short, register 2 has not said anything yet, and one drop names no register."""
    place_safe("SR1", site)
    drops = [("1", "60"), ("1", "30"), ("2", "50"), (None, "5")]
    loomis.push(
        *(
            row(number, SerialNumber="SR1", Amount=float(amount), Register=register, Denominations=None,
                TransactionDateTime=f"{DAY}T10:00:{number:02}")
            for number, (register, amount) in enumerate(drops)
        )
    )  # fmt: skip
    till.told([taking("70", cashier="Anna"), taking("30", cashier="Bob")])
    turn()


def test_a_site_day_has_its_figures_by_register(till, day):
    (shown,) = till.rows("site-days")
    assert shown == till.read(f"site-days/{shown['id']}")
    del shown["id"]
    assert shown == {
        "site": "S1", "business_date": DAY, "currency": "USD", "safe_total": "145.00", "takings": "100.00",
        "variance": "45.00", "deposits": "0.00", "petty_cash": "0.00", "unexplained": "45.00", "status": "open",
        "registers": [
            {"register": None, "safe": "5.00", "takings": None, "variance": None},
            {"register": "1", "safe": "90.00", "takings": "100.00", "variance": "-10.00"},
            {"register": "2", "safe": "50.00", "takings": None, "variance": None},
        ],
    }  # fmt: skip


def test_before_takings_nothing_is_said_of_over_or_short(till, day):
    Taking.objects.update(withdrawn_at="2026-03-20T00:00:00Z")
    touch_site(Taking.objects.all()[0].register.site_id)
    turn()
    (shown,) = till.rows("site-days")
    assert (shown["takings"], shown["variance"], shown["unexplained"]) == (None, None, None)


def test_lists_come_as_tables(till, day):
    for path, rows in (("takings", 2), ("site-days", 1)):
        answer = till.ask(path, accept="text/csv")
        lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
        assert len(lines) == rows
    assert json.loads(lines[0]["registers"])[1]["variance"] == "-10.00"
    assert lines[0]["safe_total"] == "145.00"


def test_what_is_shown_is_what_is_described(till, day):
    schemas = json.loads(Client().get("/api/schema/").content)["components"]["schemas"]
    for path, name in (("takings", "Taking"), ("site-days", "SiteDay")):
        assert set(till.rows(path)[0]) == set(schemas[name]["properties"]) == set(schemas[name]["required"])


def test_pages_take_few_queries(till, day, django_assert_max_num_queries):
    for number in range(10):
        till.told([taking("1", str(one), business_date=f"2026-03-{number + 1:02}") for one in range(3)])
    for path in ("takings", "site-days"):
        with django_assert_max_num_queries(4):
            till.rows(path)


def test_pages_are_walked(till):
    till.told([taking("1", str(number)) for number in range(7)])
    assert len({one["id"] for one in till.walk("takings", page_size=2)}) == 7
    assert MachineAccount.objects.count() == 1
