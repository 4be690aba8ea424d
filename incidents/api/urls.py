"""This app's part of /api/v1/."""

from incidents.api.incidents import IncidentCancel, IncidentItem, IncidentList
from safes.api.routing import both

urlpatterns = [
    *both("incidents", IncidentList, "api-incidents"),
    *both("incidents/<str:reference>", IncidentItem, "api-incident"),
    *both("incidents/<str:reference>/cancel", IncidentCancel, "api-incident-cancel"),
]
