"""Incidents of the demonstration: a Loomis that answers them, devices they are of, and faults as time goes by.

The far end listens on this machine alone. It keeps a journal in the data directory, so that it goes on where it was;
what is raised is a function of the seed and of time, and is raised under a key of its own: twice is once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from config.demo_progress import Progress
from incidents.arranging import save
from incidents.models import Atm, LoomisAccount
from incidents.simulation import DRAWN, PretendLoomis
from transactions.simulation.estate import SimSafe

ATMS, SAFES = "demo-atms", "demo-safes"
# An account that was arranged badly: Loomis knows of no such address, so what goes there is a dead letter.
MISARRANGED = "demo-branch"
NOTIFY = "incidents@shop.example"
ACCOUNTS = {ATMS: "atm", SAFES: "safepoint", MISARRANGED: "atm"}
ATM_FAULTS = {
    "CardReader": "Card reader takes no cards",
    "CashJam": "Notes are jammed",
    "ReceiptPrinter": "No receipts",
    "CashAdd": "Cash is running low",
    "EmergencyDepositPull": "Deposits have to be taken out now",
}
SAFE_FAULTS = {"AC12": "The door does not open", "AC20": "The validator takes no notes", "AC31": "The printer is out"}
WITH_AMOUNTS = {"CashAdd": {"20": 8000, "50": 5000}}
# One every so often. Every fourth is of an ATM, each of another or with another fault until a day has gone by.
EVERY = dt.timedelta(minutes=15)
# After a long time away only the last ones are raised.
MOST_AT_ONCE = 3
# Accepted after minutes and done within the hour, so that the board has some of each.
DRAWN_PACE = 20.0

# The first ones, so that every state is there to be seen: account, fault, what the far end makes of it.
SHOWN = (
    (ATMS, "CardReader", "accept_only"),
    (ATMS, "CashAdd", "good"),
    (SAFES, "AC12", "ack_only"),
    (SAFES, "AC20", "overdue"),
    (SAFES, "AC31", "html"),
    (ATMS, "CashJam", "nak_invalid_fault"),
    (SAFES, "AC12", "cancelled"),
    (ATMS, "ReceiptPrinter", "silent"),
    (MISARRANGED, "CardReader", "good"),
    (SAFES, "AC20", "contradicting"),
    (SAFES, "AC31", "two_numbers"),
    (ATMS, "EmergencyDepositPull", "close_before_accept"),
    (ATMS, "CashJam", "lost_answer"),
    (SAFES, "AC12", "new_promise"),
    (SAFES, "AC20", "ack_only"),  # which is taken back at once
)
BETWEEN = dt.timedelta(hours=7)

Told = Callable[..., dict[str, Any]]
Say = Callable[[str], None]


@dataclass
class DemoIncidents:
    """``told`` runs one of our commands and gives its answer."""

    url: str
    estate: list[SimSafe]
    progress: Progress
    seed: int
    told: Told
    say: Say

    def begin(self, folder: Path) -> PretendLoomis:
        """Have Loomis's side listen, and arrange what is not arranged yet."""
        how: dict[str, Any] = {"behaviour": DRAWN, "seed": self.seed, "drawn_pace": DRAWN_PACE}
        how["journal"] = journal = folder / "demo-incidents.jsonl"
        if self.progress.raised is None:
            journal.unlink(missing_ok=True)  # of a system that is no longer there
        try:
            loomis = PretendLoomis(port=self.progress.incidents_port, **how)
        except OSError:  # somebody else has it by now
            loomis = PretendLoomis(**how)
        self.progress.listen(loomis.port)
        for name, dialect in ACCOUNTS.items():
            self._arrange(loomis, name, dialect)
        return loomis.start()

    def raise_due(self, now: dt.datetime, token: str) -> None:
        """Raise what has happened since the last time; at first some of everything."""
        with httpx.Client(base_url=self.url, headers={"Authorization": f"Token {token}"}, timeout=60) as client:
            if self.progress.raised is None:
                shown = self.progress.show_incidents(now)
                raised = [self._raise(client, key, fault) for key, fault in self._shown(shown)]
                self._take_back(client, raised[-1])
                self.say(f"{len(raised)} incidents were reported to Loomis")
                self.progress.raise_until(shown)
            for slot in self._slots(self.progress.raised or now, now):
                self._raise(client, f"demo-{self.seed}-{slot}", self.fault_of(slot))
                self.progress.raise_until(_moment(slot))

    def fault_of(self, slot: int) -> dict[str, Any]:
        """What is reported in a slot of time."""
        nth, is_atm = slot // 4, slot % 4 == 0
        if is_atm:
            fault = tuple(ATM_FAULTS)[nth // len(self.atms()) % len(ATM_FAULTS)]
            return self._fault(ATMS, fault, nth, _moment(slot))
        return self._fault(SAFES, tuple(SAFE_FAULTS)[slot % len(SAFE_FAULTS)], slot * 7, _moment(slot))

    def atms(self) -> dict[str, str]:
        """Their numbers, and the site of each."""
        sites = dict.fromkeys(safe.site.code for safe in self.estate)
        return {f"ATM{self.seed}-{number:02}": site for number, site in enumerate(sites, start=1)}

    def _arrange(self, loomis: PretendLoomis, name: str, dialect: str) -> None:
        address = f"{loomis.url}/{name}"
        account = LoomisAccount.objects.filter(name=name).first()
        if account is None:
            words = ("--dialect", dialect, "--customer-number", f"{self.seed}004711", "--notify", NOTIFY)
            answer = self.told("add_loomis_account", name, *words, "--dispatch-url", address)
            key = answer["update_key"]
            account = LoomisAccount.objects.get(name=name)
        else:
            key = self.told("rotate_update_key", name, "--overlap", "0")["update_key"]
            if account.dispatch_url != address:
                account.dispatch_url = address
                save(account)
        if name != MISARRANGED:
            loomis.serve(name, f"{self.url}/api/loomis/incidents/{name}", key)
        faults = ATM_FAULTS if dialect == "atm" else SAFE_FAULTS
        known = set(account.fault_codes.values_list("code", flat=True))
        for code, description in faults.items():
            if code not in known:
                amounts = ("--amounts",) if code in WITH_AMOUNTS else ()
                self.told("add_fault_code", code, "--account", name, "--description", description, *amounts)
        if name == MISARRANGED:
            self._stand({f"ATM{self.seed}-90": self.estate[0].site.code}, name)
        elif dialect == "atm":
            self._stand(self.atms(), name)

    def _stand(self, atms: dict[str, str], account: str) -> None:
        there = set(Atm.objects.filter(number__in=atms).values_list("number", flat=True))
        for number, site in atms.items():
            if number not in there:
                self.told("add_atm", number, "--account", account, "--site", site, "--model", "Lobby")

    def _shown(self, moment: dt.datetime) -> Iterator[tuple[str, dict[str, Any]]]:
        """The first ones, under the keys of their calls: faults of the last days, the youngest last."""
        for nth, (account, code, behaviour) in enumerate(SHOWN):
            began = moment - BETWEEN * (len(SHOWN) - nth)
            fault = self._fault(account, code, nth, began)
            text = "notes" if ACCOUNTS[account] == "atm" else "description"
            yield f"demo-{self.seed}-shown-{nth}", fault | {text: f"{fault[text]} (simulate: {behaviour})"}

    def _fault(self, account: str, code: str, nth: int, moment: dt.datetime) -> dict[str, Any]:
        fault = {"account": account, "fault_code": code, "fault_time": moment.isoformat()}
        if ACCOUNTS[account] == "safepoint":
            safe = self.estate[nth % (len(self.estate) - 1)]  # the last one nobody registered
            who = safe.cashiers[nth % len(safe.cashiers)]
            return fault | {
                "device": safe.serial,
                "subject": SAFE_FAULTS[code],
                "description": f"{who} called from {safe.site.name}: {SAFE_FAULTS[code].lower()}.",
                "contact_name": who,
                "contact_number": f"555-01{nth % 100:02}",
            }
        numbers = [f"ATM{self.seed}-90"] if account == MISARRANGED else list(self.atms())
        amounts = {"amounts": WITH_AMOUNTS[code]} if code in WITH_AMOUNTS else {}
        status = "Inactive" if code == "CashJam" else "Active"
        return (
            fault
            | {"device": numbers[nth % len(numbers)], "device_status": status, "notes": f"{ATM_FAULTS[code]}."}
            | amounts
        )

    def _slots(self, after: dt.datetime, now: dt.datetime) -> list[int]:
        first, last = (int(moment.timestamp() // EVERY.total_seconds()) for moment in (after, now))
        return list(range(first + 1, last + 1))[-MOST_AT_ONCE:]

    def _raise(self, client: httpx.Client, key: str, fault: dict[str, Any]) -> str:
        """Its reference; empty, after a word, where it was not taken."""
        answer = self._post(client, "/api/v1/incidents", fault, key)
        return str(answer.get("reference", ""))

    def _take_back(self, client: httpx.Client, reference: str) -> None:
        if reference:
            said = {"text": "It works again: somebody had left the key in."}
            self._post(client, f"/api/v1/incidents/{reference}/cancel", said, f"demo-{self.seed}-taken-back")

    def _post(self, client: httpx.Client, path: str, said: dict[str, Any], key: str) -> dict[str, Any]:
        try:
            answer = client.post(path, json=said, headers={"Idempotency-Key": key})
        except httpx.HTTPError as error:
            self.say(f"{path} does not answer ({error})")
            return {}
        if answer.is_error:
            self.say(f"{path} answers {answer.status_code}: {answer.text[:300]}")
            return {}
        made: dict[str, Any] = answer.json()
        return made


def _moment(slot: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(slot * EVERY.total_seconds(), dt.UTC)
