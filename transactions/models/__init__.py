from transactions.models.change_order import ChangeOrder, ChangeOrderStep
from transactions.models.completeness import ChannelCompleteness, Coverage
from transactions.models.count import PhysicalCount
from transactions.models.delivery import Delivery, DeliveryBody, QuarantinedRow
from transactions.models.endpoint import PushEndpoint
from transactions.models.feed import Feed, FeedFile
from transactions.models.marks import DayClose, MovedSafe, TouchedDay
from transactions.models.pickup import Pickup, PickupSlip
from transactions.models.record import AuditEvent, Book, Message, Repeat, Transaction
from transactions.models.rhythm import SafeRhythm
from transactions.models.ruling import Ruling
from transactions.models.safe_day import Banked, Drops, SafeDay
from transactions.models.sign_off import SignOff, SignOffEvent
from transactions.models.site_day import SiteDay, TillDay, TouchedSiteDay
from transactions.models.taking import OtherCash, Taking
from transactions.models.till_session import TillSession

__all__ = [
    "AuditEvent",
    "Banked",
    "Book",
    "ChangeOrder",
    "ChangeOrderStep",
    "ChannelCompleteness",
    "Coverage",
    "DayClose",
    "Delivery",
    "DeliveryBody",
    "Drops",
    "Feed",
    "FeedFile",
    "Message",
    "MovedSafe",
    "OtherCash",
    "PhysicalCount",
    "Pickup",
    "PickupSlip",
    "PushEndpoint",
    "QuarantinedRow",
    "Repeat",
    "Ruling",
    "SafeDay",
    "SafeRhythm",
    "SignOff",
    "SignOffEvent",
    "SiteDay",
    "Taking",
    "TillDay",
    "TillSession",
    "TouchedDay",
    "TouchedSiteDay",
    "Transaction",
]
