"""A site's day and those who sign it, for tests about worksheets."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from safes.estate import place_safe
from safes.models import Site
from tests.factories import RegisterFactory, SiteFactory, UserFactory
from tests.transactions.pushing import drop, say
from tests.transactions.takings.telling import DAY, taking, tell, turn
from transactions.models import SafeDay, SiteDay

CLERK, SUPERVISOR, AUDITOR = "Cash office clerk", "Supervisor", "Auditor"
MARCH = {"business_date_from": "2026-03-01", "business_date_to": "2026-03-31"}


def person(role: str, name: str) -> User:
    somebody = UserFactory.create(username=name)
    somebody.groups.set(Group.objects.filter(name=role))
    return somebody


def desk_of(role: str, name: str) -> Client:
    """A browser of somebody with this role."""
    client = Client()
    client.force_login(person(role, name))
    return client


def site_with_a_safe(code: str, serial: str, **more: Any) -> Site:
    site: Site = SiteFactory.create(code=code, name=f"Store {code}", time_zone="UTC", **more)
    RegisterFactory.create(site=site, code="1")
    place_safe(serial, site)
    return site


def balanced(key: str, site: Site, serial: str, amount: str = "60") -> None:
    """A day on which safe and till say the same."""
    say(key, [drop(1, amount, Register="1", SerialNumber=serial), closed(serial)])
    tell(taking(amount, "1", site=site.code))


def short(key: str, site: Site, serial: str) -> None:
    """A day that is 40 short, beyond any tolerance here."""
    say(key, [drop(1, "60", Register="1", SerialNumber=serial), closed(serial)])
    tell(taking("100", "1", site=site.code))


def closed(serial: str) -> dict[str, Any]:
    return drop(12 * 3600, "0", TransactionType="EndOfDay", SerialNumber=serial, Register=None, UserName=None)


def site_day(code: str = "S1", date: str = DAY) -> SiteDay:
    turn()
    return SiteDay.objects.select_related("site").get(site__code=code, business_date=date)


def safe_day(serial: str = "SR10042", date: str = DAY) -> SafeDay:
    turn()
    return SafeDay.objects.get(safe__serial_number=serial, business_date=date)


def sign_url(row: SiteDay | SafeDay) -> str:
    return reverse(f"admin:transactions_{row._meta.model_name}_sign", args=[row.pk])


def page_url(row: SiteDay | SafeDay) -> str:
    return reverse(f"admin:transactions_{row._meta.model_name}_change", args=[row.pk])


def seen(client: Client, row: SiteDay | SafeDay) -> str:
    """The figures that a page shows, as its form tells them."""
    (found,) = re.findall(r'name="seen" value="([^"]*)"', text_of(client, row))
    return str(found)


def text_of(client: Client, row: SiteDay | SafeDay) -> str:
    answer = client.get(page_url(row))
    assert answer.status_code == 200
    return answer.content.decode()


def do(client: Client, row: SiteDay | SafeDay, act: str, text: str = "", token: str | None = None) -> Any:
    """What pressing a button of the page does, and where it leads."""
    token = seen(client, row) if token is None else token
    return client.post(sign_url(row), {"act": act, "text": text, "seen": token}, follow=True)


def buttons(text: str) -> set[str]:
    return set(re.findall(r'<button type="submit" name="act" value="(\w+)"', text))


def cells(text: str) -> list[list[str]]:
    """The lines of all tables of a page, without markup."""
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", text, re.DOTALL)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", one, re.DOTALL) for one in lines]
    return [[unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in one] for one in found]


def urls(text: str, room: str) -> set[str]:
    """What a page links to in a room of the app."""
    return {unescape(url) for url in re.findall(rf'href="(/admin/transactions/{room}/[^"]*)"', text)}
