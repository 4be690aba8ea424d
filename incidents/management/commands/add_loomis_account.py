"""add_loomis_account NAME --dialect … --customer-number … --dispatch-url …"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import CommandParser

from incidents.arranging import create, update_url
from incidents.models import LoomisAccount
from safes.commands import Result, SentenceCommand
from safes.remote import parse_address

_Transport = LoomisAccount.Transport


class Command(SentenceCommand):
    help = (
        "Makes an account under which incidents are sent to Loomis, and shows the address and the key for Loomis's "
        "updates, the key this once."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the last part of the address for updates")
        parser.add_argument("--dialect", required=True, choices=LoomisAccount.Dialect.values)
        parser.add_argument("--customer-number", required=True, help="as Loomis gave it")
        parser.add_argument("--service-provider", default="LOOMIS", help="what messages name as ServiceProvider")
        parser.add_argument("--dispatch-url", required=True, help="https://host/path, or sftp://user@host:port/")
        parser.add_argument("--transport", choices=_Transport.values, help="none: as the URL says")
        parser.add_argument("--auth-header", default="", metavar="HEADER", help="HTTP: the header of the credential")
        parser.add_argument("--auth-value", metavar="VALUE", help="HTTP: the credential; it is kept sealed")
        parser.add_argument("--auth-value-env", metavar="VAR", help="the same, from a variable of the environment now")
        parser.add_argument("--password", help="SFTP: the password; it is kept sealed")
        parser.add_argument("--password-env", metavar="VAR", help="the same, from a variable of the environment now")
        parser.add_argument("--host-key", default="", help="SFTP: the server's public key, or SHA256:… of it")
        parser.add_argument("--bank-name", default="", help="SFTP: what the names of files begin with")
        parser.add_argument("--key-name", default="Authorization", help="the header in which updates show their key")
        parser.add_argument(
            "--acknowledge-minutes", type=int, default=30, metavar="N", help="how long Loomis may leave one unanswered"
        )
        parser.add_argument("--notify", default="", metavar="A,B", help="e-mail addresses that are told of trouble")

    def work(self, **options: Any) -> Result:
        url, in_url = _without_password(options["dispatch_url"].strip())
        account = LoomisAccount(
            name=options["name"],
            dialect=options["dialect"],
            customer_number=options["customer_number"],
            service_provider=options["service_provider"],
            transport=options["transport"] or _transport_of(url),
            dispatch_url=url,
            auth_header=options["auth_header"],
            host_key=options["host_key"],
            bank_name=options["bank_name"],
            key_name=options["key_name"],
            acknowledge_minutes=options["acknowledge_minutes"],
            notify=options["notify"],
        )
        account, key = create(account, _credential(account.transport, options, in_url))
        return {"account": account.name, "update_url": update_url(account.name), "update_key": key}

    def tell(self, result: Result) -> str:
        return (
            f"Account {result['account']} was made. Give Loomis's support, for their updates:\n"
            f"  address    {result['update_url']}\n"
            f"  key        {result['update_key']}\n"
            "The key is shown this once and kept nowhere; rotate_update_key makes another. "
            "add_atm and add_fault_code say what the account may dispatch for."
        )


def _transport_of(url: str) -> str:
    return _Transport.SFTP.value if urlsplit(url).scheme == "sftp" else _Transport.HTTP.value


def _without_password(url: str) -> tuple[str, str]:
    """An SFTP URL and the password in it; other URLs stay as they are, and are looked at with the account."""
    if not url.lower().startswith("sftp://"):
        return url, ""
    address, password = parse_address(url)
    return address.url, password


def _credential(transport: str, options: dict[str, Any], in_url: str) -> str:
    """What shows who we are, from one place alone. Raises ValueError, with a sentence."""
    is_files = transport == _Transport.SFTP
    own, other = ("password", "auth_value") if is_files else ("auth_value", "password")
    for name in (other, f"{other}_env"):
        if options[name] is not None:
            raise ValueError(f"--{name.replace('_', '-')} is not for {transport}: leave it out.")
    given = [options[own], _from_environment(options[f"{own}_env"]), in_url or None]
    found = [one for one in given if one is not None]
    if len(found) > 1:
        raise ValueError("The credential is given twice: give it once.")
    if not is_files and bool(found) != bool(options["auth_header"]):
        raise ValueError("Give --auth-header and its value (--auth-value or --auth-value-env) together.")
    return found[0] if found else ""


def _from_environment(variable: str | None) -> str | None:
    if variable is None:
        return None
    value = os.environ.get(variable)
    if not value:
        raise ValueError(f"The environment has no variable {variable[:60]}: set it to the credential.")
    return value
