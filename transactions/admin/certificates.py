"""Certificates of completeness: a page to print, and a page that checks what was printed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from safes.admin.bases import ViewOnlyAdmin, money, nowrap, table
from transactions.admin.channels import day_url, days_url
from transactions.completeness.certificate import FIGURES, Certificate, certify, changes_since, read_code
from transactions.models import ChannelCompleteness


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=20_000,
        widget=UnfoldAdminTextareaWidget({"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Paste the code that is printed on the certificate."},
    )


class Certifies(ViewOnlyAdmin):
    """The room of days by channel gives certificates of them, and checks those it gave."""

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(self.check_view)
        return [path("check/", check, name="transactions_channelcompleteness_check"), *super().get_urls()]

    @action(description="Certificate", url_path="certificate", permissions=["view"], icon="verified")
    def certificate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page to print: figures, verdict, digest, and the code that proves them."""
        row: ChannelCompleteness = self.row(request, object_id)
        made = certify(row.safe, row.business_date, by=request.user.get_username(), now=timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "title": f"Certificate: {row.safe} on {row.business_date}",
            "opts": self.model._meta,
            "original": row,
            "certificate": made,
            "figures": _figures(made),
            "back": day_url(made.serial_number, row.business_date),
            "check": reverse("admin:transactions_channelcompleteness_check"),
        }
        return TemplateResponse(request, "staff/certificate.html", context)

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Whether a code is genuine, and whether the books still say the same."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET if "code" in request.GET else None
        form = CodeForm(given)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Check a certificate",
            "opts": self.model._meta,
            "form": form,
            "action": reverse("admin:transactions_channelcompleteness_check"),
            "back": days_url(),
        }
        if form.is_valid():
            try:
                found = read_code(form.cleaned_data["code"])
            except ValueError as error:
                context |= {"said": str(error), "alarming": True}
            else:
                changes = changes_since(found, timezone.now())
                context |= {
                    "said": "Genuine, but the figures have changed since." if changes
                    else "Genuine, and the figures are still the same.",
                    "alarming": bool(changes),
                    "changes": changes,
                    "certificate": found,
                    "figures": _figures(found),
                    "day": day_url(found.serial_number, dt.date.fromisoformat(found.business_date)),
                }  # fmt: skip
        return TemplateResponse(request, "staff/certificate_check.html", context)


def _figures(certificate: Certificate) -> SafeString:
    """A line a figure, a column a currency."""
    currencies = sorted(certificate.figures)
    return table(
        ("", *(currency or "currency not known" for currency in currencies)),
        (
            (words.capitalize(), *(nowrap(_shown(certificate.figures[currency][name])) for currency in currencies))
            for name, words in FIGURES.items()
        ),
    )


def _shown(figure: str) -> str:
    return money(Decimal(figure), None) if "." in figure else f"{int(figure):,}"
