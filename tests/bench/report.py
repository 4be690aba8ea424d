"""The page that the benchmarks make."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A measured ratio and its budget; times in milliseconds are there to be doubted, the ratio counts."""

    work: str
    ceiling: str
    work_ms: float
    ceiling_ms: float
    budget: float | None = None

    @property
    def ratio(self) -> float:
        return self.work_ms / self.ceiling_ms

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return "for comparison"
        return f"{'within' if self.ratio <= self.budget else '**over**'} {self.budget:g} ×"


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory a process needed, and its budget."""

    work: str
    megabytes: float
    budget: float

    @property
    def verdict(self) -> str:
        return f"{'within' if self.megabytes <= self.budget else '**over**'} {self.budget:g} MB"


def page(lines: list[Line], peaks: list[Peak], stored: int) -> str:
    rows = [
        f"| {line.work} | {line.ceiling} | {line.work_ms:.1f} ms | {line.ceiling_ms:.1f} ms | {line.ratio:.2f} × "
        f"| {line.verdict} |"
        for line in lines
    ]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make bench ARGS=--write`. Both sides of every ratio are medians, measured in turn in one run",
            "on one machine; the times depend on the machine, the ratios much less. The pushes go over HTTP to the web",
            "server as it runs in production, with one worker, and are counted from the first byte of the request to",
            "the last of the answer, raw body and both commits included. A push has 1,000 transactions of 50 safes,",
            f"three hours of business, {SIZE}. History is {stored:,} transactions.",
            "",
            "| work | ceiling | work takes | ceiling takes | ratio | budget |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "A file is taken in by a process of its own, from the first byte read to the last commit. The most memory",
            "that this process needs, Python and Django included:",
            "",
            "| work | memory | budget |",
            "|---|---|---|",
            *(f"| {peak.work} | {peak.megabytes:.0f} MB | {peak.verdict} |" for peak in peaks),
            "",
            f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}.",
            "",
        ]
    )


SIZE = "0.7 MB of JSON as Loomis formats it"
