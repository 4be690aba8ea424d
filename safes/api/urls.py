"""The ground floor's part of /api/v1/."""

from safes.api.estate import SafeItem, SafeList, SiteItem, SiteList
from safes.api.findings import FindingItem, FindingList
from safes.api.routing import both

urlpatterns = [
    *both("sites", SiteList, "api-sites"),
    *both("sites/<str:code>", SiteItem, "api-site"),
    *both("safes", SafeList, "api-safes"),
    *both("safes/<str:serial_number>", SafeItem, "api-safe"),
    *both("findings", FindingList, "api-findings"),
    *both("findings/<int:pk>", FindingItem, "api-finding"),
]
