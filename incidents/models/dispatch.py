"""The outbox: what has to go out to Loomis, and each try of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident


class Dispatch(models.Model):
    """A message of ours that has to reach Loomis; written in the transaction that wants it (incidents.outbox)."""

    class Kind(models.TextChoices):
        DISPATCH = "dispatch", "dispatch"
        CANCEL = "cancel", "cancel"

    class State(models.TextChoices):
        HELD = "held", "held"  # a cancel that waits for Loomis's number
        DUE = "due", "due"  # at next_attempt_at
        CLAIMED = "claimed", "claimed"  # somebody is sending it
        DONE = "done", "done"
        UNKNOWN = "unknown", "outcome unknown"  # it may have arrived: a person decides, or Loomis's answer does
        DEAD = "dead", "dead letter"  # it did not arrive and is tried no more, unless a person sends it again
        DROPPED = "dropped", "dropped"  # not wanted any more before it went out

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="dispatches")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    first_attempt_at = models.DateTimeField(null=True)
    attempts_made = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(
        default=0, help_text="Since it was queued, or sent again: what backoff is of."
    )
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, help_text="Why the last try failed, in a sentence.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "dispatches"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["incident", "kind"], name="dispatch_once_a_kind"),
            models.CheckConstraint(
                condition=~Q(state="due") | Q(next_attempt_at__isnull=False), name="dispatch_due_has_its_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(claimed_at__isnull=False), name="dispatch_claimed_has_its_time"
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="dispatch_due", condition=Q(state="due")),
            models.Index(fields=["claimed_at"], name="dispatch_claimed", condition=Q(state="claimed")),
            models.Index(fields=["state"], name="dispatch_not_done", condition=~Q(state__in=["done", "dropped"])),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.incident}"


class Attempt(models.Model):
    """One try: written before the request goes out, completed after. Without an end, its worker died meanwhile."""

    class Outcome(models.TextChoices):
        UNDER_WAY = "", "under way"
        DELIVERED = "delivered", "delivered"
        NOT_ARRIVED = "not_arrived", "did not arrive"  # surely: it is tried again
        REFUSED = "refused", "refused"  # as it is, it never will be taken
        UNKNOWN = "unknown", "unknown"  # it may have arrived

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.UNDER_WAY, blank=True)
    may_have_arrived = models.BooleanField(
        default=False, help_text="After it, “Duplicate” may mean this very try. Also while under way."
    )
    given_up = models.BooleanField(
        default=False, help_text="Its worker was taken for dead; what it says later does not take the doubt back."
    )
    status = models.PositiveIntegerField(null=True, help_text="HTTP status of the answer.")
    error = models.TextField(blank=True, help_text="What went wrong, in a sentence.")
    response = models.BinaryField(blank=True, default=b"", help_text="What was answered, up to a bound.")
    response_size = models.PositiveBigIntegerField(null=True, help_text="Bytes of the answer, as far as it was read.")
    # What was answered is a message of Loomis's that has not been taken in as one yet (incidents.outbox.outcomes).
    answer_waits = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["dispatch", "number"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["dispatch", "number"], name="attempt_numbered")]
        indexes = [models.Index(fields=["ended_at"], name="attempt_answer_waits", condition=Q(answer_waits=True))]

    def __str__(self) -> str:
        return f"try {self.number} of {self.dispatch}"
