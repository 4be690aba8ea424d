"""What DOMAIN.md, section 4, says becomes of cards, written down a second time and simply: the model to test against.

Nothing here is taken from loyalty; every method answers with the key that the document has, and changes the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAY_BLOCK = {
    "client": "0",
    "cc_operator": "034",
    "marketer": "034",
    "senior_employee": "014",
    "director": "0124",
    "administrator": "01234",
}
MAY_UNBLOCK = {
    "client": "0",
    "cc_operator": "03",
    "marketer": "03",
    "senior_employee": "01",
    "director": "012",
    "administrator": "0123",
}
STRICTNESS = "03124"


@dataclass
class ModelCard:
    status: str = "New"
    phone: str | None = None
    reason: str = ""
    by: str = ""
    since: int = 0
    replaced_by: str | None = None


@dataclass
class Model:
    cards: dict[str, ModelCard] = field(default_factory=dict)
    enough: dict[str, bool] = field(default_factory=dict)
    """By phone: the contacts there are, and whether enough is known of each."""
    made: int = 0

    def make(self, number: str) -> None:
        self.made += 1
        self.cards[number] = ModelCard(since=self.made)

    def issue(self, number: str) -> str:
        card = self.cards.get(number)
        if card is None:
            return "CardNumberCannotFind"
        if card.status not in ("New", "Issued"):
            return "StatusError"
        card.status = "Issued"
        return "OK"

    def bind(self, number: str, phone: str) -> str:
        card = self.cards.get(number)
        if phone not in self.enough:
            return "CannotFindMobile"
        if card is None:
            return "CannotFindCardNumber"
        if card.status in ("New", "Blocked"):
            return "StatusError"
        if card.phone not in (None, phone):
            return "CardNumberBindToAnotherContact"
        if any(other is not card and other.phone == phone and other.reason != "4" for other in self.cards.values()):
            return "ContactBindToAnotherCardNumber"
        if card.phone is None:
            for other in self.cards.values():
                if other.phone == phone and other.reason == "4" and other.replaced_by is None:
                    other.replaced_by = number
        card.phone = phone
        if self.enough[phone]:
            card.status = "Active"
        return "OK"

    def activate(self, number: str) -> str:
        card = self.cards.get(number)
        if card is None:
            return "CannotFindCardNumber"
        if card.status == "Active":
            return "OK"
        if card.status != "Issued" or card.phone is None or not self.enough[card.phone]:
            return "StatusError"
        card.status = "Active"
        return "OK"

    def block(self, number: str, phone: str, reason: str, role: str) -> str:
        found = self._found(number, phone)
        if isinstance(found, str):
            return found
        if reason not in MAY_BLOCK.get(role, ""):
            return "BlockReasonError"
        if found.status == "Blocked":
            if STRICTNESS.index(reason) > STRICTNESS.index(found.reason):
                found.reason = reason
                found.by = "administrator" if found.by == "administrator" else role
            return "OK"
        if found.status == "New" or found.phone is None:
            return "StatusError"
        found.status, found.reason, found.by = "Blocked", reason, role
        return "OK"

    def unblock(self, number: str, phone: str, reason: str, role: str) -> str:
        found = self._found(number, phone)
        if isinstance(found, str):
            return found
        if reason not in MAY_UNBLOCK.get(role, ""):
            return "UnBlockReasonError"
        if found.status != "Blocked":
            return "StatusError"
        if found.reason != reason or (found.by == "administrator" and role != "administrator"):
            return "UnBlockReasonError"
        assert found.phone is not None
        found.status, found.reason, found.by = "Active" if self.enough[found.phone] else "Issued", "", ""
        return "OK"

    def replace(self, number: str, by: str, role: str) -> str:
        """Block as replacement, issue, bind: in one step or not at all."""
        old, new = self.cards.get(number), self.cards.get(by)
        if "4" not in MAY_BLOCK.get(role, ""):
            return "BlockReasonError"
        if old is None:
            return "CannotFindCardNumber"
        if old.status == "New" or old.phone is None or old.replaced_by is not None:
            return "StatusError"
        if old.reason not in ("", "0", "4") or old.by == "administrator":
            return "StatusError"
        if old is new:
            return "StatusError"
        if new is None:
            return "CannotFindCardNumber"
        if new.phone is not None:
            return "CardNumberBindToAnotherContact"
        if self._another_holds(old):
            return "ContactBindToAnotherCardNumber"
        self.block(number, "", "4", role)
        self.issue(by)
        return self.bind(by, old.phone)

    def usable(self, phone: str) -> list[ModelCard]:
        return [card for card in self.cards.values() if card.phone == phone and card.reason != "4"]

    def _another_holds(self, old: ModelCard) -> bool:
        return any(card is not old for card in self.usable(old.phone or ""))

    def _found(self, number: str, phone: str) -> ModelCard | str:
        if phone and phone not in self.enough:
            return "CannotFindMobile"
        if number:
            card = self.cards.get(number)
            return card if card and phone in ("", card.phone) else "CannotFindCardNumber"
        held = [card for card in self.cards.values() if card.phone == phone]
        # At most one is not blocked for good; else the latest that was made.
        best = max(held, key=lambda card: (card.reason != "4", card.since), default=None)
        return best or "CannotFindCardNumber"
