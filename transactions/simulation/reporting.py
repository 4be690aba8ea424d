"""Telling Strongroom what the simulated tills say, by its API, as a cash register system would."""

from __future__ import annotations

from collections.abc import Iterable

import httpx

from transactions.simulation.checking import CheckError
from transactions.simulation.takings import Taking

_PATH = "/api/v1/takings"


def report(url: str, token: str, reports: Iterable[list[Taking]]) -> int:
    """Post each report, and say how many takings there were. Again does no harm: every one has its reference.

    Raises CheckError, with a sentence, when one is not taken.
    """
    told = 0
    with httpx.Client(base_url=url, headers={"Authorization": f"Token {token}"}, timeout=60) as client:
        for takings in reports:
            if not takings:
                continue
            try:
                answer = client.post(_PATH, json=[taking.as_json() for taking in takings])
            except httpx.HTTPError as error:
                raise CheckError(f"{url}{_PATH} does not answer ({error}).") from error
            if answer.status_code != 201:
                raise CheckError(f"{url}{_PATH} answers {answer.status_code}: {answer.text[:300]}")
            told += len(takings)
    return told
