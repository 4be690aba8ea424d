"""What a machine account may do, by its role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from safes.models import MachineAccount
from safes.models.machine_account import Role

if TYPE_CHECKING:  # the module of views asks for this one while it is being read
    from rest_framework.views import APIView

READERS = frozenset({Role.READER, Role.BACK_OFFICE, Role.ADMINISTRATOR})


class ReadsBooks(BasePermission):
    """Readers, back offices and administrators read /api/v1/."""

    message = "This account may not read here; one with the role reader, back_office or administrator may."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, MachineAccount) and request.user.role in READERS
