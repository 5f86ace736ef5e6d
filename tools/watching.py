"""Measure what watching costs: the throughput of a training with no viewer, one and ten, and on the command line.

    python -m tools.watching

One run trains in a server, another on the command line, both without end. Only one of them is awake at a time; a signal
stops the other. Slices of a few seconds follow each other, and every other round reverses their order, so that other work
of the machine affects all alike. Each slice counts whole epochs and is compared with the command line's slice of the same
round. A slice in which other programs took much of the machine is measured again, a few times. The viewers speak
Streamlit's protocol from another process and draw nothing (`tools.support.viewers`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from sundew_core.records.runs import GOING_ON
from tools import ROOT
from tools.support.driving import ENDLESS, serving
from tools.support.machine import Cores, load, spread
from tools.support.viewers import Answer, viewing
from tools.support.viewers_process import ask, viewers_process

QUERY = f"dataset=digits&model=cnn&epochs={ENDLESS}"
COMMAND = [sys.executable, "-m", "sundew_core", "train", "--dataset", "digits", "--model", "cnn", "--epochs", str(ENDLESS)]
POLL_S = 0.01
START_TIMEOUT_S = 120.0
DISTURBED = 0.08
"""A slice is disturbed if other programs take this share of all cores."""
TRIES = 4
QUIET_TICKS = 5
SETTLING_TICKS = 3


@dataclass(frozen=True, slots=True)
class EpochEnd:
    """How far a run is at the end of an epoch."""

    at_s: float
    epochs: int
    candidates: int
    training_s: float


@dataclass(frozen=True, slots=True)
class Trainer:
    """A process that trains; its run is read from the database."""

    database: Path
    pid: int

    def progress(self) -> EpochEnd:
        """How far the run is."""
        assert self.status() in GOING_ON, f"the run is {self.status()}"
        return EpochEnd(time.perf_counter(), *self._row("epochs_done, candidates, training_s"))

    def status(self) -> str:
        """The run's status."""
        return str(self._row("status")[0])

    def _row(self, columns: str) -> tuple:
        """Columns of the only run. Raises `LookupError` if there is no run yet."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            row = connection.execute(f"SELECT {columns} FROM runs").fetchone()
        if row is None:
            raise LookupError("no run yet")
        return row

    def next_epoch(self) -> EpochEnd:
        """Wait for the end of the current epoch."""
        before = after = self.progress()
        while after.epochs == before.epochs:
            time.sleep(POLL_S)
            after = self.progress()
        return after

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let the process run for the length of the block."""
        os.kill(self.pid, signal.SIGCONT)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGSTOP)


@dataclass(slots=True)
class Slices:
    """The measurements under one condition, one entry per round."""

    per_wall_s: list[float] = field(default_factory=list)
    """Candidates per second."""
    per_training_s: list[float] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    watched_s: float = 0.0
    """Seconds with viewers."""
    others_share: list[float] = field(default_factory=list)
    """Share of all cores that other programs took."""

    def add(self, first: EpochEnd, last: EpochEnd) -> None:
        """Add the epochs between two ends."""
        candidates = last.candidates - first.candidates
        self.per_wall_s.append(candidates / (last.at_s - first.at_s))
        self.per_training_s.append(candidates / (last.training_s - first.training_s))


@dataclass(frozen=True, slots=True)
class Setup:
    """The processes that train and watch, and the length of a slice in seconds."""

    command: Trainer
    server: Trainer
    viewers: subprocess.Popen
    seconds: float

    def measure(self, count: int | None, slices: Slices) -> None:
        """Measure a slice with `count` viewers, or of the command line if it is None; a disturbed slice is repeated."""
        for _ in range(TRIES):
            share, first, last = self._slice(count, slices)
            if share < DISTURBED:
                break
        slices.add(first, last)
        slices.others_share.append(share)

    def _slice(self, count: int | None, slices: Slices) -> tuple[float, EpochEnd, EpochEnd]:
        trainer = self.command if count is None else self.server
        with trainer.awake():
            if count:
                ask(self.viewers, f"watch {count}")
            began_s = time.perf_counter()
            outcome = self._epochs(trainer)
            if count:
                slices.watched_s += time.perf_counter() - began_s
                slices.answers += [Answer(**answer) for answer in json.loads(ask(self.viewers, "leave"))]
        return outcome

    def _epochs(self, trainer: Trainer) -> tuple[float, EpochEnd, EpochEnd]:
        """Wait for whole epochs. The first to end does not count: it may have begun before the process was stopped."""
        pids = (os.getpid(), self.command.pid, self.server.pid, self.viewers.pid)
        trainer.next_epoch()
        first = last = trainer.next_epoch()
        before = Cores.now(pids)
        while last.at_s - first.at_s < self.seconds:
            last = trainer.next_epoch()
        return before.others_share(Cores.now(pids)), first, last


def measure_all(setup: Setup, counts: Sequence[int], rounds: int) -> dict[str, Slices]:
    """Measure all conditions in turn, `rounds` times."""
    conditions = {"command line": None, **{f"{count} viewers": count for count in counts}}
    measured = {name: Slices() for name in conditions}
    for number in range(rounds):
        for name in list(conditions)[:: -1 if number % 2 else 1]:
            setup.measure(conditions[name], measured[name])
        words = (f"{name} {slices.per_wall_s[-1]:,.0f} ({slices.others_share[-1]:.0%})" for name, slices in measured.items())
        print_line(f"round {number + 1} of {rounds}, candidates per second (cores taken by others): {', '.join(words)}")
    return measured


@contextmanager
def on_the_command_line(home: Path) -> Iterator[Trainer]:
    """Train without a server. The process stays stopped until it is awake."""
    environment = {**os.environ, "SUNDEW_HOME": str(home)}
    with (home / "command.log").open("w") as log:
        process = subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield under_way(home, process.pid)
    finally:
        os.kill(process.pid, signal.SIGCONT)
        process.terminate()
        process.wait(20)


@contextmanager
def in_the_server(home: Path) -> Iterator[tuple[str, Trainer]]:
    """Train in a served app, started by its button. The process stays stopped until it is awake."""
    with serving(home) as address:
        asyncio.run(press(address, "Start training"))
        with closing(sqlite3.connect(home / "sundew.db")) as connection:
            (pid,) = connection.execute("SELECT pid FROM runs").fetchone()
        trainer = under_way(home, pid)
        try:
            yield address, trainer
        finally:
            os.kill(pid, signal.SIGCONT)


def under_way(home: Path, pid: int) -> Trainer:
    """Wait until a run has ended its first epoch, and stop its process."""
    trainer = Trainer(home / "sundew.db", pid)
    deadline_s = time.perf_counter() + START_TIMEOUT_S
    while True:
        try:
            if trainer.progress().epochs:
                break
        except (LookupError, sqlite3.OperationalError):  # no row yet, or not even a table
            pass
        assert time.perf_counter() < deadline_s, f"the run has not ended an epoch in {START_TIMEOUT_S:.0f} seconds"
        time.sleep(0.1)
    os.kill(pid, signal.SIGSTOP)
    return trainer


async def press(address: str, label: str) -> None:
    """Open a tab and press a button."""
    async with viewing(address, QUERY) as viewer:
        await viewer.press(label)


async def quiet_ticks(address: str, trainer: Trainer) -> list[Answer]:
    """Stop the run, and tick while there is no news."""
    async with viewing(address, QUERY) as viewer:
        await viewer.press("Stop")
        while trainer.status() in GOING_ON:
            await asyncio.sleep(POLL_S)
        for _ in range(SETTLING_TICKS):  # the page shows the end, and then its buttons and pace change
            await viewer.tick()
        return [await viewer.tick() for _ in range(QUIET_TICKS)]


def print_line(text: str) -> None:
    """Print a line without delay."""
    print(text, flush=True)


def report(measured: dict[str, Slices], quiet: Sequence[Answer]) -> None:
    """Print the medians of the rounds, with the quartiles in brackets."""
    alone = measured["command line"]
    line = "{:<14}{:>26}{:>26}{:>26}{:>26}"
    print_line("\nCandidates per second")
    print_line(line.format("", "by the clock", "of the command line", "by training seconds", "of the command line"))
    for name, slices in measured.items():
        columns = [
            column
            for mine, others in ((slices.per_wall_s, alone.per_wall_s), (slices.per_training_s, alone.per_training_s))
            for column in (spread(mine, "{:,.0f}"), spread(percentages(mine, others), "{:.1f}") + " %")
        ]
        print_line(line.format(name, *columns))
    line = "{:<14}{:>18}{:>32}{:>32}"
    print_line("\nTicks")
    print_line(line.format("", "per second, each", "ms: median, 95 %, longest", "new bytes: median, largest"))
    for name, slices in measured.items():
        if slices.answers:
            print_line(line.format(name, *tick_columns(slices, int(name.split()[0]))))
    print_line(
        f"Without news: {sum(answer.new for answer in quiet)} new elements in {len(quiet)} ticks of "
        f"{median(answer.received for answer in quiet):,.0f} bytes, "
        f"with {sum(answer.references for answer in quiet)} references to what the viewer holds"
    )


def percentages(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """Throughput in percent of the command line's, for each round."""
    return [100 * value / other for value, other in zip(values, others, strict=True)]


def tick_columns(slices: Slices, count: int) -> tuple[str, str, str]:
    """Ticks per second of each viewer, their latencies, and the bytes of the ticks that brought news."""
    latencies = sorted(1000 * answer.latency_s for answer in slices.answers)
    late = latencies[min(len(latencies) - 1, round(0.95 * len(latencies)))]
    news = sorted(answer.new_bytes for answer in slices.answers if answer.new) or [0]
    return (
        f"{len(latencies) / count / slices.watched_s:.2f}",
        f"{median(latencies):,.0f}, {late:,.0f}, {latencies[-1]:,.0f}",
        f"{median(news):,.0f}, {news[-1]:,}",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.watching", description="Measure what watching costs.")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a slice (default: 2)")
    parser.add_argument("--rounds", type=int, default=30, help="slices of each condition (default: 30)")
    parser.add_argument("--viewers", default="0,1,10", help="numbers of viewers, measured in turn (default: 0,1,10)")
    options: Any = parser.parse_args(arguments)
    counts = [int(count) for count in options.viewers.split(",")]
    print_line(f"load before: {load()}, {os.cpu_count()} cores")
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        on_the_command_line(Path(one)) as command,
        in_the_server(Path(other)) as (address, server),
        viewers_process(address, QUERY) as viewers,
    ):
        measured = measure_all(Setup(command, server, viewers, options.seconds), counts, options.rounds)
        with server.awake():
            quiet = asyncio.run(quiet_ticks(address, server))
    print_line(f"load after: {load()}")
    report(measured, quiet)


if __name__ == "__main__":
    main()
