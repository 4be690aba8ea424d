"""Where the findings that this app opens lead to."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from safes.admin.bases import change_url
from safes.admin.finding_leads import LEADS
from safes.models import Finding, MachineAccount


def calls_of(finding: Finding) -> list[tuple[str, str]]:
    """To what the account asked for in vain, and to the account itself."""
    username = finding.detail.get("account")
    if not isinstance(username, str):
        return []
    calls = urlencode({"account": username, "outcome": "miss"})
    leads = [(f"{reverse('admin:loyalty_cardcall_changelist')}?{calls}", f"what {username} did not find")]
    account = MachineAccount.objects.filter(username=username).first()
    return [*leads, (change_url(account), f"account {account}")] if account else leads


LEADS["card_probing"] = calls_of
