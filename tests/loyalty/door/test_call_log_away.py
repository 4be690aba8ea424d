"""A log of calls that cannot be written is no reason to tell a till that its card was not changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from loyalty.models import Card, CardCall
from tests.loyalty.door.till import Till, key
from tests.loyalty.making import NUMBER, card

pytestmark = pytest.mark.usefixtures("transactional_db")


@contextmanager
def table_away() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE loyalty_cardcall RENAME TO elsewhere")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO loyalty_cardcall")


def test_the_answer_stands_and_the_failure_is_in_the_log(settings, caplog):
    settings.LOYALTY_LOG_CALLS = True
    till = Till()
    card(issued=False)
    with table_away():
        assert key(till.get(f"issue?Number={NUMBER}")) == "OK"
        assert key(till.get("issue")) == "RequiredParameterNotSpecified"
    assert Card.objects.get().status == "1"
    assert not CardCall.objects.exists()
    said = [str(record.msg) for record in caplog.records if "card_call_not_logged" in str(record.msg)]
    assert len(said) == 2
    assert NUMBER not in "".join(said)
