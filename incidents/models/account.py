"""Loomis accounts, and what they may be asked to see to: ATMs and fault codes."""

from __future__ import annotations

import datetime as dt
import ipaddress
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator, validate_email
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from safes.history import History
from safes.models import Site
from safes.remote import parse_address
from safes.remote.host_keys import pinned_fingerprint


def validate_dispatch_url(value: str) -> None:
    """https://…, http:// to this machine alone, or sftp://user@host/; no password in it."""
    if value.lower().startswith("sftp://"):
        try:
            password: str | None = parse_address(value)[1]
        except ValueError as error:
            raise ValidationError(str(error)) from None
    else:
        try:
            parts = urlsplit(value)
            host, password, _ = parts.hostname, parts.password, parts.port
        except ValueError:
            raise ValidationError("The URL cannot be read: write it as https://host/path.") from None
        if parts.scheme.lower() not in ("http", "https") or not host:
            raise ValidationError("The URL must begin with https:// or sftp://, and name a server.")
        if parts.scheme.lower() == "http" and not _is_loopback(host):
            raise ValidationError(
                "Loomis is reached by https:// alone; http:// is for this machine, to try things out."
            )
    if password:
        raise ValidationError("Leave the password out of the URL: it has a field of its own.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def validate_host_key(value: str) -> None:
    try:
        pinned_fingerprint(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def validate_addresses(value: str) -> None:
    """E-mail addresses with commas between."""
    for address in value.split(","):
        if address.strip():
            validate_email(address.strip())


class LoomisAccount(models.Model):
    """What was arranged with Loomis for one customer number: how dispatches go out, and how updates come in."""

    class Dialect(models.TextChoices):
        ATM = "atm", "ATM"
        SAFEPOINT = "safepoint", "SafePoint"

    class Transport(models.TextChoices):
        HTTP = "http", "HTTP"
        SFTP = "sftp", "SFTP"

    name = models.CharField(
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z", "Letters, digits, . _ - only.")],
        help_text="The last part of the address that Loomis sends updates to.",
    )
    dialect = models.CharField(
        max_length=10, choices=Dialect.choices, help_text="Fixed once made: incidents are written in it."
    )
    customer_number = models.CharField(max_length=60, help_text="As Loomis gave it.")
    service_provider = models.CharField(
        max_length=60, default="LOOMIS", help_text="Sent in XML, and returned by Loomis."
    )
    transport = models.CharField(max_length=4, choices=Transport.choices, default=Transport.HTTP)
    dispatch_url = models.CharField(
        "dispatch URL",
        max_length=500,
        validators=[validate_dispatch_url],
        help_text="https://host/path. SFTP: sftp://user@host:port/ above the folders to_loomis and from_loomis.",
    )
    auth_header = models.CharField(
        max_length=60,
        blank=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z", "The name of an HTTP header.")],
        help_text="HTTP: the header that holds the credential, such as Authorization. Empty: none.",
    )
    # The header's value, or the password of SFTP (safes.sealing).
    sealed_credential = models.TextField(blank=True, editable=False)
    host_key = models.TextField(
        blank=True,
        validators=[validate_host_key],
        help_text="SFTP: the server's key, or its fingerprint SHA256:… Another key is refused.",
    )
    bank_name = models.CharField(max_length=60, blank=True, help_text="SFTP: what names of files begin with.")
    key_name = models.CharField(
        max_length=60,
        default="Authorization",
        validators=[RegexValidator(r"\A[A-Za-z0-9_.-]+\Z", "Letters, digits, . _ - only.")],
        help_text="The header in which Loomis sends the key of its updates.",
    )
    acknowledge_minutes = models.PositiveIntegerField(
        default=30,
        validators=[MinValueValidator(1)],
        help_text="After so many minutes without an answer to a dispatch somebody is told.",
    )
    notify = models.CharField(
        max_length=500,
        blank=True,
        validators=[validate_addresses],
        help_text="Who is told by e-mail when a clock runs out or nothing goes out; addresses with commas between.",
    )
    active = models.BooleanField(
        default=True, help_text="An inactive account takes no new incidents and sends nothing; updates still come in."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # What became of reaching Loomis, either way.
    sent_at = models.DateTimeField(null=True, editable=False, help_text="When a dispatch last got through.")
    heard_at = models.DateTimeField(null=True, editable=False, help_text="When an update last came.")
    failing_since = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="In a row.")
    error = models.TextField(blank=True, editable=False, help_text="What is wrong, in a sentence.")
    polled_at = models.DateTimeField(null=True, editable=False, help_text="SFTP: when answers were last looked for.")
    poll_error = models.TextField(blank=True, editable=False)
    seen_files = models.JSONField(default=dict, editable=False, help_text="SFTP: sizes of files at the last look.")

    history = History(
        excluded_fields=[
            *("sealed_credential", "sent_at", "heard_at", "failing_since", "failures", "error"),
            *("polled_at", "poll_error", "seen_files"),
        ]
    )

    class Meta:
        ordering = ["name"]
        verbose_name = "Loomis account"
        constraints = [
            models.CheckConstraint(
                condition=Q(transport="http") | Q(dialect="atm"), name="loomis_account_files_are_of_atms"
            ),
            models.CheckConstraint(
                condition=Q(transport="sftp", dispatch_url__istartswith="sftp://")
                | Q(transport="http", dispatch_url__istartswith="http"),
                name="loomis_account_url_is_of_its_transport",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def acknowledge_within(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.acknowledge_minutes)


class Atm(models.Model):
    """A cash machine that Loomis sees to under one account. Its number is unique, without regard to case."""

    number = models.CharField(
        max_length=60,
        validators=[RegexValidator(r"\A\S(.*\S)?\Z", "Without spaces at its ends.")],
        help_text="Kept in upper case; case does not count.",
    )
    account = models.ForeignKey(LoomisAccount, on_delete=models.PROTECT, related_name="atms")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="atms")
    model = models.CharField(max_length=100, blank=True)
    active = models.BooleanField(default=True, help_text="An inactive one takes no new incidents.")

    history = History()

    class Meta:
        ordering = ["number"]
        verbose_name = "ATM"
        constraints = [
            models.UniqueConstraint(fields=["number"], name="atm_number_unique"),
            models.CheckConstraint(
                condition=Q(number=Upper("number")) & ~Q(number=""), name="atm_number_in_upper_case"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class FaultCode(models.Model):
    """What may be the matter, by the code that Loomis and this customer agreed on."""

    account = models.ForeignKey(LoomisAccount, on_delete=models.CASCADE, related_name="fault_codes")
    code = models.CharField(max_length=60, validators=[RegexValidator(r"\A\S(.*\S)?\Z", "Without spaces at its ends.")])
    description = models.CharField(max_length=200, blank=True)
    amounts_required = models.BooleanField(
        default=False, help_text="A cash add or swap: a dispatch with it says how much of each denomination."
    )
    active = models.BooleanField(default=True, help_text="An inactive one is offered no more.")

    history = History()

    class Meta:
        ordering = ["account", "code"]
        constraints = [models.UniqueConstraint(F("account"), F("code"), name="fault_code_once_an_account")]

    def __str__(self) -> str:
        return self.code
