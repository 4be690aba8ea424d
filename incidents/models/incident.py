"""An incident: what was reported to Loomis, and what has been proven of it since."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from incidents.models.account import Atm, LoomisAccount
from safes.models import Finding, MachineAccount, Safe, Site


class Incident(models.Model):
    """One dispatch and its life. State and what Loomis said follow from the messages (incidents.standing)."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        QUEUED = "queued", "queued"
        SENT = "sent", "sent"
        UNCONFIRMED = "unconfirmed", "unconfirmed"
        REFUSED = "refused", "refused"
        ACKNOWLEDGED = "acknowledged", "acknowledged"
        ACCEPTED = "accepted", "accepted"
        CANCELLED = "cancelled", "cancelled"
        CLOSED = "closed", "closed"

    class DeviceStatus(models.TextChoices):
        ACTIVE = "Active", "Active"
        INACTIVE = "Inactive", "Inactive"

    # Fixed before the first try, for ever (DOMAIN.md section 3, "Outbox").
    reference = models.CharField(max_length=30, unique=True, editable=False, help_text="Our number; Loomis returns it.")
    account = models.ForeignKey(LoomisAccount, on_delete=models.PROTECT, related_name="incidents")
    # The device as it is written to Loomis, and the row that it is; one of the two rows, by the account's dialect.
    device = models.CharField(max_length=64)
    atm = models.ForeignKey(Atm, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    safe = models.ForeignKey(Safe, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents", help_text="Where it stands."
    )
    # What is sent.
    fault_code = models.CharField(max_length=60, blank=True)
    fault_at = models.DateTimeField(help_text="When it began, UTC.")
    device_status = models.CharField(max_length=8, choices=DeviceStatus.choices, blank=True)
    notes = models.TextField(blank=True)
    amounts = models.JSONField(
        default=dict, blank=True, help_text='Whole units of currency by denomination, as texts: {"20": "1020"}.'
    )
    currency = models.CharField(max_length=3, default="USD", validators=[RegexValidator(r"\A[A-Z]{3}\Z")])
    subject = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_number = models.CharField(max_length=60, blank=True)
    contact_email = models.EmailField(blank=True)
    # What names its files, in UTC to the second, one of its own within the account.
    file_second = models.DateTimeField(editable=False)

    # Where it stands.
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED, editable=False)
    loomis_number = models.CharField(max_length=100, blank=True, editable=False)
    loomis_numbers = models.JSONField(default=list, editable=False, help_text="All that Loomis gave; more is wrong.")
    eta = models.DateTimeField("ETA", null=True, editable=False, help_text="Promised by Loomis, UTC: when it comes.")
    sla = models.DateTimeField(
        "SLA", null=True, editable=False, help_text="Promised by Loomis, UTC: until when it is done."
    )
    promised_at = models.DateTimeField(null=True, editable=False, help_text="When the promise that holds was heard.")
    closed_at = models.DateTimeField(null=True, editable=False, help_text="As Loomis says, UTC; of a close or cancel.")
    response_code = models.CharField(max_length=100, blank=True, editable=False)
    response_text = models.TextField(blank=True, editable=False)
    loomis_status = models.CharField(max_length=100, blank=True, editable=False, help_text="Status in SafePoint's ACK.")
    contradiction = models.BooleanField(default=False, editable=False, help_text="Two ends that contradict each other.")
    cancel_requested_at = models.DateTimeField(null=True, editable=False)
    cancel_requested_by = models.CharField(max_length=150, blank=True, editable=False)
    cancel_text = models.TextField(blank=True, editable=False)

    # How it came about, and the moments of its life, UTC.
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    raised_by_machine = models.ForeignKey(
        MachineAccount, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    finding = models.ForeignKey(
        Finding,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="incidents",
        help_text="What it was raised from.",
    )
    once = models.UUIDField(
        null=True, unique=True, editable=False, help_text="Of the form that raised it: who presses twice raises one."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True, editable=False)
    tried_at = models.DateTimeField(null=True, editable=False, help_text="Its first try.")
    sent_at = models.DateTimeField(
        null=True, editable=False, help_text="When it first got through, as far as is known."
    )
    changed_at = models.DateTimeField(auto_now=True)
    # When its clocks have to be looked at next; null: never again, as things stand.
    clock_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "file_second"], name="incident_second_once_an_account"),
            models.CheckConstraint(
                condition=Q(atm__isnull=False, safe__isnull=True) | Q(atm__isnull=True, safe__isnull=False),
                name="incident_of_an_atm_or_a_safe",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"]) | Q(queued_at__isnull=False),
                name="incident_queued_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "state"], name="incident_by_account"),
            models.Index(fields=["state", "-created_at"], name="incident_by_state"),
            models.Index(fields=["device", "-created_at"], name="incident_by_device"),
            models.Index(fields=["clock_at"], name="incident_clock", condition=Q(clock_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def dialect(self) -> str:
        return self.account.dialect
