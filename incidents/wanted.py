"""What somebody wants to report to Loomis, looked at before anything is sent.

Form and REST alike come here, so both refuse the same things, by the same names of fields (CONTRACT.md, "incidents").
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from incidents.models import Atm, FaultCode, Incident, LoomisAccount
from safes.models import Finding, Safe, Site

# Two clocks are never alike; what lies further ahead is a mistake.
CLOCKS_APART = dt.timedelta(minutes=1)
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
# The document's; other currencies have their own.
DENOMINATIONS = {"USD": (1, 5, 10, 20, 50, 100)}
MOST_OF_A_DENOMINATION = 10**9
LONGEST = {"subject": 200, "contact_name": 200, "contact_number": 60, "contact_email": 254}
LONGEST_TEXT = 4000

_WHOLE = re.compile(r"(-?[0-9]{1,18})(\.0{1,4})?")

# What a dialect has a word for, beside account, device, fault_code and fault_time.
OF_ATMS = ("device_status", "notes", "amounts")
OF_SAFES = ("subject", "description", "contact_name", "contact_number", "contact_email")
NEEDED_OF_SAFES = ("subject", "description", "contact_name", "contact_number")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, as it was given: texts stripped, ``fault_time`` aware, amounts by denomination."""

    account: str
    device: str
    fault_time: dt.datetime | None
    fault_code: str = ""
    subject: str = ""
    description: str = ""
    contact_name: str = ""
    contact_number: str = ""
    contact_email: str = ""
    device_status: str = ""
    notes: str = ""
    amounts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """The same, found good: the rows that it names, and what is stored. Texts that the dialect lacks are empty."""

    account: LoomisAccount
    device: str
    atm: Atm | None
    safe: Safe | None
    site: Site | None
    fault_code: str
    fault_at: dt.datetime
    texts: dict[str, str]
    amounts: dict[str, str]
    currency: str
    left_out: tuple[str, ...]


def check(wanted: Wanted, now: dt.datetime) -> Checked:
    """Look whether it can be sent. Raises ValidationError with sentences by field, all that are wrong at once."""
    account = LoomisAccount.objects.filter(name=wanted.account).first()
    if account is None:
        raise ValidationError({"account": [f"There is no Loomis account “{wanted.account[:60]}”."]})
    if not account.active:
        raise ValidationError({"account": [f"The account {account} is not active: it takes no new incidents."]})
    errors: dict[str, list[str]] = {}
    atm, safe, site = device_of(account, wanted.device, now, errors)
    code = _fault_code(account, wanted.fault_code, errors)
    fault_at = _fault_time(wanted.fault_time, now, errors)
    is_atm = account.dialect == LoomisAccount.Dialect.ATM
    currency = site.currency if site else "USD"
    amounts: dict[str, str] = {}
    if is_atm:
        amounts = _amounts(wanted.amounts, currency, code, errors)
    texts = _texts(wanted, OF_ATMS[:2] if is_atm else OF_SAFES, errors)
    if not is_atm:
        for name in NEEDED_OF_SAFES:
            if not texts[name]:
                errors.setdefault(name, []).append("Loomis needs this of a safe: fill it in.")
    if errors or fault_at is None:
        raise ValidationError(dict(errors))
    return Checked(
        account=account,
        device=atm.number if atm else safe.serial_number if safe else "",
        atm=atm,
        safe=safe,
        site=site,
        fault_code=code.code if code else "",
        fault_at=fault_at,
        texts=texts,
        amounts=amounts,
        currency=currency,
        left_out=tuple(name for name in (OF_SAFES if is_atm else OF_ATMS) if getattr(wanted, name)),
    )


def device_of(
    account: LoomisAccount, device: str, now: dt.datetime, errors: dict[str, list[str]]
) -> tuple[Atm | None, Safe | None, Site | None]:
    """The device of that name under an account, and where it stands; what is wrong with it goes into ``errors``."""
    name = device.strip().upper()
    shown = device.strip()[:64]
    if not name:
        errors["device"] = ["Say which device it is about."]
    elif account.dialect == LoomisAccount.Dialect.ATM:
        atm = Atm.objects.select_related("account", "site").filter(number=name).first()
        if atm is None:
            errors["device"] = [f"There is no ATM {shown}: add it first."]
        elif atm.account_id != account.pk:
            errors["device"] = [f"The ATM {atm} belongs to the account {atm.account}, not to {account}."]
        elif not atm.active:
            errors["device"] = [f"The ATM {atm} is not active."]
        else:
            return atm, None, atm.site
    else:
        safe = Safe.objects.filter(serial_number=name).first()
        if safe is None:
            errors["device"] = [f"There is no safe {shown}: add it first."]
        elif safe.status == Safe.Status.RETIRED:
            errors["device"] = [f"The safe {safe} is retired."]
        else:
            placed = safe.placements.filter(starts_on__lte=now.date()).select_related("site").order_by("-starts_on")
            first = placed.first() or safe.placements.select_related("site").order_by("starts_on").first()
            return None, safe, first.site if first else None
    return None, None, None


def _fault_code(account: LoomisAccount, text: str, errors: dict[str, list[str]]) -> FaultCode | None:
    wanted = text.strip()
    if not wanted:
        if account.dialect == LoomisAccount.Dialect.ATM:
            errors["fault_code"] = ["Loomis needs a fault code of an ATM: choose one."]
        return None
    known = list(FaultCode.objects.filter(account=account, code__iexact=wanted))
    # As written, before another spelling of it.
    code = next((one for one in known if one.code == wanted), known[0] if known else None)
    if code is None:
        errors["fault_code"] = [f"The account {account} has no fault code “{wanted[:60]}”."]
    elif not code.active:
        errors["fault_code"] = [f"The fault code {code} is used no more."]
    else:
        return code
    return None


def _fault_time(moment: dt.datetime | None, now: dt.datetime, errors: dict[str, list[str]]) -> dt.datetime | None:
    if moment is None:
        errors["fault_time"] = ["Say when it began, such as 2026-11-16T15:17:48Z."]
    elif moment.tzinfo is None:
        errors["fault_time"] = ["Say in which time zone: end it with Z for UTC, or with an offset such as -06:00."]
    elif moment > now + CLOCKS_APART:
        errors["fault_time"] = ["It lies in the future: say when the fault began."]
    elif moment < EARLIEST:
        errors["fault_time"] = ["It lies too far back to be meant."]
    else:
        return moment.astimezone(dt.UTC)
    return None


def _amounts(
    given: Mapping[str, Any], currency: str, code: FaultCode | None, errors: dict[str, list[str]]
) -> dict[str, str]:
    """Whole amounts above zero by denomination, as texts; zero is what Loomis takes anyhow."""
    wrong: list[str] = []
    found: dict[str, str] = {}
    for name, value in given.items():
        denomination, amount = _whole(name), _whole(value)
        if denomination is None or denomination < 1:
            wrong.append(f"“{str(name)[:20]}” is no denomination.")
        elif denomination not in DENOMINATIONS.get(currency, (denomination,)):
            said = ", ".join(map(str, DENOMINATIONS[currency]))
            wrong.append(f"Loomis has no {denomination} {currency}: {said} are its denominations.")
        elif str(denomination) in found:
            wrong.append(f"{denomination} is given twice.")
        elif amount is None:
            wrong.append(f"“{str(value)[:20]}” of {denomination} is no whole amount of {currency}.")
        elif amount < 0:
            wrong.append(f"{amount} of {denomination} is below zero.")
        elif amount > MOST_OF_A_DENOMINATION:
            wrong.append(f"{amount} of {denomination} is too much to be meant.")
        elif amount % denomination:
            wrong.append(f"{amount} cannot be paid out in {denomination}s: it is not divisible by {denomination}.")
        else:
            found[str(denomination)] = str(amount)
    sent = {denomination: amount for denomination, amount in found.items() if amount != "0"}
    if not wrong and code is not None and code.amounts_required and not sent:
        wrong.append(f"The fault code {code} needs amounts: say how much of which denomination.")
    if wrong:
        errors["amounts"] = wrong
    return sent


def _whole(value: Any) -> int | None:
    """A whole number, from a number or its plain digits, 1020 or 1020.00; None for anything else."""
    found = None if isinstance(value, bool) else _WHOLE.fullmatch(str(value).strip())
    return int(found[1]) if found else None


def _texts(wanted: Wanted, names: tuple[str, ...], errors: dict[str, list[str]]) -> dict[str, str]:
    texts = {name: str(getattr(wanted, name)).strip() for name in names}
    for name, text in texts.items():
        longest = LONGEST.get(name, LONGEST_TEXT)
        if len(text) > longest:
            errors.setdefault(name, []).append(f"It is longer than {longest} characters.")
        elif any(c < " " and c not in "\t\r\n" for c in text):
            errors.setdefault(name, []).append("It has signs in it that no text has.")
    status = texts.get("device_status")
    if status:
        named = {choice.lower(): choice for choice in Incident.DeviceStatus.values}
        texts["device_status"] = named.get(status.lower(), "")
        if not texts["device_status"]:
            errors["device_status"] = ["It is Active or Inactive."]
    if texts.get("contact_email"):
        try:
            validate_email(texts["contact_email"])
        except ValidationError:
            errors["contact_email"] = ["That is no e-mail address."]
    return texts


def from_finding(finding: Finding) -> dict[str, str]:
    """What a finding says beforehand of an incident that is raised from it: safe, subject, description."""
    return {
        "device": finding.safe.serial_number if finding.safe else "",
        "subject": finding.kind.replace("_", " ").capitalize()[: LONGEST["subject"]],
        "description": finding.summary,
    }
