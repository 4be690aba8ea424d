from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config.backup import restore
from safes.commands import Result, SentenceCommand


class Command(SentenceCommand):
    help = "Brings a backup back, all or nothing, and compares the rows of each table with those of that moment."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the .dump; its .json lies beside it")
        parser.add_argument("--into", metavar="NAME", help="a new database; unless given, the configured one, if empty")

    def work(self, **options: Any) -> Result:
        return restore(options["file"], options["into"])

    def tell(self, result: Result) -> str:
        return (
            f"Restored into {result['database']}: {result['rows']} rows of {result['tables']} tables, each as many as "
            f"on {result['made_at']}."
        )
