from loyalty.models.bonus import Entry, Lot, LotChange
from loyalty.models.call import CardCall, MissCount
from loyalty.models.card import Card, CardEvent
from loyalty.models.contact import Contact, Reveal

__all__ = ["Card", "CardCall", "CardEvent", "Contact", "Entry", "Lot", "LotChange", "MissCount", "Reveal"]
