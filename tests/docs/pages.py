"""The documents as tests see them: pages with their links, their code, and what the code names."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from config.data_dir import CHECKOUT

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TICKED = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]\n]*(?:\n[^\]\n]*)?\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(CHECKOUT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """The fenced blocks of a language, in order."""
        return [body for named, body in _FENCE.findall(self.text) if named == language]

    @property
    def ticked(self) -> list[str]:
        """What stands in backticks within the prose."""
        return _TICKED.findall(self.prose)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(_TICKED.sub("", self.prose))

    def commands(self) -> Iterator[list[str]]:
        """The words of each line of shell: of `sh` blocks, and of what is ticked."""
        for line in [*"".join(self.blocks("sh")).splitlines(), *self.ticked]:
            if words := line.split():
                yield words

    def section(self, heading: str) -> str:
        """The text below a second-level heading, up to the next."""
        return self.text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]

    def anchors(self) -> set[str]:
        """What a link can name after #, as forges make it of headings."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def table(self, first_header: str) -> list[list[str]]:
        """The cells of every table of the page whose first column has this header."""
        rows: list[list[str]] = []
        inside = False
        for line in self.prose.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not line.startswith("|"):
                inside = False
            elif inside and not set(cells[0]) <= {"-"}:
                rows.append(cells)
            elif cells[0] == first_header:
                inside = True
        return rows

    def __str__(self) -> str:
        return self.name


def pages() -> list[Page]:
    """All Markdown files that git keeps, or would keep."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(words, check=True, cwd=CHECKOUT, capture_output=True, text=True).stdout
    return [Page(CHECKOUT / line) for line in sorted(set(listed.splitlines())) if (CHECKOUT / line).exists()]


def page(name: str) -> Page:
    return Page(CHECKOUT / name)


def source() -> str:
    """Everything that is not prose: code, settings, templates, what make and CI run."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, check=True, cwd=CHECKOUT, capture_output=True, text=True).stdout
    files = [
        CHECKOUT / line for line in listed.splitlines() if not line.startswith(("docs/", "tests/docs/", "uv.lock"))
    ]
    kept = [
        path for path in files if path.suffix in {".py", ".toml", ".html", ".json", ".example", ""} and path.is_file()
    ]
    return "\n".join(path.read_text(errors="replace") for path in kept if path.name != "LICENSE")
