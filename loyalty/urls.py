"""The card service, as the document has it: in any case, and with and without a slash at the end."""

from __future__ import annotations

import re

from django.urls import URLPattern
from django.urls.resolvers import RegexPattern

from loyalty import views


class _InAnyCase(RegexPattern):
    """Flags in the expression itself are beyond what Django can turn back into an address."""

    def __init__(self, regex: str, name: str) -> None:
        super().__init__(regex, name, is_endpoint=True)
        # Where Django keeps it once it has compiled it.
        self.__dict__["regex"] = re.compile(regex, re.IGNORECASE | re.DOTALL)


def _anyhow(route: str, view: views.View, name: str) -> URLPattern:
    return URLPattern(_InAnyCase(f"^api/card{route}$", name), view, name=name)


urlpatterns = [
    # People write phones with a slash in them, too.
    _anyhow("/balance/by/phone/(?P<value>.+?)/?", views.balance_by_phone, "card-balance-by-phone"),
    _anyhow("/balance/by/(?P<value>.+?)/?", views.balance_by_value, "card-balance"),
    _anyhow("/issue/?", views.issue, "card-issue"),
    _anyhow("/active/?", views.active, "card-active"),
    _anyhow("/bindto/?", views.bind_to, "card-bind"),
    # As the document prints it, once.
    _anyhow("/binto/?", views.bind_to, "card-bind-as-printed"),
    _anyhow("/block/?", views.block, "card-block"),
    _anyhow("/unblock/?", views.unblock, "card-unblock"),
    _anyhow("(?:/(?P<rest>.*))?", views.nowhere, "card-nowhere"),
]
