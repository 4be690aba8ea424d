"""What the services refuse, as problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from rest_framework import exceptions


@contextmanager
def in_their_words(names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Sentences by field as 400; ``names`` of fields that are called otherwise out there."""
    try:
        yield
    except ValidationError as error:
        said = {(names or {}).get(name, name): sentences for name, sentences in error.message_dict.items()}
        raise exceptions.ValidationError(said) from None
