"""Safes that only test endpoints told of: in the list like others that nobody registered, and said to be for trials.

They open no finding, since nothing of theirs is in the books. The first row that a production endpoint shows of one
opens it.
"""

from __future__ import annotations

from django.db.models import Case, Exists, OuterRef, Value, When

from safes.admin.safes import SafeAdmin
from safes.models import Safe
from transactions.models import AuditEvent, Book, Transaction

_IN_THE_BOOKS = {"safe": OuterRef("pk"), "book": Book.PRODUCTION}

# Asked of the unregistered alone: of the others it says nothing, and they have years of rows.
SafeAdmin.known_from_trials_alone = Case(
    When(
        ~Exists(Transaction.objects.filter(**_IN_THE_BOOKS)) & ~Exists(AuditEvent.objects.filter(**_IN_THE_BOOKS)),
        status=Safe.Status.UNREGISTERED,
        then=Value(True),
    ),
    default=Value(False),
)
