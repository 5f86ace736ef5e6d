"""The machine that a tool measures on: how busy it is, and how to sum up measurements on a shared machine."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Cores:
    """Seconds that the machine's cores have worked since it started, and the part of certain processes."""

    busy_s: float
    own_s: float
    at_s: float

    @classmethod
    def now(cls, pids: Sequence[int]) -> Cores:
        """Read the counters of proc(5)."""
        user, nice, system, _idle, _wait, *interrupts = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
        own = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        ticks = sum(int(fields[11]) + int(fields[12]) for fields in own)
        busy = user + nice + system + sum(interrupts)
        per_s = os.sysconf("SC_CLK_TCK")
        return cls(busy / per_s, ticks / per_s, time.perf_counter())

    def others_share(self, later: Cores) -> float:
        """Share of all cores that other processes took until `later`."""
        others_s = (later.busy_s - self.busy_s) - (later.own_s - self.own_s)
        return others_s / (later.at_s - self.at_s) / (os.cpu_count() or 1)


def children() -> list[int]:
    """The ids of this process's children."""
    return [int(child) for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def load() -> str:
    """The load averages of the last 1, 5 and 15 minutes."""
    return " ".join(f"{average:.2f}" for average in os.getloadavg())


def spread(values: Sequence[float], form: str) -> str:
    """Median, and in brackets the quartiles: a machine that others share is now and then half as fast for a few seconds."""
    first, middle, third = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    return f"{form.format(middle)} ({form.format(first)} to {form.format(third)})"
