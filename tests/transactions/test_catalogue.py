"""The type catalogue against the lists of Loomis's documents and DOMAIN.md's table."""

from __future__ import annotations

import pytest

from transactions.catalogue import AMOUNT_OPTIONAL, CASH_KINDS, END_OF_DAY, KIND_OF, WIRE_TYPES, Kind, classify

# DOMAIN.md section 1, "Types".
TABLE = {
    "validated": "CashIn ValidatedCashIn",
    "manual": "ManualCashTransaction",
    "pickup": "Servicing",
    "change_order": "ChangeRequest ChangePurchase",
    "dispense": "CoinDispense NoteDispense CoinDispenseBuyChange NoteDispenseBuyChange",
    "tubes": "TubeLoaded TubeRemoved TubeDumped",
    "buy_change": "BuyChange",
    "recycler_in": "CashAcceptedTillCheckin CashAcceptedAddCash CashAcceptedReplenishment "
    "CashAcceptedCashFundTransferIn",
    "recycler_out": "CashDispenseTillCheckout CashDispenseAdvanceCash CashDispenseCashFundTransferOut",
    "marker": "EndOfDay Placeholder",
    "audit": "Login Logon Logoff LockOpened LockClosed DoorOpened DoorClosed DoorWhine DoorWhineOverride",
}
KINDS = {name: kind for kind, names in TABLE.items() for name in names.split()}
# loomis-platformsync-api: "Transaction Whitelist", "Transactions" and "Audit Transactions".
DOCUMENTS = {
    "whitelist": "ValidatedCashIn Servicing ChangePurchase ManualCashTransaction CoinDispense NoteDispense TubeRemoved "
    "TubeLoaded EndOfDay BuyChange CashAcceptedTillCheckin CashDispenseTillCheckout CashAcceptedAddCash "
    "CashDispenseAdvanceCash CashAcceptedReplenishment CashAcceptedCashFundTransferIn CashDispenseCashFundTransferOut "
    "Logon Logoff LockOpened DoorOpened LockClosed DoorClosed DoorWhine DoorWhineOverride",
    "transactions": "CashIn Servicing ChangeRequest ManualCashTransaction CoinDispenseBuyChange NoteDispenseBuyChange "
    "CoinDispense NoteDispense TubeRemoved TubeLoaded EndOfDay TubeDumped BuyChange CashAcceptedTillCheckin "
    "CashDispenseTillCheckout CashAcceptedAddCash CashDispenseAdvanceCash CashAcceptedReplenishment "
    "CashAcceptedCashFundTransferIn CashDispenseCashFundTransferOut",
    "audit": "Login Logoff LockOpened LockClosed DoorOpened DoorClosed DoorWhine DoorWhineOverride",
}
NAMED = sorted({name for names in DOCUMENTS.values() for name in names.split()} | set(KINDS))


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("spell", [str, str.lower, str.upper])
def test_every_type_of_the_documents_has_its_kind_in_any_case(name: str, spell: type[str]) -> None:
    assert classify(spell(name))[1] == KINDS[name]


def test_the_catalogue_names_each_type_once_and_no_other() -> None:
    assert sorted(WIRE_TYPES) == sorted(KINDS)


def test_a_canonical_type_is_its_own_and_there_is_one_for_each_alias() -> None:
    assert {name: classify(name)[0] for name in KINDS if classify(name)[0] != name} == {
        "ValidatedCashIn": "CashIn",
        "ChangePurchase": "ChangeRequest",
        "Login": "Logon",
    }
    assert len(KIND_OF) == len(KINDS) - 3
    for canonical, kind in KIND_OF.items():
        assert classify(canonical) == (canonical, kind)


def test_lock_closed_and_door_closed_mean_what_their_names_say() -> None:
    assert classify("LockClosed")[0] == "LockClosed"
    assert classify("DoorClosed")[0] == "DoorClosed"


@pytest.mark.parametrize("name", ["CashTeleported", "Cash In", "CashIn2", "cashins", "EndOfDay!", "Ünknown"])
def test_an_unknown_type_stays_as_it_was_sent(name: str) -> None:
    assert classify(name) == (name, Kind.UNKNOWN)


def test_every_kind_but_marker_audit_and_unknown_says_something_about_cash() -> None:
    assert set(TABLE) | {"unknown"} == set(Kind)
    assert set(TABLE) - {"marker", "audit"} == CASH_KINDS
    assert {"marker", "audit"} == AMOUNT_OPTIONAL


def test_the_close_of_a_day_is_a_marker() -> None:
    assert classify(END_OF_DAY) == ("EndOfDay", Kind.MARKER)
