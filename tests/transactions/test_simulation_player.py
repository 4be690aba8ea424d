"""The simulator against the real server, over a line that loses answers: everything there once, or a complaint."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from safes.estate import add_site, place_safe
from safes.models import Safe, Site
from tests.transactions.pushing import draw_all, endpoint
from tests.transactions.simulated import line_to, story
from transactions.feeds.arranging import add_feed
from transactions.feeds.polling import poll
from transactions.models import Delivery, QuarantinedRow, Taking, TillDay, Transaction
from transactions.simulation.delivering import Patience, Peer, Player
from transactions.simulation.estate import make_estate
from transactions.simulation.messages import Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("web_server")]

QUICK = ("--retry-interval", "0.05", "--give-up", "20", "--start", "2026-10-31", "--days", "1", "--safes", "4")
PATH = "/api/loomis/transactions/loomis"


def simulate(*words: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("simulate_loomis", *QUICK, *words, "--json", stdout=out, stderr=io.StringIO())
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def reader(role: str = "reader") -> str:
    """The token of an account that has this role."""
    out = io.StringIO()
    call_command("add_api_user", f"the-{role}", "--role", role, "--json", stdout=out)
    return str(json.loads(out.getvalue())["token"])


def base(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def test_everything_is_there_once_although_answers_are_lost(web_server):
    key = endpoint()
    faults = ("refused", "lost", "failed", "fine", "fine")
    with line_to(web_server.port, lambda number: faults[number % 5]) as line:
        said = simulate(
            *("--url", line + PATH, "--key", key, "--read-url", base(web_server.port), "--read-token", reader())
        )
    assert said["difference_count"] == 0
    assert said["retries"] > 10
    assert said["answers"]["none"] > 0
    assert said["answers"]["500"] > 0
    assert said["expired"] == 0
    assert said["transactions"] > 100
    assert QuarantinedRow.objects.count() == said["expected_quarantine"]


def test_what_pushes_lost_is_there_once_a_feed_has_brought_the_files(web_server, tmp_path):
    key = endpoint()
    folder = tmp_path / "from-loomis"
    daily = add_feed("daily", folder.as_uri(), settle_seconds=0)
    words = [*("--url", base(web_server.port) + PATH, "--key", key), *("--seed", "4", "--days", "2")]
    words += ["--files-to", str(folder)]
    first = simulate(*words)
    assert first["files"] == len(list(folder.iterdir())) == 2
    assert len(poll(daily.pk)) == 2
    draw_all()
    assert Transaction.objects.filter(counted=True, seen_by_push=None).exists()
    assert Transaction.objects.filter(seen_by_push__isnull=False, seen_by_file__isnull=False).count() > 50
    again = simulate(*words, "--read-url", base(web_server.port), "--read-token", reader())
    assert again["difference_count"] == 0


def test_what_the_tills_say_is_held_against_the_safes_and_said_again_it_is_the_same(web_server):
    key = endpoint()
    estate = make_estate(5, 2, 4)
    for code in dict.fromkeys(safe.site.code for safe in estate):
        safes = [safe for safe in estate if safe.site.code == code]
        site = add_site(code, name=code, time_zone=safes[0].site.zone)
        for safe in safes:
            place_safe(safe.serial, site)
    words = [*("--url", base(web_server.port) + PATH, "--key", key), *("--seed", "5", "--sites", "2", "--days", "4")]
    words += ["--read-url", base(web_server.port), "--read-token", reader(), "--takings-token", reader("back_office")]
    said = simulate(*words)
    assert said["difference_count"] == 0
    assert said["takings"] == Taking.objects.count() > 10
    draw_all()
    before = _over_short()
    assert before[0] > 0  # most days agree to the cent, some do not
    assert before[1] > 0
    assert simulate(*words)["takings"] == said["takings"]
    draw_all()
    assert _over_short() == before


def _over_short() -> tuple[int, int]:
    """Registers that agree with the safes, and those that do not."""
    compared = TillDay.objects.filter(variance__isnull=False)
    return compared.filter(variance=0).count(), compared.exclude(variance=0).count()


def test_takings_need_to_know_where_they_are_told():
    with pytest.raises(CommandError, match="Give --read-url, too"):
        simulate("--url", "http://127.0.0.1:1", "--key", "k", "--takings-token", "t")


def test_a_withheld_message_is_found_out(web_server):
    key = endpoint()
    with line_to(web_server.port, lambda number: "swallowed" if number == 7 else "") as line:
        peer = ("--url", line + PATH, "--key", key, "--connections", "1", "--seed", "2", "--patience", "0")
        with pytest.raises(CommandError, match="records are not there as often as sent:\n  SIM2-"):
            simulate(*peer, "--read-url", base(web_server.port), "--read-token", reader())


def test_a_test_endpoint_is_checked_in_the_books_of_tests(web_server):
    key = endpoint(environment="test")
    peer = ("--url", base(web_server.port) + PATH, "--key", key, "--collect", "24")
    read = ("--read-url", base(web_server.port), "--read-token", reader())
    assert simulate(*peer, *read, "--environment", "test")["difference_count"] == 0
    with pytest.raises(CommandError, match="not there as often"):
        simulate(*peer, *read, "--patience", "0")


def test_what_nobody_takes_is_given_up_with_a_sentence(web_server):
    endpoint()
    with pytest.raises(CommandError, match="messages were given up"):
        simulate(
            *("--url", base(web_server.port) + PATH, "--key", "wrong", "--collect", "24", "--connections", "8"),
            *("--give-up", "0.3"),
        )
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("placement", ["header", "query", "body", "metadata"])
def test_the_key_goes_where_it_was_arranged(web_server, placement):
    key = endpoint(placement=placement, key_name="ApiKey")
    messages: list[Message] = story(safes=3, days=1)[:12]
    peer = Peer(base(web_server.port) + PATH, key, "ApiKey", placement)
    tally = Player(peer, Patience(0.05, 1.0)).play(messages)
    assert tally.answers == {"200": 12}
    assert QuarantinedRow.objects.count() == tally.expected_quarantine


def test_the_commands_it_prints_register_its_safes():
    out = io.StringIO()
    call_command("simulate_loomis", "--estate", "--seed", "4", "--json", stdout=out)
    for command in json.loads(out.getvalue())["register"]:
        name, *words = command.removeprefix("manage.py ").replace("'", "").split(" --")
        first, *rest = name.split()
        options = [part for word in words for part in (f"--{word.split()[0]}", " ".join(word.split()[1:]))]
        call_command(first, *rest, *options, stdout=io.StringIO())
    assert Site.objects.filter(code__startswith="SIM4-").count() == 3
    assert Safe.objects.filter(serial_number__startswith="SIM4-", placements__isnull=False).count() == 6


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Give --url and --key"),
        (("--sites", "9", "--safes", "2"), "at least as many safes as sites"),
        (("--url", "http://x", "--key", "k", "--start", "soon"), "not a date"),
        (("--url", "http://x", "--key", "k", "--read-url", "http://x"), "together"),
    ],
)
def test_what_it_cannot_do_is_said_in_a_sentence(words, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate_loomis", *words, stdout=io.StringIO(), stderr=io.StringIO())
