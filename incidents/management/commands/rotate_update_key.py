"""rotate_update_key NAME"""

from __future__ import annotations

import datetime as dt

from incidents.arranging import rotate
from safes.key_commands import RotateCommand


class Command(RotateCommand):
    help = (
        "Gives a Loomis account a new key for updates and shows it, this once. The old one works until the overlap "
        "ends and the new one has been used; with --overlap 0 it lapses at once."
    )
    holder = "account"
    key = "update_key"
    in_words = "The new key for updates of"

    def rotate(self, name: str, overlap: dt.timedelta) -> tuple[str, dt.datetime]:
        return rotate(name, overlap)
