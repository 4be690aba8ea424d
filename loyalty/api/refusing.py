"""What the services refuse, as problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from rest_framework import exceptions

from loyalty.bonuses.refusals import Conflict, NoSuchCard, NoSuchThing


class CardNotFound(exceptions.NotFound):
    """404 for a card, which counts as a miss of whoever tries numbers (loyalty.throttle)."""


class Refused(exceptions.APIException):
    """409: it cannot be done as it stands."""

    status_code = 409


@contextmanager
def in_their_words(names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Sentences by field as 400, ``names`` of fields that are called otherwise out there; 404, and 409."""
    try:
        yield
    except ValidationError as error:
        said = {(names or {}).get(name, name): sentences for name, sentences in error.message_dict.items()}
        raise exceptions.ValidationError(said) from None
    except NoSuchCard as error:
        raise CardNotFound(str(error)) from None
    except NoSuchThing as error:
        raise exceptions.NotFound(str(error)) from None
    except Conflict as error:
        raise Refused(str(error)) from None
