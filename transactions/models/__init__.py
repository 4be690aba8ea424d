from transactions.models.completeness import ChannelCompleteness, Coverage
from transactions.models.delivery import Delivery, DeliveryBody, QuarantinedRow
from transactions.models.endpoint import PushEndpoint
from transactions.models.feed import Feed, FeedFile
from transactions.models.record import (
    AuditEvent,
    Book,
    DayClose,
    Message,
    MovedSafe,
    Repeat,
    Ruling,
    TouchedDay,
    Transaction,
)
from transactions.models.rhythm import SafeRhythm

__all__ = [
    "AuditEvent",
    "Book",
    "ChannelCompleteness",
    "Coverage",
    "DayClose",
    "Delivery",
    "DeliveryBody",
    "Feed",
    "FeedFile",
    "Message",
    "MovedSafe",
    "PushEndpoint",
    "QuarantinedRow",
    "Repeat",
    "Ruling",
    "SafeRhythm",
    "TouchedDay",
    "Transaction",
]
