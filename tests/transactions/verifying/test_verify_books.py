"""verify_books: the books are what follows from the raw deliveries and the other inputs, or each difference is named."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.transactions.verifying.lively import lively_book, named, verified
from transactions.models import Transaction

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_a_lively_book_is_what_follows_from_its_deliveries():
    lively_book()
    result = verified()
    assert result["differences"] == []
    assert result["equal"] is True
    assert result["tables"]["transactions"] == Transaction.objects.count()
    assert min(result["tables"].values()) > 0, result["tables"]
