"""What can be done with an incident on its page: send, send again, cancel. Each asks first, and is a POST."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from incidents import raising
from incidents.lifecycle import FINAL, State
from incidents.models import Dispatch, Incident, LoomisAccount
from incidents.wanted import check
from safes.admin.bases import ViewOnlyAdmin, change_url

_STUCK = (Dispatch.State.DEAD, Dispatch.State.UNKNOWN)


class CancelForm(forms.Form):
    text = forms.CharField(
        label="Why",
        max_length=4000,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "autofocus": True}),
        help_text="Loomis is told.",
    )


def applicable(incident: Incident) -> set[str]:
    """The acts that make sense of an incident as it stands; ``incident`` with its dispatches at hand."""
    stuck = {one.kind for one in incident.dispatches.all() if one.state in _STUCK}
    is_draft, is_over = incident.state == State.DRAFT, incident.state in FINAL
    asked: dict[str, bool] = {
        "send": is_draft,
        "edit": is_draft,
        "send_again": Dispatch.Kind.DISPATCH in stuck and not is_over,
        "send_cancel_again": Dispatch.Kind.CANCEL in stuck and not is_over,
        "discard": is_draft,
        "cancel": not is_draft
        and not is_over
        and incident.cancel_requested_at is None
        and incident.account.dialect == LoomisAccount.Dialect.SAFEPOINT,
        "raise_again": not is_draft and incident.account.active,
    }
    return {name for name, is_so in asked.items() if is_so}


class ActsOnIncidents(ViewOnlyAdmin):
    """Raising and what belongs to it needs the permission to add incidents, anything else that to change them."""

    actions_detail = ("send", "edit", "send_again", "send_cancel_again", "cancel", "discard", "raise_again")

    def has_raise_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("incidents.add_incident")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Only those that make sense now; the services say no to the others, with a sentence."""
        incident = self.get_object(request, str(object_id))
        wanted = applicable(incident) if incident else set()
        offered: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.action_name.removeprefix("incidents_incident_") in wanted]

    @action(description="Send", url_path="send", permissions=["raise"], icon="send")
    def send(self, request: HttpRequest, object_id: str) -> HttpResponse:
        incident: Incident = self.row(request, object_id)
        explanation = "It is reported to Loomis as it stands, and cannot be changed after that."
        try:
            warnings = raising.warnings_of(check(raising.wanted_of(incident), timezone.now()), timezone.now())
        except ValidationError as error:
            messages.error(request, f"It cannot be sent as it is: {' '.join(error.messages)} Edit it first.")
            return HttpResponseRedirect(change_url(incident))
        return self._do(
            request,
            incident,
            lambda: raising.queue_draft(incident.pk),
            "It is on its way to Loomis.",
            title=f"Send {incident}",
            explanation=" ".join([*warnings, explanation]),
            button="Send it all the same" if warnings else "Send",
        )

    @action(description="Send again", url_path="send-again", permissions=["act"], icon="replay")
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        incident: Incident = self.row(request, object_id)
        return self._do(
            request,
            incident,
            lambda: raising.send_again(incident.pk),
            "It is sent again, with the same reference.",
            title=f"Send {incident} again",
            explanation=_what_may_happen(incident),
            button="Send again",
        )

    @action(description="Send the cancel again", url_path="send-cancel-again", permissions=["act"], icon="replay")
    def send_cancel_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        incident: Incident = self.row(request, object_id)
        return self._do(
            request,
            incident,
            lambda: raising.send_again(incident.pk, Dispatch.Kind.CANCEL),
            "The cancel is sent again.",
            title=f"Send the cancel of {incident} again",
            explanation="Loomis is asked once more to cancel it. A cancel that comes twice does no harm.",
            button="Send the cancel again",
        )

    @action(description="Cancel", url_path="cancel", permissions=["act"], icon="cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._cancel(
            request,
            self.row(request, object_id),
            title="Cancel {}",
            explanation="While it has not gone out it is cancelled here. After that Loomis is asked to, as soon as "
            "they have given it a number; it is cancelled when they say so, and may be closed meanwhile.",
            button="Ask for the cancel",
        )

    @action(description="Discard", url_path="discard", permissions=["raise"], icon="delete")
    def discard(self, request: HttpRequest, object_id: str) -> HttpResponse:
        incident: Incident = self.row(request, object_id)
        if incident.state != State.DRAFT:
            messages.error(request, f"The incident is {incident.state}: only a draft is discarded.")
            return HttpResponseRedirect(change_url(incident))
        return self._cancel(
            request,
            incident,
            title="Discard {}",
            explanation="The draft stays in the list as cancelled; Loomis never hears of it.",
            button="Discard",
        )

    @action(description="Raise again", url_path="raise-again", permissions=["raise"], icon="content_copy")
    def raise_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the form, filled in as this one was."""
        incident: Incident = self.row(request, object_id)
        return HttpResponseRedirect(f"{reverse('admin:incidents_incident_add')}?like={incident.pk}")

    def _cancel(self, request: HttpRequest, incident: Incident, **page: str) -> HttpResponse:
        form = CancelForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                after = raising.request_cancel(incident.pk, form.cleaned_data["text"], request.user.get_username())
            except raising.Conflict as error:
                return self._conflict(request, incident, str(error))
            except ValidationError as error:
                form.add_error("text", error.messages)
            else:
                is_over = after.state == State.CANCELLED
                said = "Cancelled before it went out." if is_over else "The cancel was asked for."
                return self.acted(request, incident, said)
        return self.act_page(request, incident, form, **{**page, "title": page["title"].format(incident)})

    def _do(self, request: HttpRequest, incident: Incident, do: Any, said: str, **page: str) -> HttpResponse:
        if request.method != "POST":
            return self.act_page(request, incident, forms.Form(), **page)
        try:
            do()
        except raising.Conflict as error:
            return self._conflict(request, incident, str(error))
        except ValidationError as error:
            return self._conflict(request, incident, " ".join(error.messages))
        return self.acted(request, incident, said)

    def _conflict(self, request: HttpRequest, incident: Incident, sentence: str) -> HttpResponse:
        messages.error(request, sentence)
        return HttpResponseRedirect(change_url(incident))


def _what_may_happen(incident: Incident) -> str:
    is_unknown = any(
        one.state == Dispatch.State.UNKNOWN for one in incident.dispatches.all() if one.kind == Dispatch.Kind.DISPATCH
    )
    if not is_unknown:
        return "It did not arrive, so nothing can be done twice. It goes out as it was, with the same reference."
    if incident.account.dialect == LoomisAccount.Dialect.ATM:
        return (
            "It may have arrived. Loomis takes the same reference for the same incident for 24 hours after its first "
            "try; after that they may make a second one of it. Ask them first where that is so."
        )
    return (
        "It may have arrived, and Loomis does not tell a repeat by its reference: if it did arrive, they make a second "
        "incident of it and may come twice. Ask their service desk first whether they have this reference."
    )
