"""Numbers: a run's events in, numbers out. A number that no recorded event supports is `None`.

A number read off a clock, a counter or a meter is a `Measured`; a number computed from a formula is a `Modelled`. The types
differ, so that code cannot print one as the other by accident. The formulae are in `measuring.cost` and `gate.reservoir`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sundew_core.config import DENSE_ARMS
from sundew_core.events.run import BatchSeen, EpochEnded, RunFinished
from sundew_core.gate import reservoir
from sundew_core.measuring.cost import CostModel
from sundew_core.metrics.view import RunView
from sundew_core.wording import percent

Point = tuple[float, float]
PACE_EVENTS = 20
"""Telemetry events that the pace is read from: with fewer, one training batch more or less would make it jump."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number read off a clock, a counter or a meter."""

    value: float
    n: int
    """Number of readings that it comes from."""
    how: str


@dataclass(frozen=True, slots=True)
class Modelled:
    """A number computed from a formula."""

    value: float
    how: str


@dataclass(frozen=True, slots=True)
class Samples:
    """Candidates counted since the run began."""

    active: int
    candidates: int


# Formulae


def compute_saved(flop: float, dense_flop: float) -> float:
    """Fraction of a dense run's operations that were saved, `1 - flop / dense_flop`.

    `flop` includes scoring, so the result may be negative: scoring everything and skipping nothing costs more than dense.
    Raises `ZeroDivisionError` for `dense_flop` 0.
    """
    return 1.0 - flop / dense_flop


def sustainable_rate(config: Mapping[str, Any]) -> float:
    """Activation rate at which the reservoir of a run with these knobs neither fills nor drains, a fraction in [0, 1]."""
    low_u, high_u = config["dormancy_regen"]
    return reservoir.sustainable_rate(config["processing_cost"], (low_u, high_u))


def decimate(points: Sequence[Point], at_most: int = 500) -> list[Point]:
    """Thin a line to `at_most` points (4 or more): the first, the last, and the lowest and highest of every stretch between.

    No spike is lost, as it would be if every n-th point were kept or means were taken.
    """
    if len(points) <= at_most:
        return list(points)
    inner = points[1:-1]
    height = [y for _, y in inner].__getitem__
    stretches = (at_most - 2) // 2
    kept = [points[0]]
    for i in range(stretches):
        stretch = range(len(inner) * i // stretches, len(inner) * (i + 1) // stretches)
        extremes = {min(stretch, key=height), max(stretch, key=height)}
        kept.extend(inner[j] for j in sorted(extremes))
    return [*kept, points[-1]]


# Numbers of a run


def samples(run: RunView) -> Samples | None:
    """Count active samples and candidates so far, including the part of a running epoch."""
    if run.finished is not None:
        return Samples(run.finished.active, run.finished.candidates) if run.finished.candidates else None
    ended = run.epochs[-1].epoch if run.epochs else 0
    counted: list[EpochEnded | BatchSeen] = [*run.epochs, *(batch for batch in run.batches if batch.epoch > ended)]
    candidates = sum(part.candidates for part in counted)
    return Samples(sum(part.active for part in counted), candidates) if candidates else None


def activation_rate(run: RunView) -> Measured | None:
    """Realised rate of the whole run so far: active over candidates, a fraction."""
    counted = samples(run)
    return Measured(counted.active / counted.candidates, counted.candidates, "candidates counted") if counted else None


def held_rate(run: RunView) -> Measured | None:
    """Realised rate since the current target was set, a fraction; of the whole run if the target never changed."""
    if len(run.targets) < 2:
        return activation_rate(run)
    active, candidates = run.since_target
    if not candidates:
        return None
    return Measured(active / candidates, candidates, "candidates counted since the target changed")


def samples_skipped(run: RunView) -> Measured | None:
    """Fraction of the candidates that were not trained on. It is not the saving: scoring may have a cost too."""
    counted = samples(run)
    return Measured(1.0 - counted.active / counted.candidates, counted.candidates, "candidates counted") if counted else None


def energy_saved(run: RunView) -> Modelled | None:
    """Fraction of a dense run's operations that this run saved, scoring included."""
    parts: Sequence[EpochEnded | RunFinished] = run.epochs if run.finished is None else (run.finished,)
    dense_flop = sum(part.dense_flop for part in parts)
    if not dense_flop:
        return None
    return Modelled(compute_saved(sum(part.flop for part in parts), dense_flop), "modelled from counted FLOPs, scoring included")


def dense_epoch_s(run: RunView) -> Measured | None:
    """Seconds of a dense epoch on this machine, from the steps timed before the run."""
    if run.started is None or run.calibrated is None:
        return None
    seconds = run.calibrated.dense_sample_s * run.started.candidates_per_epoch
    return Measured(seconds, run.calibrated.dense_n, f"calibrated: median step of {run.calibrated.batch_size} samples")


def single_epoch_s(run: RunView) -> Measured | None:
    """Seconds of an epoch with one step per sample on this machine, from the steps timed before the run."""
    if run.started is None or run.calibrated is None:
        return None
    seconds = run.calibrated.single_sample_s * run.started.candidates_per_epoch
    return Measured(seconds, run.calibrated.single_n, "calibrated: median step of 1 sample")


def epoch_s(run: RunView) -> Measured | None:
    """Median training seconds per epoch of this arm: scoring, gating and optimizer steps."""
    seconds = [epoch.training_s for epoch in run.speed_epochs]
    return Measured(median(seconds), len(seconds), "median of its epochs") if seconds else None


def speedup(run: RunView) -> Measured | None:
    """How many times faster an epoch of this arm is than a dense one, both measured on this machine."""
    own, dense = epoch_s(run), dense_epoch_s(run)
    if own is None or dense is None or not own.value:
        return None
    return Measured(dense.value / own.value, own.n, "calibrated dense epoch over median epoch")


def speedup_ceiling(run: RunView) -> Modelled | None:
    """The most that `speedup` could be at the rate realised in the same epochs; None for arms that skip nothing."""
    candidates = sum(epoch.candidates for epoch in run.speed_epochs)
    active = sum(epoch.active for epoch in run.speed_epochs)
    if run.started is None or run.arm in DENSE_ARMS or not active or not run.started.step_flop:
        return None
    cost = CostModel(forward_flop=run.started.forward_flop, step_flop=run.started.step_flop, score_flop=run.started.score_flop)
    return Modelled(cost.ceiling(active / candidates), f"counted FLOPs at the realised rate of {percent(active / candidates)}")


# Pace


def epochs_done(run: RunView) -> float:
    """Epochs that have passed the gate; a running epoch counts by its share."""
    ended = float(run.epochs[-1].epoch) if run.epochs else 0.0
    return max(ended, run.batches[-1].progress if run.batches else 0.0)


def left_s(run: RunView, asked: int) -> float | None:
    """Estimate the seconds to the end of `asked` epochs, including validation once one has been timed; None before training.

    An epoch's seconds exclude pauses, so neither pauses nor single steps change the estimate. Dense and sparse epochs to
    come take the median time of their own kind; if no such epoch has ended, the median of all epochs.
    """
    if run.started is None:
        return None
    config, done = run.started.config, epochs_done(run)
    left = max(0.0, asked - done)
    if not run.epochs:
        pace = _pace(run)
        return left * run.started.candidates_per_epoch * pace.seconds / pace.candidates if pace else None
    sparse_begin, sparse_end = (
        (asked, asked) if run.arm in DENSE_ARMS else (config["warmup_epochs"], asked - config["anneal_epochs"])
    )
    sparse = max(0.0, sparse_end - max(done, sparse_begin))
    dense_s = _typical_s(run, [epoch for epoch in run.epochs if epoch.phase == "dense"])
    return sparse * _typical_s(run, run.speed_epochs) + (left - sparse) * dense_s


def _typical_s(run: RunView, alike: Sequence[EpochEnded]) -> float:
    return median(epoch.training_s + epoch.validation_s for epoch in alike or run.epochs)


@dataclass(frozen=True, slots=True)
class _Pace:
    candidates: int
    active: int
    seconds: float


def _pace(run: RunView) -> _Pace | None:
    """Work and training seconds of the latest part of the epoch under way, or of the latest epoch if that part is too short."""
    ended = run.epochs[-1].epoch if run.epochs else 0
    lately = [batch for batch in run.batches[-PACE_EVENTS:] if batch.epoch > ended]
    seconds = sum(batch.training_s or 0.0 for batch in lately)
    if seconds and (len(lately) == PACE_EVENTS or not run.epochs):
        return _Pace(sum(batch.candidates for batch in lately), sum(batch.active for batch in lately), seconds)
    if not run.epochs or not run.epochs[-1].training_s:
        return None
    return _Pace(run.epochs[-1].candidates, run.epochs[-1].active, run.epochs[-1].training_s)


def candidates_per_s(run: RunView) -> float | None:
    """Candidates per training second, lately."""
    pace = _pace(run)
    return pace.candidates / pace.seconds if pace else None


def samples_per_s(run: RunView) -> float | None:
    """Samples trained per training second, lately."""
    pace = _pace(run)
    return pace.active / pace.seconds if pace else None
