"""Logs show no card, phone or name: addresses are masked in each of them, the real web server's included."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from urllib.parse import quote

import pytest

from config.data_dir import CHECKOUT
from config.log import MaskPaths
from loyalty.masking import mask_name, mask_number, mask_path
from tests.loyalty.door.till import Till
from tests.loyalty.making import NUMBER, PHONE, card, contact


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        (f"/api/card/balance/by/{NUMBER}", "/api/card/balance/by/••••1234"),
        (f"/API/Card/Balance/BY/{NUMBER}/", "/API/Card/Balance/BY/••••1234"),
        ("/api/card/balance/by/C100001", "/api/card/balance/by/••••"),
        (f"/api/card/balance/by/phone/{PHONE}", "/api/card/balance/by/phone/••••0123"),
        ("/api/card/balance/by/phone/(201)/555-0123/", "/api/card/balance/by/phone/••••0123"),
        ("/api/card/balance/by/phone", "/api/card/balance/by/phone"),
        (f"/api/card/balance/by/\n{NUMBER}\n", "/api/card/balance/by/••••"),
        (f"/api/card/balance/{NUMBER}", "/api/card/balance/••••1234"),
        (f"/api/card/{NUMBER}", "/api/card/••••1234"),
        ("/api/card/Anna%20Berg", "/api/card/••••Berg"),
        (f"/api/card/issue/{NUMBER}", "/api/card/issue/••••1234"),
        ("/api/card/issues", "/api/card/••••"),
        *(
            (f"/api/card/{one}", f"/api/card/{one}")
            for one in ("issue", "active/", "BindTo", "binto", "block", "unblock")
        ),
        ("/api/card", "/api/card"),
        (f"/api/v1/cards/{NUMBER}", "/api/v1/cards/••••1234"),
        (f"/api/v1/cards/{NUMBER}/accruals/", "/api/v1/cards/••••1234/accruals/"),
        (f"/api/v1/cards/{NUMBER}/accruals/{NUMBER}", "/api/v1/cards/••••1234/accruals/••••1234"),
        ("/api/v1/contacts/C100001", "/api/v1/contacts/••••"),
        (f"/API/V1/Cards/{NUMBER}", "/API/V1/Cards/••••1234"),
        ("/api/v1/cards", "/api/v1/cards"),
        (f"//api/card/balance/by/{NUMBER}", "//api/card/balance/by/••••1234"),
        (f"/loyalty/card/{NUMBER}", "/loyalty/card/••••1234"),
        ("/api/v1/safes/1234567890", "/api/v1/safes/1234567890"),
        ("/api/loomis/transactions/1234567890", "/api/loomis/transactions/1234567890"),
        ("/admin/transactions/delivery/1234567890/change/", "/admin/transactions/delivery/1234567890/change/"),
    ],
)
def test_addresses_are_shown_without_whom_they_are_about(path, masked):
    assert mask_path(path) == masked


def test_numbers_and_names_can_be_told_apart_and_not_read():
    assert [mask_number(text) for text in ("", "1", "1234567", "12345678")] == ["", "••••", "••••", "••••5678"]
    for odd in ("12345678\x00", "12345678\ud800", "1234567890٣", "not a number!", "12345678 "):
        assert mask_number(odd) == "••••"
    assert (mask_name("Anna  Maria Berg"), mask_name("")) == ("A••• M••• B•••", "")


def test_a_log_line_of_django_names_no_card():
    line = logging.LogRecord("django.request", 40, "", 1, "%s: %s", ("Error", f"/api/card/balance/by/{NUMBER}"), None)
    other = logging.LogRecord("celery", 20, "", 1, "Task %s took %s", ("1234567890", 7), None)
    assert MaskPaths().filter(line)
    assert MaskPaths().filter(other)
    assert line.getMessage() == "Error: /api/card/balance/by/••••1234"
    assert other.getMessage() == "Task 1234567890 took 7"


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.xdist_group("web_server")
def test_the_web_servers_log_shows_no_card_phone_or_name(web_server):
    card(of=contact())
    till = Till("director")
    before = len(web_server.said())
    for path in (
        NUMBER,
        "C100001",
        f"phone/{PHONE}",
        f"phone/{quote('(201) 555-0123')}",
        f"{NUMBER}0",
        "4000999900001111",
    ):
        web_server.ask("GET", f"/api/card/balance/by/{path}", headers=till.headers)
    web_server.ask("GET", f"/api/card/issue?Number={NUMBER}", headers=till.headers)
    body = json.dumps({"Number": NUMBER, "ContactMobileNumber": PHONE, "BlockReasonCode": "0"}).encode()
    web_server.ask("POST", "/api/card/block", body, till.headers)
    web_server.ask("POST", f"/api/card/block/{NUMBER}", body, till.headers)
    web_server.ask("GET", f"/api/v1/cards/{NUMBER}", headers=till.headers)
    web_server.ask("GET", f"/api/card/balance/by/{NUMBER}")
    web_server.ask("GET", f"/card/balance/by/{NUMBER}")
    said = web_server.said()[before:]
    assert said.count("/api/card/balance/by/") >= 7
    for secret in (NUMBER, "2015550123", "555-0123", "C100001", "Anna", "4000999900001111", till.password):
        assert secret not in said, secret


def test_a_traceback_of_ours_names_no_card_either():
    script = """
import django; django.setup()
from unittest.mock import patch
from django.test import Client
from safes.models import MachineAccount
account = MachineAccount(username="till", role="till")
with patch("loyalty.views.account_of_header", return_value=account), patch("loyalty.lookup._one", side_effect=KeyError):
    answer = Client(raise_request_exception=False).get("/api/card/balance/by/4000123412341234")
assert answer.status_code == 500, answer
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Internal Server Error: /api/card/balance/by/••••1234" in done.stderr
    assert NUMBER not in done.stderr
