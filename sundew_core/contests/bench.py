"""The bench: how fast every arm and scorer trains on this machine, and what scoring and gate cost by themselves.

    rounds, until the seconds are over: every contestant trains one slice, in turn, each after a slice of dense training
    then scores and gate on one batch of made-up losses, from a thousand to a million candidates

A slice ends after `STEPS` optimizer steps, or after `SLICE_S` seconds if scoring takes long. It is compared with the
dense slice just before it, so that a machine that is busy for a while slows down both.
"""

import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Self

import torch

from sundew_core.arms import ARM_KINDS, SCORER_KINDS, contestant_name
from sundew_core.config import Config
from sundew_core.data.dataset import Dataset, Progress
from sundew_core.data.loading import silent
from sundew_core.errors import DataError, InputError
from sundew_core.events import commands
from sundew_core.events.commands import Inbox, Stop
from sundew_core.events.contest import BenchFinished, BenchStarted, ContestEvent, GateTimed, SliceTimed, ended, positive
from sundew_core.events.run import new_run_id
from sundew_core.gate.gate import SundewGate
from sundew_core.gate.significance import significance
from sundew_core.training.budget import EpochBudget
from sundew_core.training.clock import synchronize
from sundew_core.training.machine import find_device
from sundew_core.training.session import Session
from sundew_core.training.tally import Tally
from sundew_core.training.trainer import prepare

SECONDS = 60.0
"""Default length of the rounds."""
ROUNDS_MIN = 5
"""Rounds that are timed even if the seconds are over, as a median of fewer says little."""
STEPS = 16
"""Optimizer steps of a slice: a fraction of a second, and at 6 % about 33 candidate batches, so one more or less is 3 %."""
SLICE_S = 1.5
GATE_SIZES = (1_000, 10_000, 100_000, 1_000_000)
GATE_LAPS = 15
WARM_UP_LAPS = 2
DENSE = "dense"
FOREVER = 1_000_000_000
"""Epochs. The learning rate stays at its peak, and no timed work depends on it."""


def contestants(config: Config) -> dict[str, Config]:
    """Every arm, and every scorer of `sundew`, by name: `dense`, `sundew memory`. Dense phases are left out."""
    plain = config.changed(warmup_epochs=0, anneal_epochs=0)
    found: dict[str, Config] = {}
    for arm, kind in ARM_KINDS.items():
        for scorer in SCORER_KINDS if kind.by_scorer else (config.scorer,):
            found[contestant_name(arm, scorer if kind.scores else None)] = plain.changed(arm=arm, scorer=scorer)
    return found


@dataclass(slots=True)
class _Contestant:
    """One arm with its scorer, and its session under way."""

    name: str
    session: Session
    tally: Tally
    advancing: Iterator[None]

    @classmethod
    def of(cls, name: str, config: Config, progress: Progress, data: Dataset | None) -> Self:
        """Prepare a session that never ends. Raises `InputError` if model or data do not fit the arm."""
        session = prepare(config, progress, EpochBudget(FOREVER), data)
        tally = Tally()
        return cls(name, session, tally, session.advance(tally))

    def slice(self, number: int, pair: str) -> SliceTimed:
        """Train for one slice, and finish its last candidate batch."""
        device, tally = self.session.learner.device, self.tally
        candidates, active, steps, waiting = tally.candidates, tally.active, tally.steps, self.session.waiting
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        synchronize(device)
        batches, started_s, processor_before_s = 0, time.perf_counter(), time.process_time()
        while tally.steps - steps < STEPS and time.perf_counter() - started_s < SLICE_S:
            next(self.advancing)
            batches += 1
        synchronize(device)
        training_s, processor_s = time.perf_counter() - started_s, time.process_time() - processor_before_s
        laps_s = self.session.clock.read()
        return SliceTimed(
            contestant=self.name,
            round=number,
            pair=pair,
            candidates=tally.candidates - candidates,
            batches=batches,
            trained=tally.active - active + waiting - self.session.waiting,
            steps=tally.steps - steps,
            training_s=training_s,
            scoring_s=laps_s.get("scoring", 0.0),
            gating_s=laps_s.get("gating", 0.0),
            processor_s=processor_s if device.type == "cpu" else None,
            device_peak_b=torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None,
        )


def bench(
    config: Config,
    seconds: float = SECONDS,
    *,
    name: str | None = None,
    inbox: Inbox = commands.nothing,
    progress: Progress = silent,
) -> Iterator[ContestEvent]:
    """Time every arm and scorer with the knobs of `config`, and yield what was timed.

    The bench obeys a `Stop` of `inbox` between turns. Raises `InputError` before the first event if data, model or
    device cannot be used. Once the events have begun, they end with `BenchFinished` or `ContestFailed`.
    """
    positive("seconds", seconds)
    able: list[_Contestant] = []
    unable: dict[str, str] = {}
    for contestant, its_config in contestants(config).items():
        try:
            data = able[0].session.learner.dataset if able else None  # one copy for all
            able.append(_Contestant.of(contestant, its_config, progress, data))
        except DataError:
            raise
        except InputError as error:
            if its_config.scorer != "proxy":
                raise
            unable[contestant] = str(error)  # a model that takes no smaller images can still be timed with other scorers
    started = able[0].session.setting(
        BenchStarted,
        bench=name or new_run_id(),
        config=config.model_dump(mode="json"),
        contestants=tuple(contestant.name for contestant in able),
        left_out=unable,
        seconds=seconds,
        score_flop={contestant.name: contestant.session.cost.score_flop for contestant in able},
    )
    return ended(_events(config, started, able, inbox))


def _events(config: Config, started: BenchStarted, able: list[_Contestant], inbox: Inbox) -> Iterator[ContestEvent]:
    began_s = time.perf_counter()
    yield started
    stopped = yield from _rounds(started.seconds, able, inbox)
    if not stopped:
        for size in GATE_SIZES:
            yield time_gate(config, size)
    yield BenchFinished(
        wall_s=time.perf_counter() - began_s,
        process_peak_b=_process_peak_b(),
        reason="stopped" if stopped else "finished",
    )


def _rounds(seconds: float, able: list[_Contestant], inbox: Inbox) -> Generator[ContestEvent, None, bool]:
    """Rounds until the seconds are over; returns whether the user stopped them."""
    dense = next(contestant for contestant in able if contestant.name == DENSE)
    for contestant in able:
        contestant.slice(0, "")  # the first slice allocates memory and chooses kernels
    number, rounds_began_s = 0, time.perf_counter()
    while number < ROUNDS_MIN or time.perf_counter() - rounds_began_s < seconds:
        number += 1
        for contestant in able:
            if any(isinstance(command, Stop) for command in inbox(wait=False)):
                return True
            yield dense.slice(number, contestant.name)
            if contestant is not dense:
                yield contestant.slice(number, contestant.name)
    return False


def time_gate(config: Config, size: int, laps: int = GATE_LAPS) -> GateTimed:
    """Score, gate and pick the active positions of `size` candidates with made-up losses and contrasts, `laps` times."""
    device = find_device(config.device)
    generator = torch.Generator().manual_seed(config.seed)
    losses, contrasts = (torch.rand(size, generator=generator).to(device) for _ in range(2))
    gate = SundewGate(config, seed=config.seed)
    laps_s: list[float] = []
    active = 0
    for _ in range(WARM_UP_LAPS + laps):
        synchronize(device)
        started_s = time.perf_counter()
        active = gate(significance(losses, contrasts, config)).active.numel()
        synchronize(device)
        laps_s.append(time.perf_counter() - started_s)
    return GateTimed(candidates=size, laps_s=tuple(laps_s[WARM_UP_LAPS:]), active=active)


def _process_peak_b() -> int | None:
    """Peak memory of the process in bytes; None on Windows, where Python has no such counter."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes there, kibibytes elsewhere
