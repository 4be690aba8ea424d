"""The code tables of the card service: codes are strings, names are what is answered beside them.

DOMAIN.md, section 4; the document's "Directory values", whose digits 0 and 1 were lost and are restored there.
"""

from __future__ import annotations

from django.db.models import TextChoices


class CardStatus(TextChoices):
    NEW = "0", "New"
    ISSUED = "1", "Issued"
    ACTIVE = "2", "Active"
    BLOCKED = "3", "Blocked"


class Category(TextChoices):
    PLASTIC = "0", "Plastic"
    VIRTUAL = "1", "Virtual"


class CardType(TextChoices):
    BONUS = "0", "Bonus"
    DISCOUNT = "1", "Discount"
    BONUS_DISCOUNT = "2", "Bonus/Discount"


class BonusStatus(TextChoices):
    ACTIVE = "0", "active"
    INACTIVE = "1", "inactive"
    BURNT = "2", "burnt"
    FROZEN = "3", "frozen"
    EXPIRES_NEXT = "4", "with the nearest expiry date"


class BonusType(TextChoices):
    CASH = "0", "cash"
    STATUS = "1", "status"


class BlockReason(TextChoices):
    LOSS = "0", "loss of the card"
    UNWANTED = "1", "unwanted customer"
    BLACKLIST = "2", "blacklist"
    REFUSAL = "3", "refusal to use"
    REPLACEMENT = "4", "card replacement"


class UnblockReason(TextChoices):
    FOUND = "0", "card found"
    OFF_UNWANTED = "1", "off the unwanted list"
    OFF_BLACKLIST = "2", "off the blacklist"
    RESTORED = "3", "restored after refusal"
