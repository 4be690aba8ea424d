"""Calls that carried an Idempotency-Key, and what they were answered."""

from __future__ import annotations

from django.db import models

from safes.models.machine_account import MachineAccount


class IdempotentCall(models.Model):
    """What an account was answered to a call it may repeat. Written by safes.api.idempotency alone."""

    account = models.ForeignKey(MachineAccount, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the method, the address and the body.")
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True, help_text="As it was said, JSON.")
    called_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="idempotent_call_once_per_key")]
        indexes = [models.Index(fields=["called_at"], name="idempotent_call_by_age")]

    def __str__(self) -> str:
        return self.key
