"""The documents name nothing that does not exist."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from functools import cache

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from config.data_dir import CHECKOUT
from config.health import VIEWS
from incidents.findings import KINDS as INCIDENTS
from tests.docs.pages import Page, page, pages, source
from transactions import drawing
from transactions.completeness.drawing import KINDS as COMPLETENESS
from transactions.silence.listening import RULES as SILENCE

every_page = pytest.mark.parametrize("at", pages(), ids=str)

# What commands of ours write into the checkout; it may not be there yet.
WRITTEN = {"docs/benchmarks.md"}
# Names of other people's things.
THEIRS = {
    *("client_max_body_size", "underscores_in_headers", "fsync", "setpriv", "chmod", "main", "unnest", "nobody"),
    *("LICENSE", "serializable"),
}


@every_page
def test_every_relative_link_leads_somewhere(at: Page):
    for link in at.links:
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (at.path.parent / name).resolve() if name else at.path
        assert target.exists(), f"{at} links to {link}"
        if anchor:
            assert anchor in Page(target).anchors(), f"{at} links to {link}"


def test_every_document_can_be_reached_from_the_readme():
    found, waiting = set(), [page("README.md")]
    while waiting:
        at = waiting.pop()
        found.add(at.path)
        targets = [(at.path.parent / link.partition("#")[0]).resolve() for link in at.links if "://" not in link]
        waiting += [Page(target) for target in targets if target.suffix == ".md" and target not in found]
    assert {at.name for at in pages() if at.path not in found} <= WRITTEN


@every_page
def test_every_make_target_exists(at: Page):
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = {words[1] for words in at.commands() if words[0] == "make" and len(words) > 1}
    assert named <= targets


@every_page
def test_every_command_and_option_exists(at: Page):
    for words in at.commands():
        words = words[1:] if words[0].endswith("python") else words
        if words[0] == "manage.py" and len(words) > 1:
            words = words[1:]
            assert words[0] == "…" or words[0] in get_commands(), f"{at}: manage.py {words[0]}"
        if words[0] in get_commands():
            options = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
            assert options <= options_of(words[0]), f"{at}: {' '.join(words)}"


@every_page
def test_every_option_alone_belongs_to_a_command(at: Page):
    """Words such as `--json` in the prose, whose command the sentence names."""
    servers = (CHECKOUT / "config" / "embedded.py").read_text() + (CHECKOUT / "config" / "supervisor.py").read_text()
    ours = [name for name, app in get_commands().items() if app in ("config", "safes", "transactions")]
    known = set().union(*map(options_of, ours)) | set(re.findall(r'"(--[a-z-]+)"', servers))
    assert {word for words in at.commands() for word in words[:1] if word.startswith("--")} <= known


@cache
def options_of(name: str) -> set[str]:
    parser: ArgumentParser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    return {option for action in parser._actions for option in action.option_strings}


@every_page
def test_every_path_exists(at: Page):
    for text in at.ticked:
        if not re.fullmatch(r"[\w.{}-]*[/\w.-]*\w/?", text) or text.startswith("/"):
            continue
        is_path = re.fullmatch(r"[\w.-]+(/[\w.-]+)*/|[\w.-]+(/[\w.-]+)*\.(py|md|toml|lock|json|example|html)", text)
        if is_path and not text.startswith(("var/", "logs/", "management/")):
            assert text in WRITTEN or (CHECKOUT / text).exists(), f"{at} names {text}"


@every_page
def test_every_module_exists(at: Page):
    for text in at.ticked:
        first = re.match(r"(?:.*-m )?((?:config|safes|transactions|tests)\.[\w.]+)", text)
        if first and not re.search(r"\.(py|md)$", first[1]):
            assert module_or_name(first[1]), f"{at} names {first[1]}"


def module_or_name(dotted: str) -> bool:
    """A module, or a name that stands in one."""
    path = CHECKOUT / dotted.replace(".", "/")
    if path.with_suffix(".py").exists() or (path / "__init__.py").exists():
        return True
    module, _, name = dotted.rpartition(".")
    file = (CHECKOUT / module.replace(".", "/")).with_suffix(".py")
    return file.exists() and re.search(rf"^(def |class |){name}\b", file.read_text(), re.MULTILINE) is not None


@every_page
def test_every_address_is_answered(at: Page):
    for text in at.ticked:
        if re.fullmatch(r"(POST |GET )?/[a-z{}/]+", text):
            address = text.rpartition(" ")[2].replace("{endpoint}", "main")
            assert address in VIEWS or is_routed(address), f"{at} names {address}"


def is_routed(address: str) -> bool:
    try:
        resolve(address)
    except Resolver404:
        return False
    return True


@every_page
def test_every_name_stands_in_the_code(at: Page):
    """A word in backticks that looks like a name of ours: tables, columns, variables, findings, functions."""
    code = source()
    for text in at.ticked:
        if re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]{3,}", text) and text not in THEIRS:
            assert re.search(rf"\b{text}\b", code), f"{at} names {text}"


def test_the_readme_tells_the_defaults_as_they_are():
    for variable, unset, _ in page("README.md").table("variable"):
        name, told = variable.strip("`"), unset.strip("`")
        listed = defaults()[name]
        assert told == listed or (told == "embedded" and name in ("DATABASE_URL", "REDIS_URL"))


def defaults() -> dict[str, str]:
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", (CHECKOUT / ".env.example").read_text(), re.MULTILINE))


def test_operators_are_told_what_each_finding_means():
    rooms = [CHECKOUT / "safes", CHECKOUT / "transactions", CHECKOUT / "incidents", CHECKOUT / "loyalty"]
    code = "".join(path.read_text() for room in rooms for path in room.rglob("*.py"))
    kinds = (
        set(re.findall(r'(?:settle\(\s*|found\[)"([a-z_]+)"(?:[,)]|\] = draw)', code))
        | set(drawing._BY_DAY)
        | {*COMPLETENESS, *SILENCE, *INCIDENTS}
    )
    told = set(re.findall(r"^### `([a-z_]+)`$", page("docs/operations.md").text, re.MULTILINE))
    assert kinds == told


def test_decisions_are_numbered_listed_and_alike():
    index = page("docs/decisions/README.md")
    decisions = [at for at in pages() if at.path.parent == index.path.parent and at != index]
    assert [at.path.name[:4] for at in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for at in decisions:
        assert at.path.name in index.links
        assert at.text.startswith(f"# {at.path.name[:4]} ")
        assert re.findall(r"^## (.+)$", at.prose, re.MULTILINE) == ["Forces", "Choice", "Rejected", "What follows"]
