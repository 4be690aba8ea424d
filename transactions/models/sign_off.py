"""The signatures of a site's business days: who prepared and who approved which figures, and whether they stand."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from safes.models import Site


class SignOff(models.Model):
    """How far a site's business day is signed, with all its safes. DOMAIN.md section 2, "Sign-off".

    A preparation, and a signature, are of figures (transactions.reconciliation.signing.figures) and stand as long as
    the books have them. The status follows; written by transactions.reconciliation.signing alone, under the lock on
    the site. A day that nobody has touched has no row, and is open.
    """

    class Status(models.TextChoices):
        OPEN = "open", "open"
        PREPARED = "prepared", "prepared"
        SIGNED = "signed", "signed"
        REOPENED = "reopened", "reopened"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_index=False, related_name="+")
    business_date = models.DateField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    # The preparation that waits for approval.
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    prepared_at = models.DateTimeField(null=True, blank=True)
    prepared_figures = models.JSONField(null=True, blank=True)
    # The last signature.
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who prepared what was signed.",
    )  # fmt: skip
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    signed_figures = models.JSONField(null=True, blank=True)
    is_taken_back = models.BooleanField(
        default=False, help_text="Whether a person reopened it: the signature stands no more, whatever the figures."
    )

    class Meta:
        ordering = ["-business_date", "site"]
        verbose_name = "sign-off"
        default_permissions = ("view",)
        permissions = [
            ("prepare_signoff", "Can prepare a day for signing, and comment on it"),
            ("approve_signoff", "Can approve, send back and reopen a day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["site", "business_date"], name="sign_off_once"),
            models.CheckConstraint(condition=~Q(signed_by=F("approved_by")), name="sign_off_by_two_people"),
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=True, prepared_at__isnull=True, prepared_figures__isnull=True)
                | Q(prepared_by__isnull=False, prepared_at__isnull=False, prepared_figures__isnull=False),
                name="sign_off_prepared_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    signed_by__isnull=True,
                    approved_by__isnull=True,
                    approved_at__isnull=True,
                    signed_figures__isnull=True,
                )
                | Q(
                    signed_by__isnull=False,
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    signed_figures__isnull=False,
                ),
                name="sign_off_signed_as_a_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status="prepared") | Q(prepared_by__isnull=False), name="sign_off_prepared_has_a_preparer"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "prepared"]) | Q(approved_by__isnull=False),
                name="sign_off_signed_has_an_approver",
            ),
        ]
        indexes = [
            # The desk asks for what waits; nearly all of the rest is signed.
            models.Index(fields=["business_date", "site"], condition=~Q(status="signed"), name="sign_off_not_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.site.code} on {self.business_date}"


class SignOffEvent(models.Model):
    """Who did what to a day, and when. Nobody changes or deletes one: the database refuses it."""

    class What(models.TextChoices):
        COMMENTED = "commented", "commented"
        PREPARED = "prepared", "prepared"
        SENT_BACK = "sent back", "sent back"
        APPROVED = "approved", "approved"
        REOPENED = "reopened", "reopened"
        LAPSED = "lapsed", "preparation lapsed"
        RESTORED = "restored", "signature stands again"

    sign_off = models.ForeignKey(SignOff, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="Empty: the system, since the figures changed.",
    )  # fmt: skip
    what = models.CharField(max_length=10, choices=What.choices)
    text = models.TextField(blank=True)
    figures = models.JSONField(null=True, blank=True, help_text="What was prepared, approved, or seen then.")

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(what__in=["reopened", "lapsed", "restored"]),
                name="sign_off_event_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} at {self.at}"
