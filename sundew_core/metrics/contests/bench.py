"""Numbers of a bench: its events in, medians, speed-ups and shares of the ceiling out. A number without events is `None`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from statistics import median, quantiles
from typing import Any, Self

from sundew_core.events.contest import BenchFinished, BenchStarted, ContestEvent, ContestFailed, GateTimed, SliceTimed
from sundew_core.measuring.cost import CostModel
from sundew_core.metrics.contests.race import latest
from sundew_core.metrics.numbers import Modelled
from sundew_core.wording import percent

DENSE = "dense"
Seconds = Callable[[SliceTimed], float | None]
"""Reads one clock of a slice."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and its quartiles."""

    median: float
    low: float
    """First quartile."""
    high: float
    """Third quartile."""
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchView:
    """The events of one bench by kind, as far as they are recorded."""

    started: BenchStarted | None = None
    slices: tuple[SliceTimed, ...] = ()
    gates: tuple[GateTimed, ...] = ()
    finished: BenchFinished | None = None
    failed: ContestFailed | None = None

    @classmethod
    def of(cls, events: Iterable[ContestEvent]) -> Self:
        """View these events, in the order in which they were recorded."""
        return cls().extended(events)

    def extended(self, events: Iterable[ContestEvent]) -> Self:
        """A new view with the events recorded since."""
        recorded = tuple(events)
        return replace(
            self,
            started=latest(recorded, BenchStarted) or self.started,
            slices=self.slices + tuple(event for event in recorded if isinstance(event, SliceTimed)),
            gates=self.gates + tuple(event for event in recorded if isinstance(event, GateTimed)),
            finished=latest(recorded, BenchFinished) or self.finished,
            failed=latest(recorded, ContestFailed) or self.failed,
        )

    @property
    def contestants(self) -> tuple[str, ...]:
        """Names of the timed arms and scorers, in order; empty before the start."""
        return self.started.contestants if self.started else ()

    def of_contestant(self, name: str) -> Sequence[SliceTimed]:
        """The slices of one contestant, in order."""
        return [event for event in self.slices if event.contestant == name]


def progress(view: BenchView) -> float:
    """Share of the rounds' seconds that the slices have taken, in [0, 1]."""
    if view.started is None:
        return 0.0
    return 1.0 if view.gates else min(1.0, sum(event.training_s for event in view.slices) / view.started.seconds)


def spread(values: Sequence[float]) -> Spread | None:
    """Sum up repeated readings; None without readings."""
    if not values:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return Spread(median(values), low, high, len(values))


def epoch_s(view: BenchView, contestant: str) -> Spread | None:
    """Training seconds per epoch, from each slice's seconds per candidate."""
    if view.started is None:
        return None
    per_epoch = view.started.candidates_per_epoch
    timed = view.of_contestant(contestant)
    return spread([per_epoch * event.training_s / event.candidates for event in timed if event.candidates])


def speedup(view: BenchView, contestant: str, seconds: Seconds = lambda event: event.training_s) -> Spread | None:
    """How many times faster an epoch is than a dense one timed just before it; None without dense slices.

    For the dense arm it compares each slice with the one before: 1, except for the noise of the machine.
    """
    dense, own = view.of_contestant(DENSE), view.of_contestant(contestant)
    if contestant == DENSE:
        return spread([ratio for before, after in pairwise(dense) if (ratio := _ratio(before, after, seconds))])
    before = {event.round: event for event in dense if event.pair == contestant}
    pairs = [(before[event.round], event) for event in own if event.round in before]
    return spread([ratio for dense_event, event in pairs if (ratio := _ratio(dense_event, event, seconds))])


def processor_speedup(view: BenchView, contestant: str) -> Spread | None:
    """The same by processor time, which other programs hardly affect; None if an accelerator trains."""
    return speedup(view, contestant, lambda event: event.processor_s)


def _ratio(before: SliceTimed, after: SliceTimed, seconds: Seconds) -> float | None:
    """Seconds per candidate of one slice over those of the next; None without both."""
    before_s, after_s = seconds(before), seconds(after)
    return before_s / before.candidates / (after_s / after.candidates) if before_s and after_s else None


def realised_rate(view: BenchView, contestant: str) -> float | None:
    """Samples trained over candidates in all slices, a fraction."""
    timed = view.of_contestant(contestant)
    candidates = sum(event.candidates for event in timed)
    return sum(event.trained for event in timed) / candidates if candidates else None


def ceiling(view: BenchView, contestant: str) -> Modelled | None:
    """The most that the speed-up could be by counted operations, at the realised rate; None without slices."""
    rate = realised_rate(view, contestant)
    if view.started is None or not rate:
        return None
    cost = CostModel(
        forward_flop=view.started.forward_flop,
        step_flop=view.started.step_flop,
        score_flop=view.started.score_flop[contestant],
    )
    return Modelled(cost.ceiling(rate), f"counted FLOPs at the realised rate of {percent(rate)}")


def share_of_ceiling(view: BenchView, contestant: str) -> float | None:
    """Median speed-up over its ceiling: 1 if everything but the counted operations is free."""
    faster, most = speedup(view, contestant), ceiling(view, contestant)
    return faster.median / most.value if faster is not None and most is not None else None


def batch_s(view: BenchView, contestant: str) -> tuple[Spread | None, Spread | None]:
    """Seconds that a candidate batch spends in scoring, and in gate and packing."""
    timed = [event for event in view.of_contestant(contestant) if event.batches]
    scoring = spread([event.scoring_s / event.batches for event in timed])
    return scoring, spread([event.gating_s / event.batches for event in timed])


def peak_b(view: BenchView, contestant: str) -> int | None:
    """Most bytes allocated on the accelerator in a slice; None on a CPU."""
    peaks = [event.device_peak_b for event in view.of_contestant(contestant) if event.device_peak_b is not None]
    return max(peaks, default=None)


def result(view: BenchView) -> dict[str, Any]:
    """The results as plain values, which `--json` prints in addition to the events."""
    return {
        "contestants": {name: _of_contestant(view, name) for name in view.contestants},
        "left_out": dict(view.started.left_out) if view.started else {},
        "gate_growth": [
            {"candidates": event.candidates, "seconds": plain(spread(event.laps_s)), "active": event.active}
            for event in view.gates
        ],
        "process_peak_b": view.finished.process_peak_b if view.finished else None,
    }


def _of_contestant(view: BenchView, name: str) -> dict[str, Any]:
    most = ceiling(view, name)
    scoring, gating = batch_s(view, name)
    return {
        "epoch_s": plain(epoch_s(view, name)),
        "speedup": plain(speedup(view, name)),
        "processor_speedup": plain(processor_speedup(view, name)),
        "ceiling_modelled": None if most is None else most.value,
        "share_of_ceiling": share_of_ceiling(view, name),
        "realised_rate": realised_rate(view, name),
        "scoring_batch_s": plain(scoring),
        "gating_batch_s": plain(gating),
        "device_peak_b": peak_b(view, name),
    }


def plain(spread_of: Spread | None) -> dict[str, Any] | None:
    """A spread as plain values."""
    return None if spread_of is None else asdict(spread_of)
