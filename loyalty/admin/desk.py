"""The card desk: one box that finds a card or a contact by whatever the holder can say.

What is typed is personal data, so it is posted, and stands encrypted in the address that shows what was found: no
history of a browser and no log has it, and Back and Reload work all the same.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import urlencode

from loyalty.admin.looking import LONGEST, SHOWN, Line, Seen, look
from loyalty.admin.words import STATUS_LABELS, masked_name, masked_number, masked_phone
from safes.admin.bases import StaffAdmin, change_url
from safes.sealing import Unreadable, seal, unseal

# An address that was left in a history shows nothing after that, and nothing to anybody else before.
_SHOWN_FOR = dt.timedelta(hours=8)


class HasDesk(StaffAdmin):
    def get_urls(self) -> list[URLPattern]:
        desk = path("desk/", self.admin_site.admin_view(self.desk), name="loyalty_card_desk")
        return [desk, *super().get_urls()]

    def desk(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        is_posted, may_see_contacts = request.method == "POST", request.user.has_perm("loyalty.view_contact")
        typed = request.POST.get("q", "")[: LONGEST + 1] if is_posted else _unsealed(request)
        seen, refused = Seen([]), ""
        if typed.strip():
            try:
                seen = look(typed)
            except ValueError as error:
                refused = str(error)
        if is_posted:
            sure = _url(seen.lines[0], may_see_contacts) if seen.is_sure else ""
            return HttpResponseRedirect(sure or f"?{urlencode({'asked': _sealed(request, typed)})}")
        context = {
            **self.admin_site.each_context(request),
            "title": "Card desk",
            "opts": self.model._meta,
            "typed": typed,
            "is_asked": bool(typed.strip()),
            "refused": refused,
            "lines": [_shown(line, may_see_contacts) for line in seen.lines],
            "has_more": seen.has_more,
            "shown": SHOWN,
            "longest": LONGEST,
            "may_register": request.user.has_perm("loyalty.add_contact"),
        }
        return TemplateResponse(request, "staff/loyalty/desk.html", context)


def _sealed(request: HttpRequest, typed: str) -> str:
    return seal(json.dumps([request.user.pk, timezone.now().timestamp(), typed])) if typed.strip() else ""


def _unsealed(request: HttpRequest) -> str:
    """What this person typed lately; "" for anything else that stands in the address."""
    try:
        by, at, typed = json.loads(unseal(request.GET.get("asked", "")) or "[0, 0, 0]")
    except (Unreadable, ValueError):
        return ""
    is_late = timezone.now().timestamp() - at > _SHOWN_FOR.total_seconds()
    return "" if by != request.user.pk or is_late else str(typed)


def _url(line: Line, may_see_contacts: bool) -> str:
    if line.card is not None:
        return change_url(line.card)
    return change_url(line.contact) if line.contact is not None and may_see_contacts else ""


def _shown(line: Line, may_see_contacts: bool) -> dict[str, Any]:
    card, contact = line.card, line.contact
    status = card.get_status_display() if card else ""
    return {
        "url": _url(line, may_see_contacts),
        "card": card,
        "contact": contact,
        "contact_url": change_url(contact) if contact and may_see_contacts else "",
        "number": masked_number(card) if card else "no card",
        "status": status,
        "label": STATUS_LABELS.get(status, "default"),
        "why": card.get_block_reason_display() if card and card.block_reason else "",
        "name": masked_name(contact),
        "phone": masked_phone(contact),
        "kind": f"{card.get_category_display()}, {card.get_type_display()}" if card else "",
        "balance": f"{card.bonus_balance:,.2f}" if card else "",
    }
