"""What is signed says the same whoever reads it, and every difference is told."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from transactions.reconciliation.signing.figures import Change, changes, entry, in_order, token
from transactions.reconciliation.signing.state import status_of

AMOUNTS = st.none() | st.decimals(-(10**6), 10**6, places=2)
ENTRIES = st.dictionaries(
    st.tuples(
        st.sampled_from(["safe", "site", "till"]),
        st.sampled_from(["A", "B", ""]),
        st.sampled_from(["", "ANNA"]),
        st.sampled_from(["USD", "EUR", ""]),
    ),
    st.dictionaries(st.sampled_from(["opening", "takings", "variance", "of another time"]), AMOUNTS),
)


def figures(told):
    return in_order(
        entry(of, name, currency, amounts, cashier=cashier, keeps="takings")
        for (of, name, cashier, currency), amounts in told.items()
    )


@given(ENTRIES)
def test_figures_are_told_by_the_same_token_in_whatever_order_they_were_read(told):
    backwards = dict(reversed(told.items()))
    assert token(figures(told)) == token(figures(backwards))
    assert changes(figures(told), figures(backwards)) == []


@given(ENTRIES, ENTRIES)
def test_other_figures_have_another_token_and_every_difference_is_told(one, other):
    signed, now = figures(one), figures(other)
    found = changes(signed, now)
    assert (token(signed) == token(now)) == (found == [])
    # Put upon what was signed, the changes give what is there now.
    amounts = {
        (e["of"], e["name"], e["cashier"], e["currency"], figure): Decimal(amount)
        for e in signed
        for figure, amount in e["figures"].items()
    }
    for change in found:
        key = (change.of, change.name, change.cashier, change.currency, change.figure)
        assert amounts.pop(key, None) == change.signed
        if change.now is not None:
            amounts[key] = change.now
    assert amounts == {
        (e["of"], e["name"], e["cashier"], e["currency"], figure): Decimal(amount)
        for e in now
        for figure, amount in e["figures"].items()
    }


def test_a_row_of_zeros_and_no_row_say_the_same_but_takings_of_nothing_are_takings():
    nothing = entry("safe", "A", "USD", {"opening": Decimal("0.0000"), "takings": None}, keeps="takings")
    assert in_order(iter([nothing])) == []
    told = entry("site", "S1", "USD", {"safe_total": Decimal(0), "takings": Decimal(0)}, keeps="takings")
    assert told["figures"] == {"takings": "0.0000"}


def test_a_change_is_told_with_both_amounts():
    was, now = ([entry("safe", "A", "USD", {"validated": Decimal(amount)})] for amount in ("20", "20.5"))
    assert changes(was, now) == [Change("safe", "A", "", "USD", "validated", Decimal(20), Decimal("20.5"))]
    assert changes(was, [])[0].difference == -20


def test_a_signature_stands_as_long_as_the_books_have_what_was_signed():
    a, b = ([entry("safe", "A", "USD", {"validated": Decimal(amount)})] for amount in (1, 2))
    assert status_of(a, prepared=None, signed=None, is_taken_back=False) == "open"
    assert status_of(a, prepared=a, signed=None, is_taken_back=False) == "prepared"
    assert status_of(b, prepared=a, signed=None, is_taken_back=False) == "open"
    assert status_of(a, prepared=None, signed=a, is_taken_back=False) == "signed"
    assert status_of(a, prepared=b, signed=a, is_taken_back=False) == "signed"
    assert status_of(b, prepared=None, signed=a, is_taken_back=False) == "reopened"
    assert status_of(b, prepared=b, signed=a, is_taken_back=False) == "prepared"
    assert status_of(a, prepared=None, signed=a, is_taken_back=True) == "reopened"
    assert status_of(a, prepared=a, signed=a, is_taken_back=True) == "prepared"
