"""Measure what recording the samples costs: epochs with and without the ledger in turn, and the ledger itself.

    python -m tools.recording

Two runs of the same configuration train in this process and take turns of one epoch. Every other round reverses their
order, so that other work of the machine affects both alike. Their difference is small compared with the noise of a
shared machine, so the ledger's own calls are timed as well.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from sundew_core.config import Config
from sundew_core.events import commands
from sundew_core.events.run import EpochEnded, SamplesSeen, to_json
from sundew_core.training.trainer import prepare
from tools.support.machine import load, spread

WARM_UP = 3
"""Rounds that do not count."""
COUNTING = ("begin_epoch", "look", "activate", "learn")
"""The ledger's methods that take training seconds."""


class Timed:
    """A run whose ledger either counts, with its calls timed, or does nothing."""

    def __init__(self, config: Config, *, recorded: bool) -> None:
        session = prepare(config)
        self.counting_s = 0.0
        self.record_bytes = 0
        for name in COUNTING:
            setattr(session.ledger, name, self._timed(getattr(session.ledger, name)) if recorded else _nothing)
        self._events = session.events("recorded" if recorded else "not recorded", commands.nothing)

    def _timed(self, call: Callable[..., None]) -> Callable[..., None]:
        def timed(*arguments: Any) -> None:
            began_s = time.perf_counter()
            call(*arguments)
            self.counting_s += time.perf_counter() - began_s

        return timed

    def epoch_s(self) -> float:
        """Training seconds of the next epoch."""
        self.counting_s = 0.0
        for event in self._events:
            if isinstance(event, SamplesSeen):
                self.record_bytes = len(to_json(event))
            if isinstance(event, EpochEnded):
                return event.training_s
        raise AssertionError("the run has ended")


def _nothing(*_: Any) -> None:
    """Stands in for a method of the ledger that is switched off."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.recording", description="Measure what recording the samples costs.")
    parser.add_argument("--rounds", type=int, default=40, help="epochs of each run (default: 40)")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--arm", default="sundew")
    options: Any = parser.parse_args(arguments)
    epochs = WARM_UP + options.rounds
    config = Config(dataset=options.dataset, model=options.model, arm=options.arm, epochs=epochs, device="cpu")
    print(f"load before: {load()}, {os.cpu_count()} cores")
    recorded, plain = Timed(config, recorded=True), Timed(config, recorded=False)
    with_s, without_s, counting = [], [], []
    for number in range(epochs):
        for run in (recorded, plain) if number % 2 else (plain, recorded):
            took_s = run.epoch_s()
            (with_s if run is recorded else without_s).append(took_s)
            if run is recorded:
                counting.append(100 * run.counting_s / took_s)
    pairs = [100 * (one / other - 1) for one, other in zip(with_s[WARM_UP:], without_s[WARM_UP:], strict=True)]
    print(
        f"training seconds per epoch: {median(with_s[WARM_UP:]):.4f} with the ledger, {median(without_s[WARM_UP:]):.4f} without"
    )
    print(f"difference in the same round: {spread(pairs, '{:+.2f} %')}")
    print(f"share of the training seconds inside the ledger: {spread(counting[WARM_UP:], '{:.2f} %')}")
    print(f"size of a record: {recorded.record_bytes:,} bytes")


if __name__ == "__main__":
    main()
