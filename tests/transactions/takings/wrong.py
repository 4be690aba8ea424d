"""What no door takes, each with the field it is about and a word of the reason; the site knows 2026-03-20."""

from __future__ import annotations

from typing import Any

# By what a table or a form can say: texts alone.
WRONG_TEXTS: list[tuple[dict[str, str], str, str]] = [
    ({"site": "NOWHERE"}, "site", "There is no site NOWHERE"),
    ({"site": ""}, "site", "Give the code of a site"),
    ({"site": "S" * 41}, "site", "longer than 40"),
    ({"register": ""}, "register", "Give the register"),
    ({"register": "   "}, "register", "Give the register"),
    ({"register": "r" * 101}, "register", "longer than 100"),
    ({"cashier": "c" * 201}, "cashier", "longer than 200"),
    ({"reference": "x" * 101}, "reference", "longer than 100"),
    ({"amount": ""}, "amount", "Give the amount"),
    ({"amount": "-0.01"}, "amount", "negative"),
    ({"amount": "1.00001"}, "amount", "more than four decimals"),
    ({"amount": "10000000000"}, "amount", "10,000,000,000 or more"),
    ({"amount": "NaN"}, "amount", "not an amount"),
    ({"amount": "Infinity"}, "amount", "not an amount"),
    ({"amount": "much"}, "amount", "not an amount"),
    ({"amount": "1,560.00"}, "amount", "not an amount"),
    ({"amount": "1e3"}, "amount", "not an amount"),
    ({"amount": "１２"}, "amount", "not an amount"),
    ({"business_date": ""}, "business_date", "Give the business date"),
    ({"business_date": "14.03.2026"}, "business_date", "not a date"),
    ({"business_date": "2026-02-30"}, "business_date", "no day 2026-02-30"),
    ({"business_date": "1999-12-31"}, "business_date", "before 2000-01-01"),
    ({"business_date": "2026-03-22"}, "business_date", "in the future"),
    ({"business_date": "9999-12-31"}, "business_date", "in the future"),
]

# What only JSON can say.
WRONG_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({"site": None}, "site", "Give the code"),
    ({"site": ["S1"]}, "site", "Give a text"),
    ({"site": True}, "site", "Give a text"),
    ({"site": 1.5}, "site", "Give a text"),
    ({"site": "S1\x00"}, "site", "null character"),
    ({"register": {"code": "1"}}, "register", "Give a text"),
    ({"register": 10**400}, "register", "longer than 100"),
    ({"reference": "a\x00b"}, "reference", "null character"),
    ({"reference": "\ud800"}, "reference", "not Unicode"),
    ({"reference": "x" * 5000}, "reference", "longer than 1,000"),
    ({"cashier": 3.5}, "cashier", "Give a text"),
    ({"amount": None}, "amount", "Give the amount"),
    ({"amount": True}, "amount", "not an amount"),
    ({"amount": [1]}, "amount", "not an amount"),
    ({"amount": 10**300}, "amount", "10,000,000,000 or more"),
    ({"amount": -1}, "amount", "negative"),
    ({"amount": "0." + "0" * 35 + "1"}, "amount", "more than four decimals"),
    ({"business_date": 20260314}, "business_date", "not a date"),
    ({"business_date": None}, "business_date", "Give the business date"),
    ({"business_date": "2026-03-14T00:00:00"}, "business_date", "not a date"),
    ({"currency": "EUR"}, "currency", "in USD"),
    ({"refrence": "R-1"}, "refrence", "no such field"),
]
