"""Where findings lead to, and what stands below their pages: apps that open findings register here."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from safes.admin.bases import EMPTY, change_url, link
from safes.models import Finding

# Where a finding of a kind leads to: pairs of address and text.
Leads = Callable[[Finding], list[tuple[str, str]]]
LEADS: dict[str, Leads] = {}
# What stands below the page of a finding of a kind, with forms of its own.
Section = Callable[[HttpRequest, Finding], SafeString]
SECTIONS: dict[str, Section] = {}


def leads_from(finding: Finding) -> SafeString:
    """Links to the rows that a finding is about, its safe and its site the last of them."""
    find = LEADS.get(finding.kind)
    leads = find(finding) if find else []
    if finding.safe is not None:
        leads.append((change_url(finding.safe), f"safe {finding.safe}"))
    if finding.site is not None:
        leads.append((change_url(finding.site), f"site {finding.site.code}"))
    return format_html_join(SafeString(" · "), "{}", ((link(url, text),) for url, text in leads)) or EMPTY
