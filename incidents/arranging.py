"""Loomis accounts, ATMs and fault codes: making them, and changing their keys. Commands and the admin call the same."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.transaction import atomic, on_commit
from django.urls import reverse

from incidents.following import look_again
from incidents.models import Atm, FaultCode, LoomisAccount
from safes.history import note
from safes.keys import DEFAULT_OVERLAP, issue_key, lapse_in_words, refuse_if_changed, rotate_key
from safes.keys import newest_key_id as newest_id
from safes.models import MachineKey, Site
from safes.remote import parse_address
from safes.sealing import seal

SCOPE = MachineKey.Scope.INCIDENT_UPDATES


def update_url(name: str) -> str:
    """The absolute URL that Loomis is told to send updates to."""
    public: str = settings.PUBLIC_URL
    return public + reverse("incident-updates", args=[name])


@atomic
def create(account: LoomisAccount, credential: str = "") -> tuple[LoomisAccount, str]:
    """Store an account that is not stored yet, with its first update key, which is kept nowhere.

    ``credential``: the value of its header, or its password of SFTP. Raises ValidationError, with sentences.
    """
    if LoomisAccount.objects.filter(name=account.name.replace("\x00", "")).exists():
        raise ValidationError(f"There is a Loomis account {account.name} already: choose another name.")
    account.sealed_credential = _sealed(account, credential)
    _check(account)
    account.save()
    _, key = issue_key(SCOPE, account.pk)
    return account, key


@atomic
def save(account: LoomisAccount, credential: str | None = None) -> LoomisAccount:
    """Store what was edited; None leaves the credential as it is, "" takes it away. Raises ValidationError.

    What became of reaching Loomis is written by others, so those columns are left as they are.
    """
    before = LoomisAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    if (account.name, account.dialect) != (before.name, before.dialect):
        raise ValidationError("Name and dialect of an account are fixed once it is made; add another account.")
    account.sealed_credential = before.sealed_credential if credential is None else _sealed(account, credential)
    _check(account)
    account.save(
        update_fields=[
            *("customer_number", "service_provider", "transport", "dispatch_url", "auth_header", "sealed_credential"),
            *("host_key", "bank_name", "key_name", "acknowledge_minutes", "notify", "active"),
        ]
    )
    if account.acknowledge_minutes != before.acknowledge_minutes:
        on_commit(lambda: look_again(account.pk), robust=True)
    return account


def _sealed(account: LoomisAccount, credential: str) -> str:
    """Raises ValidationError, with a sentence, for what no header can hold."""
    in_header = account.transport == LoomisAccount.Transport.HTTP
    if "\x00" in credential or (in_header and not (credential.isascii() and f"x{credential}".isprintable())):
        raise ValidationError("The credential has signs in it that cannot be sent: give plain characters on one line.")
    return seal(credential)


def _check(account: LoomisAccount) -> None:
    """Raises ValidationError with sentences by field."""
    account.full_clean(validate_constraints=False)
    go_together(account)
    account.validate_constraints()


def go_together(account: LoomisAccount) -> None:
    """Raises ValidationError with sentences by field where dialect, transport and URL are not of each other."""
    is_files = account.transport == LoomisAccount.Transport.SFTP
    if is_files and account.dialect != LoomisAccount.Dialect.ATM:
        raise ValidationError({"transport": ["SafePoint incidents go by HTTP alone."]})
    if is_files != account.dispatch_url.lower().startswith("sftp://"):
        wanted = "sftp://user@host/" if is_files else "https://host/path"
        raise ValidationError({"dispatch_url": [f"With this transport the URL is one as {wanted}."]})
    if is_files:
        address, _ = parse_address(account.dispatch_url)
        if not address.user:
            raise ValidationError({"dispatch_url": ["Name the user: sftp://user@host/."]})
        if not account.bank_name.strip():
            raise ValidationError({"bank_name": ["Names of files begin with it: give the name that Loomis knows."]})


@atomic
def rotate(
    name: str, overlap: dt.timedelta = DEFAULT_OVERLAP, *, newest_known: int | None = None
) -> tuple[str, dt.datetime]:
    """A new update key for an account, and the earliest time (UTC) at which the old ones lapse, as for push keys.

    Raises ValueError, with a sentence.
    """
    try:
        account = LoomisAccount.objects.select_for_update(no_key=True).get(name=name)
    except ObjectDoesNotExist:
        raise ValueError(f"There is no Loomis account {name[:60]}; add_loomis_account makes one.") from None
    refuse_if_changed([SCOPE], account.pk, newest_known)
    key, until = rotate_key(SCOPE, account.pk, overlap)
    note(account, f"key changed; those before it {lapse_in_words(until, overlap)}")
    return key, until


def newest_key_id(account: LoomisAccount) -> int:
    return newest_id([SCOPE], account.pk)


def account_named(name: str) -> LoomisAccount:
    """Raises ValueError, with a sentence, where there is none."""
    account = LoomisAccount.objects.filter(name=name).first()
    if account is None:
        raise ValueError(f"There is no Loomis account {name[:60]}; add_loomis_account makes one.")
    return account


@atomic
def add_atm(number: str, account: LoomisAccount, site_code: str, *, model: str = "") -> Atm:
    """Make an ATM. Raises ValidationError or ValueError, with sentences."""
    site = Site.objects.filter(code__iexact=site_code).first()
    if site is None:
        raise ValueError(f"There is no site {site_code[:40]}; add_site makes one.")
    atm = Atm(number=number.strip().upper(), account=account, site=site, model=model.strip())
    if Atm.objects.filter(number=atm.number).exists():
        raise ValueError(f"There is an ATM {atm.number} already.")
    return keep_atm(atm)


@atomic
def keep_atm(atm: Atm) -> Atm:
    """Store a new ATM, or what was edited of one. Raises ValidationError or ValueError, with sentences."""
    if atm.account.dialect != LoomisAccount.Dialect.ATM:
        raise ValueError(f"The account {atm.account} is for safes: an ATM needs one of the dialect atm.")
    atm.number = atm.number.strip().upper()
    atm.full_clean()
    atm.save()
    return atm


@atomic
def add_fault_code(code: str, account: LoomisAccount, *, amounts: bool = False, description: str = "") -> FaultCode:
    """Make a fault code. Raises ValidationError or ValueError, with sentences."""
    made = FaultCode(code=code.strip(), account=account, amounts_required=amounts, description=description.strip())
    if FaultCode.objects.filter(account=account, code=made.code).exists():
        raise ValueError(f"The account {account} has the fault code {made.code} already.")
    return keep_fault_code(made)


@atomic
def keep_fault_code(code: FaultCode) -> FaultCode:
    """Store a new fault code, or what was edited of one. Raises ValidationError, with sentences."""
    code.full_clean()
    code.save()
    return code
