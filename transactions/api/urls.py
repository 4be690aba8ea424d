"""This app's part of /api/v1/."""

from safes.api.routing import both
from transactions.api.deliveries import DeliveryItem, DeliveryList, DeliveryRaw
from transactions.api.pickups import PickupItem, PickupList
from transactions.api.records import AuditEventItem, AuditEventList, TransactionItem, TransactionList
from transactions.api.safe_days import SafeDayItem, SafeDayList
from transactions.api.site_days import SiteDayItem, SiteDayList
from transactions.api.takings import TakingItem, TakingList

urlpatterns = [
    *both("transactions", TransactionList, "api-transactions"),
    *both("transactions/<int:pk>", TransactionItem, "api-transaction"),
    *both("audit-events", AuditEventList, "api-audit-events"),
    *both("audit-events/<int:pk>", AuditEventItem, "api-audit-event"),
    *both("site-days", SiteDayList, "api-site-days"),
    *both("site-days/<int:pk>", SiteDayItem, "api-site-day"),
    *both("takings", TakingList, "api-takings"),
    *both("takings/<int:pk>", TakingItem, "api-taking"),
    *both("deliveries", DeliveryList, "api-deliveries"),
    *both("deliveries/<int:pk>", DeliveryItem, "api-delivery"),
    *both("deliveries/<int:pk>/raw", DeliveryRaw, "api-delivery-raw"),
    *both("pickups", PickupList, "api-pickups"),
    *both("pickups/<int:pk>", PickupItem, "api-pickup"),
    *both("safe-days", SafeDayList, "api-safe-days"),
    *both("safe-days/<int:pk>", SafeDayItem, "api-safe-day"),
]
