"""Accounts of other systems: tills, the site, the call centre, back-office systems. People are Django's users."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper

from safes.history import History


class Role(models.TextChoices):
    """What a system may do; CONTRACT.md, add_api_user."""

    TILL = "till", "till"
    CLIENT = "client", "client"
    CC_OPERATOR = "cc_operator", "call centre operator"
    MARKETER = "marketer", "marketer"
    SENIOR_EMPLOYEE = "senior_employee", "senior employee"
    DIRECTOR = "director", "director"
    ADMINISTRATOR = "administrator", "administrator"
    BACK_OFFICE = "back_office", "back office"
    READER = "reader", "reader"


class MachineAccount(models.Model):
    """A system that calls us, and what it may do. Its password and its token are keys of MachineKey."""

    username = models.CharField(
        max_length=100,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._@-]*\Z", "Letters, digits, . _ @ - only.")],
    )
    role = models.CharField(max_length=16, choices=Role.choices)
    active = models.BooleanField(default=True, help_text="An inactive account is answered 401.")
    created_at = models.DateTimeField(auto_now_add=True)

    history = History()

    # What Django and REST framework ask of whoever calls.
    is_anonymous = False
    is_authenticated = True

    class Meta:
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(Upper("username"), name="machine_account_unique_without_case"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values),
                name="machine_account_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.username
