"""Where the machines stand: sites, safes, the placements that join them, and registers."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper

from safes.history import History


def validate_zone(name: str) -> None:
    """Refuse what is not an IANA time zone, before it dates cash wrongly."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(
            "“%(name)s” is not a time zone: give an IANA name such as America/Chicago.",
            params={"name": name[:60]},
        ) from None


def validate_rollover(rollover: dt.timedelta) -> None:
    if not dt.timedelta(0) <= rollover < dt.timedelta(hours=24):
        raise ValidationError("The day rollover lies between 00:00 and 23:59 after midnight.")


class Site(models.Model):
    """A place of business. Its zone, rollover and currency give meaning to what its safes say."""

    code = models.CharField(
        max_length=40,
        validators=[RegexValidator(r"\A[\w.-]+\Z", "Letters, digits, . _ - only.")],
    )
    name = models.CharField(max_length=200)
    time_zone = models.CharField(
        max_length=64,
        validators=[validate_zone],
        help_text="IANA name: America/Chicago",
    )
    day_rollover = models.DurationField(
        default=dt.timedelta(hours=6),
        validators=[validate_rollover],
        help_text="How long after midnight the business day begins (06:00:00).",
    )
    currency = models.CharField(max_length=3, default="USD", validators=[RegexValidator(r"\A[A-Z]{3}\Z")])
    tolerance = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        default=Decimal("5.00"),
        help_text="A difference up to this needs no comment.",
    )

    history = History()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(Upper("code"), name="site_code_unique_without_case"),
            models.CheckConstraint(
                condition=models.Q(
                    day_rollover__gte=dt.timedelta(0),
                    day_rollover__lt=dt.timedelta(hours=24),
                ),
                name="site_rollover_within_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"),
                name="site_currency_is_iso",
            ),
            models.CheckConstraint(condition=models.Q(tolerance__gte=0), name="site_tolerance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Safe(models.Model):
    """A smart safe. Made by itself, unregistered, when a transaction names a serial number nobody knows."""

    class Status(models.TextChoices):
        UNREGISTERED = "unregistered", "unregistered"
        ACTIVE = "active", "active"
        RETIRED = "retired", "retired"

    serial_number = models.CharField(max_length=64, help_text="Kept in upper case; case does not count.")
    model = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    first_seen_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = History()

    class Meta:
        ordering = ["serial_number"]
        constraints = [
            models.UniqueConstraint(fields=["serial_number"], name="safe_serial_unique"),
            # With this, the plain unique above is unique without regard to case, and look-ups stay plain equality.
            models.CheckConstraint(
                condition=models.Q(serial_number=Upper("serial_number")) & ~models.Q(serial_number=""),
                name="safe_serial_in_upper_case",
            ),
        ]

    def __str__(self) -> str:
        return self.serial_number


class Placement(models.Model):
    """From which local date on a safe stands at a site. The earliest one also holds for all dates before it."""

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, related_name="placements")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="placements")
    starts_on = models.DateField(help_text="First local date at this site.")

    history = History()

    class Meta:
        ordering = ["safe", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["safe", "starts_on"], name="placement_one_site_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.safe} at {self.site} from {self.starts_on}"


class Register(models.Model):
    """A till at a site, by the name the safe and the tills give it. "0" is a name like any other."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="registers")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=200, blank=True)
    confirmed = models.BooleanField(
        default=True, help_text="Takings make a register that nobody knows; a person confirms that there is one."
    )

    history = History()

    class Meta:
        ordering = ["site", "code"]
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="register_unique_at_site")]

    def __str__(self) -> str:
        return self.code
