"""What the card service says: its keys, spelt as the document spells them, method by method.

DOMAIN.md, section 4. Issue alone says CardNumberCannotFind, and only there.
"""

from __future__ import annotations

from enum import StrEnum


class Key(StrEnum):
    OK = "OK"
    CANNOT_FIND_CARD_NUMBER = "CannotFindCardNumber"
    CARD_NUMBER_CANNOT_FIND = "CardNumberCannotFind"
    INVALID_CARD_NUMBER = "InvalidCardNumber"
    CANNOT_FIND_MOBILE_NUMBER = "CannotFindMobileNumber"
    CANNOT_FIND_MOBILE = "CannotFindMobile"
    INVALID_MOBILE_NUMBER = "InvalidMobileNumber"
    CANNOT_FIND_CONTACT_CODE = "CannotFindContactCode"
    INVALID_CONTACT_CODE = "InvalidContactCode"
    REQUIRED = "RequiredParameterNotSpecified"
    STATUS_ERROR = "StatusError"
    BOUND_TO_ANOTHER_CONTACT = "CardNumberBindToAnotherContact"
    CONTACT_HAS_ANOTHER_CARD = "ContactBindToAnotherCardNumber"
    BLOCK_REASON_ERROR = "BlockReasonError"
    UNBLOCK_REASON_ERROR = "UnBlockReasonError"


class Fault(StrEnum):
    """What is said, in the same style, where HTTP has a status for it: the document knows no keys for these."""

    BAD_REQUEST = "BadRequest"
    UNAUTHORIZED = "Unauthorized"
    FORBIDDEN = "Forbidden"
    NOT_FOUND = "NotFound"
    METHOD_NOT_ALLOWED = "MethodNotAllowed"
    TOO_MANY_REQUESTS = "TooManyRequests"
    UNAVAILABLE = "ServiceUnavailable"
    ERROR = "InternalServerError"


# Of something that was looked up and is not there: what throttles count.
MISSES = frozenset(
    {
        Key.CANNOT_FIND_CARD_NUMBER,
        Key.CARD_NUMBER_CANNOT_FIND,
        Key.CANNOT_FIND_MOBILE_NUMBER,
        Key.CANNOT_FIND_MOBILE,
        Key.CANNOT_FIND_CONTACT_CODE,
    }
)


class Refused(Exception):
    """A business error: the key that machines read, and a sentence that says what to do."""

    def __init__(self, key: Key, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key
        self.sentence = sentence
