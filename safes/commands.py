"""What all management commands share: one JSON object on stdout with --json, and sentences instead of tracebacks.

CONTRACT.md, "Management commands".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, IntegrityError

from safes.history import on_occasion

Result = dict[str, Any]


class Error(CommandError):
    """What went wrong, as a sentence that says what to do. It is printed as “Error: …”, and the command exits 1."""


class SentenceCommand(BaseCommand):
    """A command that answers with ``work()`` and is told about with ``tell()``.

    Logs go to stderr by the logging settings, so that stdout is the answer alone.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer with one JSON object on stdout")
        self.add_options(parser)

    def add_options(self, parser: CommandParser) -> None:
        """The command's own arguments."""

    def work(self, **options: Any) -> Result:
        """Do it, and say what came of it, in what JSON can hold."""
        raise NotImplementedError

    def tell(self, result: Result) -> str:
        """The same for a person at the keyboard."""
        raise NotImplementedError

    def complaint(self, result: Result) -> str | None:
        """A sentence if, though all was done that could be, the command must exit 1."""
        return None

    def handle(self, *args: Any, **options: Any) -> None:
        with _sentences(), on_occasion(f"command {type(self).__module__.rpartition('.')[2]}"):
            result = self.work(**options)
        self.stdout.write(json.dumps(result) if options["json"] else self.tell(result))
        complaint = self.complaint(result)
        if complaint:
            raise Error(complaint)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # Its complaints come to us as CommandError and end as all errors do: a sentence, and exit 1.
        parser.called_from_command_line = False
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as error:  # of the parser: what the work raises was caught below us
            self.stderr.write(str(error))
            sys.exit(1)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn what services raise into one sentence each."""
    try:
        yield
    except ValidationError as error:
        raise Error(in_words(error)) from None
    except ValueError as error:
        raise Error(str(error)) from None
    except IntegrityError as error:
        raise Error(f"The database refused it, since it contradicts what is there: {_first_line(error)}") from None
    except DatabaseError as error:
        raise Error(f"The database did not do it; is it up, and migrated? It says: {_first_line(error)}") from None


def in_words(error: ValidationError) -> str:
    """All messages of a validation error, those of fields after the field's name."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    parts = []
    for name, messages in error.message_dict.items():
        text = " ".join(messages)
        parts.append(text if name == NON_FIELD_ERRORS else f"{name.replace('_', ' ').capitalize()}: {text}")
    return " ".join(parts)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
