"""add_feed NAME --url …"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from safes.commands import Result, SentenceCommand
from transactions.feeds.arranging import add_feed
from transactions.models import Feed
from transactions.models.endpoint import Environment


class Command(SentenceCommand):
    help = "Makes a feed: a folder on a server that is looked through for Loomis's files."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--url", required=True, help="ftp://user@host:port/folder, ftps://…, sftp://… or file:///folder"
        )
        parser.add_argument("--pattern", default="*.xml", help="the names that are taken; * and ? stand for any")
        parser.add_argument("--password-env", default="", metavar="VAR", help="the variable that holds the password")
        parser.add_argument("--host-key", default="", help="SFTP: the server's public key, or SHA256:… of it")
        parser.add_argument(
            "--settle", type=int, default=60, metavar="SECONDS", help="how long a file must stand still"
        )
        parser.add_argument("--poll", type=int, default=300, metavar="SECONDS", help="how often it is looked through")
        parser.add_argument("--after", choices=Feed.After.values, default=Feed.After.LEAVE.value)
        parser.add_argument("--archive-folder", default="archive")
        parser.add_argument("--environment", choices=Environment.values, default=Environment.PRODUCTION.value)

    def work(self, **options: Any) -> Result:
        feed = add_feed(
            options["name"],
            options["url"],
            pattern=options["pattern"],
            password_env=options["password_env"],
            host_key=options["host_key"],
            settle_seconds=options["settle"],
            poll_seconds=options["poll"],
            after=options["after"],
            archive_folder=options["archive_folder"],
            environment=options["environment"],
        )
        return {"feed": feed.name, "url": feed.url, "pattern": feed.pattern}

    def tell(self, result: Result) -> str:
        return (
            f"Feed {result['feed']} was made: files {result['pattern']} in {result['url']}. "
            f"“poll_feeds {result['feed']}” looks through it now."
        )
