"""Reading Today as staff do: what asks for somebody, and the lists behind the numbers."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

_ASK = re.compile(
    r'<li><a href="([^"]*)"><span class="staff-ask-count[^"]*">(\d+)</span> '
    r'<span class="staff-ask-words">([^<]*)'
)
_QUIET = re.compile(r'<a href="([^"]*)">no ([^<]*)</a>')
_FIGURE = re.compile(r'<dd><a href="([^"]*)"[^>]*>([^<]*)</a></dd>\s*<dt>([^<]*)</dt>')


def today(client: Client) -> str:
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    return str(answer.content.decode())


def asked(client: Client) -> dict[str, Any]:
    """By words: the number and the address. Under “quiet” the addresses of what asks for nobody, by words."""
    text = today(client)
    found: dict[str, Any] = {words.strip(): (int(count), unescape(url)) for url, count, words in _ASK.findall(text)}
    quiet = {unescape(words): unescape(url) for url, words in _QUIET.findall(text)}
    return found | {"quiet": (len(quiet), quiet)}


def figures(client: Client) -> dict[str, tuple[str, str]]:
    """What the panels of figures say: words to number and address."""
    return {words: (number, unescape(url)) for url, number, words in _FIGURE.findall(today(client))}


def listed(client: Client, url: str) -> list[str]:
    """The rows of the list at that address, as they call themselves; a redirect would mean an odd address."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    return [str(row) for row in answer.context["cl"].queryset]
