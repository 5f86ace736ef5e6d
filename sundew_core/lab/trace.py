"""Control: the gate's loop as a control engineer sees it. Plain numbers; no torch.

    limits      what the law allows the threshold: its bounds, and its step in one batch
    analysis    the linear loop around the set-point, from its two gains alone
    Trace       what a closed loop did batch by batch, simulated or recorded
    Response    what is read off a trace: settling time, overshoot, steady-state error

Around the set-point the loop is the second-order system `z^2 - (2 - kp) z + (1 - kp + ki)`, one step a candidate
batch. By Jury's criterion it is stable for `0 < ki < kp < 2 + ki / 2`. Its poles are

    z = ((2 - kp) +- sqrt(kp^2 - 4 ki)) / 2

so it rings for `ki > kp^2 / 4`, and is quickest along that edge. A pole z decays like `exp(s)` a batch with `s = ln z`,
which gives it a damping `-Re s / |s|` and a natural period `2 pi / |s|`. Source: Franklin, Powell and Workman, Digital
Control of Dynamic Systems, 3rd edition, 1998, chapter 4.
"""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from sundew_core.events.run import BatchSeen

# Limits of the gate's law

RATE_MIN = 0.001
"""Lowest rate that every gate must be able to reach, whatever its temperature and whatever the scores."""
STEP_MAX = 0.05
"""Largest move of the threshold in one batch."""
HISTOGRAM_BINS = 20
"""Equal bins of [0, 1] in which significance is counted, in a run's events and in a trace."""


def threshold_bounds(temperature: float) -> tuple[float, float]:
    """Lowest and highest threshold: [-1, 2], and wider for a gate so soft that it would miss low or high rates there.

    If all candidates score 1, `p = RATE_MIN` needs `theta = 1 + T ln(1 / RATE_MIN - 1)`; if all score 0, the mirror image.
    """
    reach = temperature * math.log(1.0 / RATE_MIN - 1.0)
    return min(-1.0, -reach), max(2.0, 1.0 + reach)


# What a simulation may be asked for

RECORDED = "recorded"
SOURCES = (RECORDED, "uniform", "loss-like", "bimodal", "90 % easy", "drifting", "sudden jump")
"""Where scores come from, by name: those of a recorded run, or a distribution."""
DISTURBANCES: Mapping[str, str] = MappingProxyType(
    {
        "none": "Nothing changes from outside.",
        "target step": "Half-way the target becomes half as high again, as if somebody moved the slider.",
        "score shift": "Half-way every score s becomes (1 + s) / 2, as if all candidates had become harder.",
    }
)
"""What may happen half-way, by name, each in a sentence."""

# Analysis of the linear loop

BAND = 0.05
"""Settled is what stays within this share of the set-point."""


def is_stable(kp: float, ki: float) -> bool:
    """Whether the loop with these gains returns to its set-point; without an integral it is of first order."""
    return 0.0 < kp < 2.0 if ki == 0.0 else 0.0 < ki < kp < 2.0 + ki / 2.0


def poles(kp: float, ki: float) -> tuple[complex, ...]:
    """The loop's poles, the slowest to decay first. An integral without gain has none."""
    if ki == 0.0:
        return (complex(1.0 - kp),)
    root = cmath.sqrt(kp * kp - 4.0 * ki)
    return tuple(sorted(((2.0 - kp + root) / 2.0, (2.0 - kp - root) / 2.0), key=abs, reverse=True))


def damping(kp: float, ki: float) -> float:
    """Damping of the pole that rings the most: 1 does not overshoot, 0 rings for ever, less than 0 grows."""
    return min(-decay.real / abs(decay) if decay else 0.0 for decay in _decays(kp, ki))


def natural_period(kp: float, ki: float) -> float | None:
    """Batches of one swing of the slowest pole, had it no damping; None where it does not move at all."""
    slowest = _decays(kp, ki)[0]
    return 2.0 * math.pi / abs(slowest) if slowest else None


def _decays(kp: float, ki: float) -> tuple[complex, ...]:
    """The poles' logarithms: growth and turn in one batch. A pole at 0 is gone at once, which is as good as very quick."""
    return tuple(cmath.log(pole or 1e-300) for pole in poles(kp, ki))


def settling_batches(kp: Any, ki: Any) -> Any:
    """Batches until the linear loop stays within `BAND`, from the radius of its slowest pole; infinite where it is not stable.

    Takes numbers or arrays that go together, and gives an array of their common shape.
    """
    kp, ki = np.broadcast_arrays(np.asarray(kp, float), np.asarray(ki, float))
    square = kp * kp - 4.0 * ki
    root = np.sqrt(np.maximum(square, 0.0))
    real = np.maximum(np.abs(2.0 - kp + root), np.abs(2.0 - kp - root)) / 2.0
    turning = np.sqrt(np.maximum(1.0 - kp + ki, 0.0))
    radius = np.where(ki == 0.0, np.abs(1.0 - kp), np.where(square < 0.0, turning, real))
    stable = np.where(ki == 0.0, (kp > 0.0) & (kp < 2.0), (ki > 0.0) & (ki < kp) & (kp < 2.0 + ki / 2.0))
    with np.errstate(divide="ignore"):
        decay = np.log(np.where(stable, np.minimum(radius, 1.0 - 1e-12), 0.5))
    return np.where(stable, math.log(BAND) / decay, math.inf)


def settling_triangle(batches: float) -> tuple[tuple[float, float], ...]:
    """Corners (kp, ki) of the triangle of gains with which the linear loop settles in at most so many batches.

    On its sides the slowest pole has the radius `r = 0.05^(1 / batches)`: it is r itself on `ki = (1 - r) (kp - (1 - r))`,
    -r on `ki = (1 + r) (kp - (1 + r))`, and one of a pair that turns on `ki = kp - (1 - r^2)`. The corners are the gains
    with the poles r and r, -r and -r, and r and -r. For infinitely many batches it is the triangle of stability.
    """
    r = BAND ** (1.0 / batches)
    return (2.0 - 2.0 * r, (1.0 - r) ** 2), (2.0 + 2.0 * r, (1.0 + r) ** 2), (2.0, 1.0 - r * r)


# What a loop did


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Significance of the last batches, and what the gate makes of it."""

    candidates: tuple[int, ...]
    """Counts in equal bins of [0, 1]."""
    active: tuple[int, ...]
    """Counts of those let through, in the same bins."""
    batches: int
    """How many batches were counted."""
    scores: tuple[float, ...]
    """Where the gate's curve is known, in [0, 1]."""
    probabilities: tuple[float, ...]
    """The probability of being let through there, with the last batch's threshold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """What a closed loop did, a number a reading; rates are fractions of the candidates."""

    batch: tuple[int, ...]
    """Candidate batches seen, the reading's own included."""
    target: tuple[float, ...]
    set_point: tuple[float, ...]
    expected_rate: tuple[float, ...]
    realised_rate: tuple[float, ...]
    threshold: tuple[float, ...]
    energy_u: tuple[float, ...]
    sensitivity: tuple[float, ...]
    candidates: int
    """In a batch; the most there were."""
    changed_at: int = 0
    """Position of the first reading after the latest change from outside: 0 is the start."""
    scatter: float = 0.0
    """Standard deviation of the expected rate as a share of itself, due to the candidates alone: the threshold held still."""
    spread: Spread | None = None

    def __len__(self) -> int:
        return len(self.batch)


def trace_of(batches: Sequence[BatchSeen], targets: Sequence[tuple[float, float]], since: float = 0.0) -> Trace:
    """The trace that a run has recorded: its gate's telemetry, with the targets as (epochs done when it began, fraction).

    `since` says when the knobs were last changed, in epochs done. Readings without a gate, as of dense epochs, are left out.
    """
    seen = [batch for batch in batches if batch.threshold is not None and batch.candidates]
    in_force = [[rate for begin, rate in targets if begin <= batch.progress][-1] for batch in seen]
    return Trace(
        batch=tuple(batch.batch for batch in seen),
        target=tuple(in_force),
        set_point=_numbers(batch.set_point for batch in seen),
        expected_rate=_numbers(batch.expected_rate for batch in seen),
        realised_rate=tuple(batch.active / batch.candidates for batch in seen),
        threshold=_numbers(batch.threshold for batch in seen),
        energy_u=_numbers(batch.energy_u for batch in seen),
        sensitivity=_numbers(batch.sensitivity for batch in seen),
        candidates=max(
            (round(new.candidates / max(1, new.batch - old.batch)) for old, new in itertools.pairwise(seen)), default=0
        ),
        changed_at=sum(batch.progress <= since for batch in seen),
        scatter=_neighbours_scatter(seen),
    )


def _neighbours_scatter(seen: Sequence[BatchSeen]) -> float:
    """Scatter as far as the differences of neighbouring readings tell, in which a slow swing does not count."""
    rates = np.asarray(_numbers(batch.expected_rate for batch in seen[int(len(seen) * (1.0 - TAIL)) :]))
    if rates.size < 2 or not rates.mean() > 0.0:
        return 0.0
    return float(np.sqrt(np.mean(np.diff(rates) ** 2) / 2.0) / rates.mean())


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(math.nan if value is None else float(value) for value in values)


# What is read off a trace

TAIL = 0.25
"""The last part of a trace, on which a steady state is judged."""
STANDARD_ERRORS = 3.0
"""Deviations up to so many standard deviations of the scatter are taken for chance."""
SETTLED_FOR = 10
"""Readings that the end of a trace must have stayed within the band."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """How a loop answered the latest change from outside."""

    settled_after: int | None
    """Batches from the change until the expected rate stays within the band around the set-point; None: not in this trace."""
    overshoot: float | None
    """Largest excursion beyond the set-point as a share of the first deviation from it; None: there was none to speak of."""
    steady_rate: float
    """Mean expected rate over the trace's last part."""
    steady_error: float
    """The same less the target there."""
    band: float
    """Half the width of the band, as a share of the set-point."""


def respond(trace: Trace) -> Response:
    """Read settling time, overshoot and steady-state error off a trace with at least one reading.

    The band is +-5 % of the set-point, and wider by three standard deviations of the scatter that the candidates
    bring in by themselves.
    """
    aim = np.maximum(np.asarray(trace.set_point), 1e-9)
    deviation = np.asarray(trace.expected_rate) / aim - 1.0
    band = BAND + STANDARD_ERRORS * trace.scatter
    begin = min(trace.changed_at, len(trace) - 1)
    outside = np.flatnonzero(np.abs(deviation[begin:]) > band)
    settled = begin + (int(outside[-1]) + 1 if outside.size else 0)
    last = tail(trace)
    steady = float(np.mean(trace.expected_rate[last]))
    return Response(
        settled_after=trace.batch[settled] - trace.batch[begin] if settled <= len(trace) - SETTLED_FOR else None,
        overshoot=_overshoot(deviation[begin:], band, STANDARD_ERRORS * trace.scatter),
        steady_rate=steady,
        steady_error=steady - float(np.mean(trace.target[last])),
        band=band,
    )


def tail(trace: Trace) -> slice:
    """The readings on which a steady state is judged: the last part of the trace, and none before the latest change."""
    return slice(max(min(trace.changed_at, len(trace) - 1), int(len(trace) * (1.0 - TAIL))), len(trace))


def _overshoot(deviation: Any, band: float, chance: float) -> float | None:
    """Largest excursion beyond chance to the side opposite to the first deviation, as a share of that."""
    first = float(deviation[0])
    if abs(first) <= band:
        return None
    return max(0.0, float(np.max(-math.copysign(1.0, first) * deviation)) - chance) / abs(first)
