"""Numbers of a race: its events in, curves and comparisons out. A number that no recorded event supports is `None`.

Arms are compared at equal training seconds, samples trained, epochs and operations, each at the point where the arm that
came least far stopped. With several seeds a number is their mean with a 95 % confidence interval.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import mean, stdev
from typing import Any, Literal, Self, TypeVar

from sundew_core.events.contest import ArmValidated, ContestEvent, ContestFailed, RaceFinished, RaceStarted
from sundew_core.metrics.numbers import Modelled, Point

Axis = Literal["seconds", "samples", "epochs", "flop"]
AXES: Mapping[Axis, Callable[[ArmValidated], float]] = {
    "seconds": lambda event: event.training_s,
    "samples": lambda event: float(event.trained),
    "epochs": lambda event: event.epochs,
    "flop": lambda event: event.flop,
}
"""The axes at which accuracies are compared: training seconds, samples trained, epochs, operations."""

STUDENT_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110,
    2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom. Above 30 the last one is used, a little too wide."""

E = TypeVar("E")


def latest(events: Sequence[ContestEvent], kind: type[E]) -> E | None:
    """The last event of a kind; None if there is none."""
    return next((event for event in reversed(events) if isinstance(event, kind)), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class RaceView:
    """The events of one race by kind, as far as they are recorded."""

    started: RaceStarted | None = None
    validated: tuple[ArmValidated, ...] = ()
    finished: RaceFinished | None = None
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
            started=latest(recorded, RaceStarted) or self.started,
            validated=self.validated + tuple(event for event in recorded if isinstance(event, ArmValidated)),
            finished=latest(recorded, RaceFinished) or self.finished,
            failed=latest(recorded, ContestFailed) or self.failed,
        )

    @property
    def arms(self) -> tuple[str, ...]:
        """The racing arms, in the order asked for; empty before the start."""
        return self.started.arms if self.started else ()

    @property
    def finished_seeds(self) -> tuple[int, ...]:
        """The seeds in which every arm has used up its seconds."""
        if self.started is None:
            return ()
        ended = {(event.arm, event.seed) for event in self.validated if event.share >= 1.0}
        return tuple(seed for seed in self.started.seeds if all((arm, seed) in ended for arm in self.arms))

    def of_arm(self, arm: str, seed: int) -> tuple[ArmValidated, ...]:
        """The validations of one arm of one seed, in order."""
        return tuple(event for event in self.validated if (event.arm, event.seed) == (arm, seed))


def progress(view: RaceView) -> float:
    """Share of the training seconds of all arms and seeds that the validations cover, in [0, 1]."""
    if view.started is None:
        return 0.0
    used = {(event.arm, event.seed): event.share for event in view.validated}
    return sum(used.values()) / (len(view.arms) * len(view.started.seeds))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds; with two or more seeds, its 95 % confidence interval by Student's t."""

    mean: float
    n: int
    """Seeds."""
    deviation: float | None = None
    """Standard deviation between seeds; None for a single seed."""
    half_width: float | None = None
    """Half the width of the interval; None for a single seed."""

    @property
    def low(self) -> float | None:
        """Lower end of the interval."""
        return None if self.half_width is None else self.mean - self.half_width

    @property
    def high(self) -> float | None:
        """Upper end of the interval."""
        return None if self.half_width is None else self.mean + self.half_width


def estimate(values: Sequence[float]) -> Estimate | None:
    """Sum up one number per seed; None without numbers."""
    if not values:
        return None
    if len(values) == 1:
        return Estimate(values[0], 1)
    n, deviation = len(values), stdev(values)
    quantile = STUDENT_95[min(n - 1, len(STUDENT_95)) - 1]
    return Estimate(mean(values), n, deviation, quantile * deviation / n**0.5)


def curve(view: RaceView, arm: str, seed: int, axis: Axis) -> list[Point]:
    """Accuracy along the axis, one point per validation: (x, fraction)."""
    return [(AXES[axis](event), event.val_accuracy) for event in view.of_arm(arm, seed)]


def at(points: Sequence[Point], x: float) -> float | None:
    """Height at `x` of the line through the points; None outside of them."""
    if points and points[-1][0] == x:
        return points[-1][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= x <= x1:
            return y1 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return None


def common_end(view: RaceView, axis: Axis) -> float | None:
    """The largest x that every arm has reached in every finished seed; None before the first seed has finished."""
    ends = [max(x for x, _ in curve(view, arm, seed, axis)) for arm in view.arms for seed in view.finished_seeds]
    return min(ends) if ends else None


def accuracy_at_equal(view: RaceView, arm: str, axis: Axis) -> Estimate | None:
    """Accuracy of an arm at the common end of the axis, interpolated linearly between two validations.

    None if a seed had no validation by then: before the first validation the accuracy rises too steeply to be
    interpolated from the untrained model's.
    """
    end = common_end(view, axis)
    if end is None:
        return None
    heights = [at(curve(view, arm, seed, axis)[1:], end) for seed in view.finished_seeds]
    known = [height for height in heights if height is not None]
    return estimate(known) if len(known) == len(heights) else None


def final_accuracy(view: RaceView, arm: str, seed: int) -> float | None:
    """Accuracy of an arm when its seconds were used up; None if they are not."""
    ended = [event for event in view.of_arm(arm, seed) if event.share >= 1.0]
    return ended[-1].val_accuracy if ended else None


def seconds_to_reach(view: RaceView, arm: str, seed: int, accuracy: float) -> float | None:
    """Training seconds until the first validation with at least this accuracy, except the one at the start; None if never."""
    return next((event.training_s for event in view.of_arm(arm, seed)[1:] if event.val_accuracy >= accuracy), None)


@dataclass(frozen=True, slots=True)
class TimeToReach:
    """How long an arm took to reach the dense arm's final accuracy of the same seed."""

    seconds: Estimate | None
    """None if a seed never reached it: a mean of the others would flatter the arm."""
    reached: int
    n: int
    """Seeds."""
    speedup: Estimate | None
    """The dense arm's whole time over the arm's time; None like `seconds`."""


def time_to_reach_dense(view: RaceView, arm: str) -> TimeToReach | None:
    """Time to the dense arm's final accuracy, also for the dense arm itself, for fairness; None without a finished dense arm."""
    if "dense" not in view.arms or not view.finished_seeds:
        return None
    times_s: list[float] = []
    speedups: list[float] = []
    for seed in view.finished_seeds:
        accuracy = final_accuracy(view, "dense", seed)
        assert accuracy is not None, "a finished seed has a final accuracy"
        reached_s = seconds_to_reach(view, arm, seed, accuracy)
        if reached_s is not None:
            times_s.append(reached_s)
            speedups.append(view.of_arm("dense", seed)[-1].training_s / reached_s)
    n = len(view.finished_seeds)
    every = len(times_s) == n
    return TimeToReach(estimate(times_s) if every else None, len(times_s), n, estimate(speedups) if every else None)


def compute_saved(view: RaceView, arm: str) -> Modelled | None:
    """Fraction of a dense epoch's operations that an epoch of the arm saved, scoring included."""
    ended = [event for event in view.validated if event.arm == arm and event.share >= 1.0 and event.candidates]
    if view.started is None or not ended:
        return None
    dense_flop = view.started.step_flop * sum(event.candidates for event in ended)
    return Modelled(1.0 - sum(event.flop for event in ended) / dense_flop, "modelled from counted FLOPs, scoring included")


def energy_saved(view: RaceView, arm: str) -> Estimate | None:
    """Fraction of a dense epoch's joules that an epoch of the arm saved, by the meter; None without meter or dense arm."""
    saved = []
    for seed in view.finished_seeds:
        own, dense = (_joules_per_candidate(view, name, seed) for name in (arm, "dense"))
        if own is not None and dense:
            saved.append(1.0 - own / dense)
    return estimate(saved)


def _joules_per_candidate(view: RaceView, arm: str, seed: int) -> float | None:
    ended = [event for event in view.of_arm(arm, seed) if event.share >= 1.0 and event.candidates]
    return ended[-1].energy_j / ended[-1].candidates if ended and ended[-1].energy_j is not None else None


def result(view: RaceView) -> dict[str, Any]:
    """The results of each arm as plain values, which `--json` prints in addition to the events."""
    return {
        "seeds_finished": list(view.finished_seeds),
        "compared_at": {axis: common_end(view, axis) for axis in AXES},
        "arms": {arm: _of_arm(view, arm) for arm in view.arms},
    }


def _of_arm(view: RaceView, arm: str) -> dict[str, Any]:
    reached, modelled = time_to_reach_dense(view, arm), compute_saved(view, arm)
    return {
        **{f"accuracy_at_equal_{axis}": plain(accuracy_at_equal(view, arm, axis)) for axis in AXES},
        "time_to_dense_accuracy": None
        if reached is None
        else {
            "seconds": plain(reached.seconds),
            "speedup": plain(reached.speedup),
            "reached": reached.reached,
            "n": reached.n,
        },
        "compute_saved_modelled": None if modelled is None else modelled.value,
        "energy_saved_measured": plain(energy_saved(view, arm)),
    }


def plain(estimated: Estimate | None) -> dict[str, Any] | None:
    """An estimate as plain values."""
    if estimated is None:
        return None
    return {name: getattr(estimated, name) for name in ("mean", "n", "deviation", "low", "high")}
