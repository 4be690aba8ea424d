"""rotate_push_key NAME"""

from __future__ import annotations

import datetime as dt

from safes.key_commands import RotateCommand
from transactions.endpoints import rotate


class Command(RotateCommand):
    help = (
        "Gives an endpoint a new key and shows it, this once. The old one works until the overlap ends and the new one "
        "has been used; with --overlap 0 it lapses at once."
    )
    holder = "endpoint"
    key = "key"
    in_words = "The new key of"

    def rotate(self, name: str, overlap: dt.timedelta) -> tuple[str, dt.datetime]:
        return rotate(name, overlap)
