"""What doors that take something in share: bodies that are read as JSON whatever they are called, exactly."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from django.http import UnreadablePostError
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


def read_json(request: Request) -> Any:
    """What the body says; numbers with a point as Decimal. Content types are ignored (CONTRACT.md, "Also").

    Raises ValidationError for what is not JSON.
    """
    try:
        text = request.body.decode("utf-8-sig")
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except UnreadablePostError:
        sentence = "The body broke off; send it again."
    except UnicodeDecodeError:
        sentence = "The body is not UTF-8."
    except json.JSONDecodeError as error:
        sentence = f"The body is not JSON: {error.msg}, line {error.lineno}, column {error.colno}."
    except RecursionError:
        sentence = "The body is not JSON that can be read: it is nested too deeply."
    except (ValueError, ArithmeticError):
        sentence = "The body is not JSON that can be read: a number in it is none, or out of all range."
    raise ValidationError({"body": [sentence]})


def refuse_parameters(request: Request) -> None:
    """Raise ValidationError for what stands in the query of a door that reads its body alone."""
    if request.query_params:
        raise ValidationError({name: ["There is no such parameter here."] for name in request.query_params})


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
