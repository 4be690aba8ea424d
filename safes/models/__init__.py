from safes.models import people as people  # hangs a history on users
from safes.models.attachment import Attachment
from safes.models.estate import Placement, Register, Safe, Site
from safes.models.export import Export
from safes.models.finding import Finding, FindingNote
from safes.models.idempotent_call import IdempotentCall
from safes.models.machine_account import MachineAccount
from safes.models.machine_key import MachineKey
from safes.models.saved_filter import SavedFilter

__all__ = [
    "Attachment",
    "Export",
    "Finding",
    "FindingNote",
    "IdempotentCall",
    "MachineAccount",
    "MachineKey",
    "Placement",
    "Register",
    "Safe",
    "SavedFilter",
    "Site",
]
