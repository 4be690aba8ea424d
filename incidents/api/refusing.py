"""What the services refuse, as problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from rest_framework import exceptions

from incidents.raising import Conflict


class Conflicting(exceptions.APIException):
    """409: it cannot be done as it stands."""

    status_code = 409


@contextmanager
def in_their_words() -> Iterator[None]:
    """Sentences by field as 400, and what the incident's state does not allow as 409."""
    try:
        yield
    except ValidationError as error:
        named = error.message_dict if hasattr(error, "error_dict") else {"request": error.messages}
        raise exceptions.ValidationError(named) from None
    except Conflict as error:
        raise Conflicting(str(error)) from None
