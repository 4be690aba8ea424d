"""Many tills at one card, through the door: one consistent end, and no call that fails for the others."""

from __future__ import annotations

from collections import Counter

import pytest

from loyalty.models import Card, CardEvent
from tests.loyalty.door.till import Till, key
from tests.loyalty.making import NUMBER, PHONE, card, contact
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.usefixtures("transactional_db")

MANY = 20


def test_many_issue_bind_and_activate_one_card_and_it_happens_once():
    card(issued=False)
    contact()
    tills = [Till("director", f"till-{number}") for number in range(MANY)]

    def serve(till: Till) -> list[str]:
        both = {"Number": NUMBER, "MobileNumber": PHONE}
        # Whoever comes late finds it Active, which can be issued no more.
        first = key(till.get(f"issue?Number={NUMBER}"))
        return [first, key(till.post("bindto", **both)), key(till.get(f"active?Number={NUMBER}"))]

    answers = at_once(*(lambda till=till: serve(till) for till in tills))
    assert {first for first, _, _ in answers} <= {"OK", "StatusError"}
    assert {tuple(rest) for _, *rest in answers} == {("OK", "OK")}
    assert Card.objects.get().status == "2"
    happened = Counter(CardEvent.objects.values_list("what", flat=True))
    assert happened == {"made": 1, "issued": 1, "bound": 1, "activated": 1}


def test_of_many_cards_for_one_contact_one_is_bound():
    contact()
    numbers = [f"40009999000000{number:02}" for number in range(MANY)]
    tills = [Till(name=f"till-{number}") for number in numbers]
    for number in numbers:
        card(number)
    answers = at_once(
        *(
            lambda till=till, number=number: key(till.post("bindto", Number=number, MobileNumber=PHONE))
            for till, number in zip(tills, numbers, strict=True)
        )
    )
    assert Counter(answers) == {"OK": 1, "ContactBindToAnotherCardNumber": MANY - 1}
    assert Card.objects.filter(contact__isnull=False).count() == 1
