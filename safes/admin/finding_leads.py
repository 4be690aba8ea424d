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
# What apps know of a finding of any kind, by the name that they give it; below that.
_below: dict[str, Section] = {}


def hang_below_findings(name: str, section: Section) -> None:
    """Put something on the page of every finding; one of the same name is replaced."""
    _below[name] = section


def below(request: HttpRequest, finding: Finding) -> SafeString:
    """What stands below a finding's page: of its kind, then of every finding."""
    draw = SECTIONS.get(finding.kind)
    drawn = [*([draw] if draw else []), *_below.values()]
    return format_html_join("", "{}", ((section(request, finding),) for section in drawn))


def leads_from(finding: Finding) -> SafeString:
    """Links to the rows that a finding is about, its safe and its site the last of them."""
    find = LEADS.get(finding.kind)
    leads = find(finding) if find else []
    if finding.safe is not None:
        leads.append((change_url(finding.safe), f"safe {finding.safe}"))
    if finding.site is not None:
        leads.append((change_url(finding.site), f"site {finding.site.code}"))
    return format_html_join(SafeString(" · "), "{}", ((link(url, text),) for url, text in leads)) or EMPTY
