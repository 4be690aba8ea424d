"""add_push_endpoint NAME"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from safes.commands import Result, SentenceCommand
from transactions.endpoints import add_endpoint, address
from transactions.models import PushEndpoint
from transactions.models.endpoint import Environment


class Command(SentenceCommand):
    help = "Makes an address that Loomis pushes to, and shows its key, this once."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the last part of the address")
        parser.add_argument("--key-name", default="Authorization", help="the name under which Loomis sends the key")
        parser.add_argument(
            "--placement", choices=PushEndpoint.Placement.values, default=PushEndpoint.Placement.HEADER.value
        )
        parser.add_argument("--environment", choices=Environment.values, default=Environment.PRODUCTION.value)
        parser.add_argument("--types", default="", metavar="A,B", help="the types Loomis was asked to send; none: all")
        parser.add_argument(
            "--metadata", nargs="+", default=[], metavar="NAME=VALUE", help="metadata Loomis was asked to send"
        )
        parser.add_argument("--batch-limit", type=int, default=1000, help="transactions a push at most, as arranged")
        parser.add_argument("--max-body-bytes", type=int, help="less than the installation takes")

    def work(self, **options: Any) -> Result:
        endpoint, key = add_endpoint(
            options["name"],
            key_name=options["key_name"],
            placement=options["placement"],
            environment=options["environment"],
            types=[name.strip() for name in options["types"].split(",") if name.strip()],
            expected_metadata=_pairs(options["metadata"]),
            batch_limit=options["batch_limit"],
            max_body_bytes=options["max_body_bytes"],
        )
        return {
            "endpoint": endpoint.name,
            "url": address(endpoint.name),
            "key_name": endpoint.key_name,
            "placement": endpoint.placement,
            "key": key,
        }

    def tell(self, result: Result) -> str:
        return (
            f"Endpoint {result['endpoint']} was made. Give Loomis's support:\n"
            f"  address    {result['url']}\n"
            f"  key name   {result['key_name']} (in the {result['placement']})\n"
            f"  key        {result['key']}\n"
            "The key is shown this once and kept nowhere; rotate_push_key makes another."
        )


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise ValueError(f"“{text[:60]}” is not NAME=VALUE: give --metadata such as Country=US.")
        pairs[name.strip()] = value
    return pairs
