"""The form that reports something to Loomis: for each dialect it shows what applies, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from incidents.models import Incident, LoomisAccount
from incidents.wanted import DENOMINATIONS, EARLIEST, LONGEST, LONGEST_TEXT, Checked, Wanted, check, device_of
from safes.localtime import TimeNote, instant, zone
from safes.models import Placement, Safe, Site

# Of a currency that the document has no denominations of.
_ANY_DENOMINATIONS = (5, 10, 20, 50, 100, 200, 500)
# As many as a browser offers without growing slow; others are typed.
_OFFERED = 1_000

_TEXTS = ("device_status", "notes", "subject", "description", "contact_name", "contact_number", "contact_email")


class _CodeWidget(UnfoldAdminSelectWidget):
    """Fault codes; those that need amounts say so to the style sheet."""

    with_amounts: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.with_amounts:
            option["attrs"]["data-amounts"] = True
        return option


def _line(longest: int, **more: Any) -> forms.CharField:
    return forms.CharField(required=False, max_length=longest, widget=UnfoldAdminTextInputWidget(), **more)


def _text(rows: int, **more: Any) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=LONGEST_TEXT, widget=UnfoldAdminTextareaWidget({"rows": rows}), **more
    )


class RaiseForm(forms.Form):
    """What every dialect asks. What is wrong with it is said by incidents.wanted, as to machines."""

    device_label = ""
    device = forms.CharField(
        required=False,
        max_length=64,
        widget=UnfoldAdminTextInputWidget({"list": "devices", "autocomplete": "off"}),
    )
    fault_code = forms.ChoiceField(required=False, widget=_CodeWidget, label="Fault code")
    fault_time = forms.CharField(
        required=False,
        max_length=40,
        label="When it began",
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local", "step": "60"}),
    )
    clock = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
        choices=[("site", ""), ("utc", "UTC")],
        label="By which clock",
    )

    def __init__(self, account: LoomisAccount, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        known = {"clock": "site", **(initial or {})}
        super().__init__(data, initial=known, auto_id="raise-%s")
        self._field("device").label = self.device_label
        if not known.get("device"):
            self._field("device").widget.attrs["autofocus"] = True
        self.account = account
        self.amount_errors: list[str] = []
        self.remarks: list[str] = []
        self.wanted = Wanted(account=account.name, device="", fault_time=None)
        self.checked: Checked | None = None
        self.site = site_of(account, str(self["device"].value() or ""))
        where = f" ({self.site.time_zone})" if self.site else ""
        self._field("clock").choices = [("site", f"the clock of the device’s site{where}"), ("utc", "UTC")]
        self._offer_codes()

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def _offer_codes(self) -> None:
        codes = [code for code in self.account.fault_codes.all() if code.active]
        field = self._field("fault_code")
        is_needed = self.account.dialect == LoomisAccount.Dialect.ATM
        field.label = "Fault code" if is_needed else "Fault code, if it has one"
        none = "choose one" if is_needed else "none"
        field.choices = [("", none), *((one.code, _code_in_words(one)) for one in codes)]
        given = str(self["fault_code"].value() or "")
        if given and given not in {one.code for one in codes}:
            field.choices.append((given, given))  # said to be wrong by the rules, as to machines
        field.widget.with_amounts = frozenset(one.code for one in codes if one.amounts_required)

    @property
    def denominations(self) -> list[tuple[int, str, str]]:
        """Each denomination that is asked for, the name of its field and what stands in it."""
        currency = self.site.currency if self.site else "USD"
        asked: dict[str, Any] = self.initial.get("amounts", {}) if not self.is_bound else _amounts(self.data)
        units = sorted({*DENOMINATIONS.get(currency, _ANY_DENOMINATIONS), *(int(u) for u in asked if u.isdecimal())})
        return [(unit, f"amount-{unit}", str(asked.get(str(unit), ""))) for unit in units]

    @property
    def devices(self) -> list[tuple[str, str]]:
        """Devices to choose from, and where they stand; as many as a browser offers well."""
        if self.account.dialect == LoomisAccount.Dialect.ATM:
            atms = self.account.atms.filter(active=True).select_related("site")[:_OFFERED]
            return [(one.number, _place(one.site.code, one.site.name, one.site.time_zone)) for one in atms]
        now = Placement.objects.filter(safe=OuterRef("pk"), starts_on__lte=timezone.now().date())
        latest = now.order_by("-starts_on")
        safes = Safe.objects.exclude(status=Safe.Status.RETIRED).annotate(
            code=Subquery(latest.values("site__code")[:1]),
            name=Subquery(latest.values("site__name")[:1]),
            zone=Subquery(latest.values("site__time_zone")[:1]),
        )
        rows = safes.order_by("serial_number")[:_OFFERED]
        return [(one.serial_number, _place(one.code, one.name, one.zone)) for one in rows]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        now = timezone.now()
        said = {name: given.get(name, "") for name in (*_TEXTS, "device", "fault_code")}
        moment = self._moment(given)
        self.wanted = Wanted(account=self.account.name, fault_time=moment, amounts=_amounts(self.data), **said)
        try:
            self.checked = check(self.wanted, now)
        except ValidationError as error:
            self.say(error)
        if self.errors or self.amount_errors:
            self.checked = None
        return given

    def _moment(self, given: dict[str, Any]) -> dt.datetime | None:
        """The instant that was meant; None, with an error at its field, where that cannot be told."""
        text = str(given.get("fault_time", "")).strip()
        try:
            wall = dt.datetime.fromisoformat(text)
        except ValueError:
            said = f"“{text[:40]}” is no date and time." if text else "Say when it began."
            self.add_error("fault_time", said)
            return None
        if wall.tzinfo is not None:
            return wall
        if given.get("clock") == "utc":
            return wall.replace(tzinfo=dt.UTC)
        if self.site is None:
            errors: dict[str, list[str]] = {}
            device_of(self.account, str(given.get("device", "")), timezone.now(), errors)
            if not errors:
                said = "This device stands at no site yet, so there is no clock to go by: give the time in UTC."
                self.add_error("fault_time", said)
            return wall.replace(tzinfo=dt.UTC)
        if not EARLIEST.year <= wall.year <= timezone.now().year + 1:
            return wall.replace(tzinfo=dt.UTC)  # refused in a moment; beyond the calendar's end no zone can be asked
        return self._at_site(wall, self.site)

    def _at_site(self, wall: dt.datetime, site: Site) -> dt.datetime | None:
        moment, note = instant(wall, site.time_zone)
        if note == TimeNote.SKIPPED:
            said = f"There was no such time in {site.time_zone}: the clocks were put forward. Give another, or UTC."
            self.add_error("fault_time", said)
        elif note == TimeNote.REPEATED:
            self.remarks.append(
                f"{wall:%H:%M} came twice in {site.time_zone} that day, and the first is meant; give the time in UTC "
                "for the second."
            )
        return moment

    def say(self, error: ValidationError) -> None:
        for name, errors in error.error_dict.items():
            sentences = [text for one in errors for text in one.messages]
            if name == "amounts":
                self.amount_errors += sentences
            elif name in self.fields and not self.has_error(name):
                self.add_error(name, sentences)
            elif name not in self.fields:
                self.add_error(None, sentences)


class AtmRaiseForm(RaiseForm):
    device_label = "ATM"
    device_status = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        choices=[("", "not said"), *Incident.DeviceStatus.choices],
        label="Status of the ATM, if known",
    )
    notes = _text(3, label="Notes, if any")


class SafeRaiseForm(RaiseForm):
    device_label = "Safe"
    subject = _line(LONGEST["subject"], help_text="In a few words.")
    description = _text(4, help_text="What is wrong, and what the courier has to know.")
    contact_name = _line(LONGEST["contact_name"], label="Contact on site")
    contact_number = _line(LONGEST["contact_number"], label="Their phone number")
    contact_email = forms.CharField(
        required=False,
        max_length=LONGEST["contact_email"],
        widget=UnfoldAdminEmailInputWidget(),
        label="Their e-mail, if any",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.account.fault_codes.all():
            del self.fields["fault_code"]


def form_of(account: LoomisAccount) -> type[RaiseForm]:
    return AtmRaiseForm if account.dialect == LoomisAccount.Dialect.ATM else SafeRaiseForm


def site_of(account: LoomisAccount, device: str) -> Site | None:
    """Where a device stands, if there is one of that name."""
    if not device.strip() or "\x00" in device:
        return None
    return device_of(account, device, timezone.now(), {})[2]


def wall_clock_of(moment: dt.datetime, site: Site | None) -> tuple[str, str]:
    """An instant as the field shows it, and by which clock: that of the site, or UTC."""
    there = moment.astimezone(zone(site.time_zone)) if site else moment.astimezone(dt.UTC)
    return f"{there:%Y-%m-%dT%H:%M}", "site" if site else "utc"


def _amounts(data: Any) -> dict[str, str]:
    """What was typed as amounts, by denomination; empty fields are none."""
    found = {}
    for name, value in data.items():
        unit = name.removeprefix("amount-")
        if unit != name and str(value).strip():
            found[unit[:20]] = str(value).strip().replace(",", "")
    return found


def _code_in_words(code: Any) -> str:
    words = f"{code.code} {code.description}".strip()
    return f"{words} (needs amounts)" if code.amounts_required else words


def _place(code: str | None, name: str | None, time_zone: str | None) -> str:
    return "stands nowhere yet" if code is None else f"{code} {name}, {time_zone}"
