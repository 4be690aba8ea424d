from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config.backup import back_up
from safes.commands import Result, SentenceCommand


class Command(SentenceCommand):
    help = "Writes the whole database into a file, with the rows of each table counted beside it. The system may run."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIRECTORY", help="where the two files go")

    def work(self, **options: Any) -> Result:
        return back_up(options["directory"])

    def tell(self, result: Result) -> str:
        return f"{result['file']}: {result['rows']} rows of {result['tables']} tables in {result['bytes']} bytes."
