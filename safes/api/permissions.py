"""What a machine account may do, by its role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from safes.models import MachineAccount
from safes.models.machine_account import Role

if TYPE_CHECKING:  # the module of views asks for this one while it is being read
    from rest_framework.views import APIView

READERS = frozenset({Role.READER, Role.BACK_OFFICE, Role.ADMINISTRATOR})
WRITERS = READERS - {Role.READER}


class ReadsBooks(BasePermission):
    """Readers, back offices and administrators read /api/v1/."""

    message = "This account may not read here; one with the role reader, back_office or administrator may."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, MachineAccount) and request.user.role in READERS


class KeepsBooks(ReadsBooks):
    """The same read; back offices and administrators also write, where a door takes anything in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS or not super().has_permission(request, view):
            return super().has_permission(request, view)
        self.message = "This account may only read; one with the role back_office or administrator may write."
        return request.user.role in WRITERS
