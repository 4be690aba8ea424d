"""E-mail in production before anybody has named a server: it fails with a sentence, instead of unseen in a log."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage


class EmailBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Raises OSError, as a server does that cannot be reached."""
        raise OSError("no mail server is named: set EMAIL_URL")
