"""What a till sends of two receipts, and where."""

from __future__ import annotations

from tests.loyalty.making import NUMBER

CARD = f"cards/{NUMBER}"
EARNED = {"amount": "12.50", "type_code": "0", "reference": "R1"}
SPENT = {"amount": "2.50", "reference": "R2"}
WRITES = ["accruals", "spends", "reversals", "holds", "holds/H1/confirm", "holds/H1/void"]
