"""Loyalty cards of the demonstration: people who hold them, tills that ask, and cards that change hands.

All of it comes over HTTP, as tills and a call centre would call. What is played in a slot of time is a function of the
seed and of the slot, under references of its own: twice is once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from config.demo_progress import Progress

ACCOUNTS = {
    "demo-pos": "till",
    "demo-call-centre": "cc_operator",
    "demo-store-manager": "director",
    "demo-crm": "back_office",
}
POS, CALL_CENTRE, MANAGER, CRM = ACCOUNTS
HOLDERS = 36
# Of every so many one has not said enough for an active card.
INCOMPLETE_EVERY = 9
GIVEN = ("Ada", "Ben", "Carmen", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kaya", "Leo")
FAMILY = ("Abel", "Brook", "Castro", "Dunn", "Evans", "Fischer", "Garza", "Hale", "Ito", "Jensen", "Kaur", "Lopez")
# Who blocked whose card, and why.
BLOCKED = ((CALL_CENTRE, 5, "0"), (MANAGER, 11, "1"), (MANAGER, 14, "2"), (CALL_CENTRE, 20, "3"))
EVERY = dt.timedelta(seconds=15)
# After a time away only the last ones are played.
MOST_AT_ONCE = 8

Account = Callable[[str, str], str]
Say = Callable[[str], None]


@dataclass
class DemoCards:
    """``account`` makes a machine account by name and role, and gives its token."""

    url: str
    progress: Progress
    seed: int
    account: Account
    say: Say
    tokens: dict[str, str] = field(default_factory=dict)
    client: httpx.Client = field(init=False)

    def begin(self, now: dt.datetime) -> None:
        """Accounts, people, cards and what happened to them so far; nothing where it is there already."""
        for name, role in ACCOUNTS.items():
            token = self.progress.card_token(name) or self.progress.keep_card_token(name, self.account(name, role))
            self.tokens[name] = token
        if self.progress.cards_played is not None:
            return
        with self._line():
            for nth in range(HOLDERS):
                self._enrol(nth, now)
            for who, nth, reason in BLOCKED:
                self._call(who, "block", Number=self.card(nth), BlockReasonCode=reason)
            self._replace(2, self.card(HOLDERS))
            self.progress.play_cards_until(now)
            self.say(f"{HOLDERS} people hold loyalty cards")

    def play_due(self, now: dt.datetime) -> None:
        """What happened at the tills since the last time."""
        played = self.progress.cards_played or now
        first, last = (int(moment.timestamp() // EVERY.total_seconds()) for moment in (played, now))
        with self._line():
            for slot in list(range(first + 1, last + 1))[-MOST_AT_ONCE:]:
                self._play(slot)
                self.progress.play_cards_until(dt.datetime.fromtimestamp(slot * EVERY.total_seconds(), dt.UTC))

    def card(self, nth: int) -> str:
        return f"40{self.seed:02}{nth:012}"

    def contact(self, nth: int) -> dict[str, str]:
        """Who holds the card of that number; phones are those that are kept for fiction."""
        born = dt.date(1950, 1, 1) + dt.timedelta(days=nth * 397)
        known = {
            "code": f"C{self.seed:02}{nth:06}",
            "name": f"{GIVEN[nth % len(GIVEN)]} {FAMILY[(nth // len(GIVEN) + nth * 5) % len(FAMILY)]}",
            "mobile_number": f"+1{201 + nth // 100 % 700}55501{nth % 100:02}",
        }
        return known if nth % INCOMPLETE_EVERY == INCOMPLETE_EVERY - 1 else known | {"birth_date": born.isoformat()}

    def _enrol(self, nth: int, now: dt.datetime) -> None:
        """A card is made, sold and given to somebody who has earned on it since."""
        self._make(self.card(nth), nth)
        self._post("contacts", self.contact(nth), f"contact-{nth}")
        self._hand_out(self.card(nth), self.contact(nth)["mobile_number"])
        chance = Random(f"{self.seed}-{nth}")  # noqa: S311 - not a secret
        today = now.date()
        for n, (begins, ends) in enumerate(((-200, 5 + nth % 30), (-40, 325), (3, 368))[: 1 + nth % 3]):
            lot = {
                "amount": f"{chance.randrange(200, 9000) / 100:.2f}",
                "type_code": "1" if n == 1 and nth % 4 == 0 else "0",
                "active_from": (today + dt.timedelta(days=begins)).isoformat(),
                "expires_on": (today + dt.timedelta(days=ends)).isoformat(),
            }
            self._bonus(self.card(nth), "accruals", f"receipt-{nth}-{n}", **lot)

    def _play(self, slot: int) -> None:
        """A moment at the tills: mostly questions, now and then something that changes a card."""
        chance = Random(f"{self.seed}-{slot}")  # noqa: S311 - not a secret
        nth = chance.randrange(HOLDERS)
        card, person = self.card(nth), self.contact(nth)
        for _ in range(3):
            asked = chance.choice((card, card, f"phone/{person['mobile_number']}", person["code"]))
            self._ask(f"balance/by/{asked}")
        match chance.randrange(20):
            case 0 | 1:  # misread
                self._ask(f"balance/by/{chance.randrange(10**15, 10**16)}")
            case 2 | 3 | 4 | 5:
                bought = f"{chance.randrange(50, 1500) / 100:.2f}"
                self._bonus(card, "accruals", f"sale-{slot}", amount=bought, type_code="0")
            case 6 | 7:
                self._bonus(card, "spends", f"sale-{slot}", amount=f"{chance.randrange(50, 400) / 100:.2f}")
            case 8:
                if self._bonus(card, "holds", f"basket-{slot}", amount="1.00"):
                    end = chance.choice(("confirm", "void"))
                    self._post(f"cards/{card}/holds/basket-{slot}/{end}", {}, f"{end}-{slot}")
            case 9:
                self._call(CALL_CENTRE, "block", ContactMobileNumber=person["mobile_number"], BlockReasonCode="0")
            case 10 | 11:
                self._call(CALL_CENTRE, "unblock", ContactMobileNumber=person["mobile_number"], UnBlockReasonCode="0")
            case 12 if slot % 5 == 0:
                self._replace(nth, self.card(HOLDERS + 1 + slot % 10**9))
            case _:
                pass

    def _replace(self, nth: int, number: str) -> None:
        """As a call centre and a till do it between them: the old one is blocked, another one takes its place."""
        mobile = self.contact(nth)["mobile_number"]
        self._make(number, nth)
        # By its number: asked for again by phone, it would be the new card.
        self._call(CALL_CENTRE, "block", Number=self.card(nth), BlockReasonCode="4")
        self._hand_out(number, mobile)

    def _make(self, number: str, nth: int) -> None:
        kind = {"category_code": str(nth % 5 // 4), "type_code": str(nth % 3)}
        self._post("cards", {"number": number, **kind}, f"card-{number}")

    def _hand_out(self, number: str, mobile: str) -> None:
        self._ask(f"issue?Number={number}")
        self._call(POS, "bindto", Number=number, MobileNumber=mobile)

    def _bonus(self, card: str, what: str, reference: str, **said: str) -> bool:
        return self._post(f"cards/{card}/{what}", said | {"reference": reference}, f"{what}-{reference}", who=POS)

    def _ask(self, what: str) -> None:
        self._answers(POS, "GET", f"/api/card/{what}")

    def _call(self, who: str, method: str, **parameters: str) -> None:
        self._answers(who, "POST", f"/api/card/{method}", data=parameters)

    def _post(self, room: str, said: dict[str, str], key: str, who: str = CRM) -> bool:
        headers = {"Idempotency-Key": f"demo-{self.seed}-{key}"}
        return self._answers(who, "POST", f"/api/v1/{room}", json=said, headers=headers)

    @contextmanager
    def _line(self) -> Iterator[None]:
        """The calls within share their connections."""
        with httpx.Client(base_url=self.url, timeout=60) as self.client:
            yield

    def _answers(self, who: str, verb: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> bool:
        """Whether it was taken. What is refused is a part of the play (409: nothing left to spend); what cannot be
        asked is not.
        """
        shown = {"Authorization": f"Token {self.tokens[who]}", **(headers or {})}
        try:
            answer = self.client.request(verb, path, headers=shown, **more)
        except httpx.HTTPError as error:
            self.say(f"the card service does not answer ({type(error).__name__})")
            return False
        if answer.is_error and answer.status_code != httpx.codes.CONFLICT:
            self.say(f"{verb} {path.split('/')[2]} answers {answer.status_code}: {answer.text[:300]}")
        return answer.is_success
