"""Metrics: a run's events in, numbers out. Pure functions; `None` where no recorded event stands behind a number.

A number read off a clock, a counter or a meter is a `Measured`; one computed from a formula is a `Modelled`.
They are different types, so that nobody can print one as the other without saying so.

The formulae of cost and of the reservoir are in `energy`; here they meet a run's events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from sundew_core import energy
from sundew_core.events import BatchSeen, Calibrated, EpochEnded, Event, Intervened, RunFailed, RunFinished, RunStarted

DENSE_ARMS = ("dense", "per-sample")
"""The arms that train on every candidate."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """A number read off a clock, a counter or a meter."""

    value: float
    n: int
    """How many readings stand behind it."""
    how: str


@dataclass(frozen=True, slots=True)
class Modelled:
    """A number computed from a formula."""

    value: float
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """The events of one run by kind, as far as they are recorded."""

    started: RunStarted | None = None
    calibrated: Calibrated | None = None
    batches: tuple[BatchSeen, ...] = ()
    epochs: tuple[EpochEnded, ...] = ()
    interventions: tuple[Intervened, ...] = ()
    """Refused ones included."""
    finished: RunFinished | None = None
    failed: RunFailed | None = None

    @classmethod
    def of(cls, events: Iterable[Event]) -> RunView:
        """View these events, in the order in which they were recorded."""
        return cls().extended(events)

    def extended(self, events: Iterable[Event]) -> RunView:
        """Add the events recorded since, for pages that read incrementally; gives a new view."""
        batches: list[BatchSeen] = []
        epochs: list[EpochEnded] = []
        interventions: list[Intervened] = []
        single: dict[str, Any] = {}
        for event in events:
            match event:
                case BatchSeen():
                    batches.append(event)
                case EpochEnded():
                    epochs.append(event)
                case Intervened():
                    interventions.append(event)
                case RunStarted():
                    single["started"] = event
                case Calibrated():
                    single["calibrated"] = event
                case RunFinished():
                    single["finished"] = event
                case RunFailed():
                    single["failed"] = event
        return replace(
            self,
            batches=self.batches + tuple(batches),
            epochs=self.epochs + tuple(epochs),
            interventions=self.interventions + tuple(interventions),
            **single,
        )

    @property
    def arm(self) -> str | None:
        """Who chooses the samples; None before the run has started."""
        return None if self.started is None else str(self.started.config["arm"])

    @property
    def target(self) -> float | None:
        """Target activation rate in force, a fraction; None before the start and in the arms that have no target."""
        return self.targets[-1][1] if self.targets else None

    @property
    def applied(self) -> tuple[Intervened, ...]:
        """The interventions that changed something."""
        return tuple(event for event in self.interventions if event.applied)

    @property
    def targets(self) -> tuple[tuple[float, float], ...]:
        """Every target that was in force, as (epochs done when it began, fraction); empty in the arms that have none."""
        if self.started is None or self.arm in DENSE_ARMS:
            return ()
        changes = [(event.progress, float(event.new)) for event in self.applied if event.knob == "target_activation_rate"]
        return ((0.0, float(self.started.config["target_activation_rate"])), *changes)

    @property
    def speed_epochs(self) -> tuple[EpochEnded, ...]:
        """The epochs that tell this arm's speed: dense phases of a sparse arm do not count."""
        return self.epochs if self.arm in DENSE_ARMS else tuple(e for e in self.epochs if e.phase == "sparse")


@dataclass(frozen=True, slots=True)
class Samples:
    """Candidates counted since the run began."""

    active: int
    candidates: int


# Formulae


def compute_saved(flop: float, dense_flop: float) -> float:
    """Fraction of a dense run's operations that were not needed, `1 - flop / dense_flop`.

    `flop` includes scoring, so the result may be negative: scoring everything and skipping nothing costs more than dense.
    Raises `ZeroDivisionError` for `dense_flop` 0.
    """
    return 1.0 - flop / dense_flop


def sustainable_rate(config: Mapping[str, Any]) -> float:
    """Activation rate at which the reservoir of a run with these knobs neither fills nor drains, a fraction."""
    low_u, high_u = config["dormancy_regen"]
    return energy.sustainable_rate(config["processing_cost"], (low_u, high_u))


def decimate(points: Sequence[Point], at_most: int = 500) -> list[Point]:
    """Thin a line to `at_most` points (4 or more): its first and last, and the lowest and highest of every stretch between.

    A spike is never lost, unlike with every n-th point or with means.
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
    """Count active samples and candidates so far, the part of a running epoch included."""
    if run.finished is not None:
        return Samples(run.finished.active, run.finished.candidates) if run.finished.candidates else None
    ended = run.epochs[-1].epoch if run.epochs else 0
    counted: list[EpochEnded | BatchSeen] = [*run.epochs, *(batch for batch in run.batches if batch.epoch > ended)]
    candidates = sum(part.candidates for part in counted)
    return Samples(sum(part.active for part in counted), candidates) if candidates else None


def activation_rate(run: RunView) -> Measured | None:
    """Realised rate over the whole run so far: active over candidates, a fraction."""
    counted = samples(run)
    return Measured(counted.active / counted.candidates, counted.candidates, "candidates counted") if counted else None


def samples_skipped(run: RunView) -> Measured | None:
    """Fraction of the candidates that were not trained on. Not a saving: scoring may have cost something."""
    counted = samples(run)
    return Measured(1.0 - counted.active / counted.candidates, counted.candidates, "candidates counted") if counted else None


def energy_saved(run: RunView) -> Modelled | None:
    """Fraction of a dense run's operations that this run did without, scoring included."""
    parts: Sequence[EpochEnded | RunFinished] = run.epochs if run.finished is None else (run.finished,)
    dense_flop = sum(part.dense_flop for part in parts)
    if not dense_flop:
        return None
    return Modelled(compute_saved(sum(part.flop for part in parts), dense_flop), "modelled from counted FLOPs, scoring included")


def dense_epoch_s(run: RunView) -> Measured | None:
    """Seconds that an epoch of dense training takes here, from the steps timed before the run."""
    if run.started is None or run.calibrated is None:
        return None
    seconds = run.calibrated.dense_sample_s * run.started.candidates_per_epoch
    return Measured(seconds, run.calibrated.dense_n, f"calibrated: median step of {run.calibrated.batch_size} samples")


def single_epoch_s(run: RunView) -> Measured | None:
    """Seconds that an epoch takes here when every sample is a step of its own, from the steps timed before the run."""
    if run.started is None or run.calibrated is None:
        return None
    seconds = run.calibrated.single_sample_s * run.started.candidates_per_epoch
    return Measured(seconds, run.calibrated.single_n, "calibrated: median step of 1 sample")


def epoch_s(run: RunView) -> Measured | None:
    """Median training seconds of an epoch of this arm: scoring, gating and optimizer steps."""
    seconds = [epoch.training_s for epoch in run.speed_epochs]
    return Measured(median(seconds), len(seconds), "median of its epochs") if seconds else None


def speedup(run: RunView) -> Measured | None:
    """How many times faster an epoch of this arm is than a dense one, both measured on this machine."""
    own, dense = epoch_s(run), dense_epoch_s(run)
    if own is None or dense is None or not own.value:
        return None
    return Measured(dense.value / own.value, own.n, "calibrated dense epoch over median epoch")


def speedup_ceiling(run: RunView) -> Modelled | None:
    """Most that `speedup` could be, at the rate realised in the same epochs; None for the arms that skip nothing."""
    candidates = sum(epoch.candidates for epoch in run.speed_epochs)
    active = sum(epoch.active for epoch in run.speed_epochs)
    if run.started is None or run.arm in DENSE_ARMS or not active or not run.started.step_flop:
        return None
    cost = energy.CostModel(
        forward_flop=run.started.forward_flop, step_flop=run.started.step_flop, score_flop=run.started.score_flop
    )
    return Modelled(cost.ceiling(active / candidates), f"counted FLOPs at the realised rate of {100 * active / candidates:.1f} %")


# Lines for a console


def console_line(epoch: EpochEnded) -> str:
    """Put an epoch on one line; the saving is the modelled one, scoring included."""
    loss = "-" if epoch.train_loss is None else f"{epoch.train_loss:.4f}"
    saved = f"{100 * compute_saved(epoch.flop, epoch.dense_flop):.1f} %" if epoch.dense_flop else "-"
    return (
        f"Epoch {epoch.epoch:3d}/{epoch.epochs} | Loss {loss} | Val acc {100 * epoch.val_accuracy:.2f} % | "
        f"Active {100 * epoch.activation_rate:.1f} % | Saved {saved} | {epoch.training_s:.1f} s"
    )


def summary_lines(run: RunView) -> list[str]:
    """Sum a run up, a line a fact; a fact that was not recorded has no line."""
    lines = []
    if run.failed is not None:
        lines.append(f"Failed               {run.failed.error}")
    if run.epochs:
        best = max(epoch.val_accuracy for epoch in run.epochs)
        lines.append(f"Validation accuracy  {100 * run.epochs[-1].val_accuracy:.2f} % (best {100 * best:.2f} %)")
    if (rate := activation_rate(run)) is not None:
        wanted = "" if run.target is None else f" for a target of {100 * run.target:.1f} %"
        lines.append(f"Activation rate      {100 * rate.value:.2f} %{wanted} (n = {rate.n:,} candidates)")
    if (saved := energy_saved(run)) is not None:
        lines.append(f"Compute saved        {100 * saved.value:.1f} % ({saved.how})")
    if (skipped := samples_skipped(run)) is not None:
        lines.append(f"Samples skipped      {100 * skipped.value:.1f} %")
    if (own := epoch_s(run)) is not None:
        lines.append(f"Seconds an epoch     {own.value:.3g} s measured ({own.how}, n = {own.n})")
    if (dense := dense_epoch_s(run)) is not None:
        lines.append(f"Dense epoch          {dense.value:.3g} s ({dense.how}, n = {dense.n})")
    if (faster := speedup(run)) is not None:
        most = speedup_ceiling(run)
        limit = "" if most is None else f", at most {most.value:.1f}× by {most.how}"
        lines.append(f"Speed-up             {faster.value:.1f}× measured{limit}")
    return lines
