"""What can be done with a card on its page. Each asks first, is a POST, and is looked at again by the service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action

from loyalty import cards, replacing
from loyalty.acting import Actor
from loyalty.admin.acting import person
from loyalty.admin.card_forms import BindForm, BlockForm, ReplaceForm
from loyalty.admin.revealing import Reveals
from loyalty.admin.words import bonuses, lacks, masked_name, masked_phone, standing
from loyalty.codes import BlockReason, CardStatus, UnblockReason
from loyalty.enough import is_enough
from loyalty.models import Card, Contact
from loyalty.reasons import ANSWERS, is_stricter, may_block, may_unblock
from loyalty.results import Refused
from safes.admin.bases import change_url
from safes.models.machine_account import Role


def reasons_to_block(card: Card, actor: Actor) -> list[BlockReason]:
    """Those that this role may give and that would change something, from the weakest."""
    allowed = (reason for reason in BlockReason if may_block(actor.role, reason))
    return [reason for reason in allowed if not card.block_reason or is_stricter(reason, card.block_reason)]


def reason_to_unblock(card: Card, actor: Actor) -> UnblockReason | None:
    """The one that answers the block, if this role may give it."""
    if card.blocked_by_role == Role.ADMINISTRATOR and actor.role != Role.ADMINISTRATOR:
        return None
    answers = (reason for reason, block in ANSWERS.items() if block == card.block_reason)
    return next((reason for reason in answers if may_unblock(actor.role, reason)), None)


def applicable(card: Card, actor: Actor) -> set[str]:
    """The acts that make sense of a card as it stands, for this role."""
    if card.contact is not None and card.contact.erased_at is not None:
        return set()
    is_bound, status = card.contact_id is not None, card.status
    can_be_blocked = is_bound and status != CardStatus.NEW and bool(reasons_to_block(card, actor))
    asked = {
        "issue": status == CardStatus.NEW,
        "bind": status == CardStatus.ISSUED and not is_bound,
        "activate": status == CardStatus.ISSUED and card.contact is not None and is_enough(card.contact),
        "block": can_be_blocked,
        "unblock": status == CardStatus.BLOCKED and reason_to_unblock(card, actor) is not None,
        "replace": may_block(actor.role, BlockReason.REPLACEMENT) and replacing.refusal(card, card.contact) is None,
    }
    return {name for name, is_so in asked.items() if is_so}


class ActsOnCards(Reveals):
    """Each act needs the permission to change cards, and a role to do it in."""

    actions_detail = ("issue", "bind", "activate", "unblock", "block", "replace", "reveal")

    def has_card_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self.has_act_permission(request) and person(request.user) is not None

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Only those that make sense now; the services say no to the others, with a sentence. Revealing has a button
        of its own, beside what it reveals.
        """
        card, actor = self.get_object(request, str(object_id)), person(request.user)
        wanted = applicable(card, actor) if card and actor else set()
        offered: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.action_name.removeprefix("loyalty_card_") in wanted]

    @action(description="Issue", url_path="issue", permissions=["card"], icon="outbox")
    def issue(self, request: HttpRequest, object_id: str) -> HttpResponse:
        card: Card = self.row(request, object_id)
        return self._do(
            request,
            card,
            forms.Form(),
            lambda actor: cards.issue(card.number, actor),
            lambda after: "Issued.",
            title=f"Issue {card}",
            explanation="It is given out: whoever holds it can be bound to it then, here or at a till.",
            button="Issue",
        )

    @action(description="Bind to a contact", url_path="bind", permissions=["card"], icon="link")
    def bind(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks twice: what is bound stays bound, and the second time says to whom."""
        card: Card = self.row(request, object_id)
        form = BindForm(request.POST if request.method == "POST" else None)
        contact = form.found if form.is_bound and form.is_valid() else None
        page = {
            "title": f"Bind {card} to a contact",
            "explanation": "The contact has to be registered. What a replaced card of theirs left behind comes along.",
            "button": "Go on",
        }
        if contact is not None:
            page["explanation"] = (
                f"This is {contact}: {masked_name(contact)}, {masked_phone(contact)}. {_after_binding(contact)} "
                "It stays bound to them."
            )
            page["button"] = "Bind it to them"
            if form.cleaned_data["sure"] != contact.code:
                return self.act_page(request, card, form.again(), **page)
        phone = contact.mobile_number or "" if contact else ""
        return self._do(
            request,
            card,
            form,
            lambda actor: cards.bind(card.number, phone, actor),
            lambda after: f"Bound. {standing(after)}",
            **page,
        )

    @action(description="Activate", url_path="activate", permissions=["card"], icon="check_circle")
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        card: Card = self.row(request, object_id)
        return self._do(
            request,
            card,
            forms.Form(),
            lambda actor: cards.activate(card.number, actor),
            lambda after: "Active.",
            title=f"Activate {card}",
            explanation="Bonuses can be spent from it then.",
            button="Activate",
        )

    @action(description="Block", url_path="block", permissions=["card"], icon="block")
    def block(self, request: HttpRequest, object_id: str) -> HttpResponse:
        card: Card = self.row(request, object_id)
        form = BlockForm(reasons_to_block(card, _actor(request)), request.POST if request.method == "POST" else None)
        is_blocked = card.status == CardStatus.BLOCKED
        before = (
            f"It is blocked for {card.get_block_reason_display()}: a stricter reason takes the place of that. "
            if is_blocked
            else "Its bonuses are frozen until it is unblocked. "
        )
        return self._do(
            request,
            card,
            form,
            lambda actor: cards.block(card.number, "", form.cleaned_data["reason"], actor),
            lambda after: f"Blocked for {after.get_block_reason_display()}.",
            title=f"Block {card}",
            explanation=f"{before}If the holder is to have another card, replace it instead: that is one step.",
            button="Block",
        )

    @action(description="Unblock", url_path="unblock", permissions=["card"], icon="lock_open")
    def unblock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For the reason that answers the block: there is only one, and the service looks at it again."""
        card: Card = self.row(request, object_id)
        actor = _actor(request)
        reason = reason_to_unblock(card, actor)
        if reason is None:
            messages.error(request, why_not_unblocked(card, actor))
            return HttpResponseRedirect(change_url(card))
        return self._do(
            request,
            card,
            forms.Form(),
            lambda actor: cards.unblock(card.number, "", reason, actor),
            lambda after: f"Unblocked: it is {after.get_status_display()}.",
            title=f"Unblock {card}: {reason.label}",
            explanation=f"It was blocked for {card.get_block_reason_display()}. {_after_unblocking(card)}",
            button="Unblock",
        )

    @action(description="Replace", url_path="replace", permissions=["card"], icon="sync_alt")
    def replace(self, request: HttpRequest, object_id: str) -> HttpResponse:
        card: Card = self.row(request, object_id)
        refused = replacing.refusal(card, card.contact)
        if refused is not None:
            messages.error(request, refused.sentence)
            return HttpResponseRedirect(change_url(card))
        form = ReplaceForm(request.POST if request.method == "POST" else None)
        return self._do(
            request,
            card,
            form,
            lambda actor: replacing.replace(card.number, form.cleaned_data["number"], actor),
            lambda after: f"{card} is replaced by this card, {after}. Its bonuses are here.",
            title=f"Replace {card}",
            explanation=f"In one step: {card} is blocked for good, the new card is issued and bound to "
            f"{card.contact} ({masked_name(card.contact)}), and {bonuses(card.bonus_balance)} bonuses go over to it, "
            "each with its dates. It cannot be taken back.",
            button="Replace",
        )

    def _do(
        self,
        request: HttpRequest,
        card: Card,
        form: forms.Form,
        do: Callable[[Actor], Card],
        say: Callable[[Card], str],
        **page: str,
    ) -> HttpResponse:
        """Ask on GET; do on POST, and say what came of it on the page of the card that it came to."""
        actor = _actor(request)
        if request.method != "POST" or (form.fields and not form.is_valid()):
            return self.act_page(request, card, form, **page)
        try:
            after = do(actor)
        except Refused as error:
            if form.fields:
                form.add_error(None, error.sentence)
                return self.act_page(request, card, form, **page)
            messages.error(request, error.sentence)
            return HttpResponseRedirect(change_url(card))
        said = say(after)
        if after.pk != card.pk:
            self.log_change(request, card, said)
        return self.acted(request, after, said)


def why_not_unblocked(card: Card, actor: Actor) -> str:
    """Why this role cannot unblock a card as it stands."""
    if card.status != CardStatus.BLOCKED:
        return f"The card is {card.get_status_display()}, not Blocked."
    if card.is_final:
        return "The card was replaced: nobody unblocks it. Use the card after it."
    if card.blocked_by_role == Role.ADMINISTRATOR and actor.role != Role.ADMINISTRATOR:
        return "An administrator blocked the card: only an administrator unblocks it."
    return f"Your role may not unblock a card that is blocked for {card.get_block_reason_display()}."


def _actor(request: HttpRequest) -> Actor:
    actor = person(request.user)
    if actor is None:
        raise PermissionDenied
    return actor


def _after_binding(contact: Contact) -> str:
    return "The card is active at once." if is_enough(contact) else f"The card stays Issued: {lacks(contact)}."


def _after_unblocking(card: Card) -> str:
    if card.contact is None or not is_enough(card.contact):
        return f"It becomes Issued, not Active: {lacks(card.contact)}." if card.contact else "It becomes Issued."
    return "It becomes Active again."
