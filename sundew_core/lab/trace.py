"""The trace: what a closed loop did batch by batch, simulated or recorded, and what is read off it. No torch.

Trace       rates, threshold, reservoir and sensitivity, one number per reading
Response    settling time, overshoot and steady-state error of a trace
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sundew_core.events.run import BatchSeen
from sundew_core.lab.loop import BAND

# What a loop did


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Significance of the last batches, and what the gate makes of it."""

    candidates: tuple[int, ...]
    """Counts in equal bins of [0, 1]."""
    active: tuple[int, ...]
    """Counts of the candidates let through, in the same bins."""
    batches: int
    """How many batches were counted."""
    scores: tuple[float, ...]
    """Significance in [0, 1] at the points of the gate's curve."""
    probabilities: tuple[float, ...]
    """Probability of being let through at these points, with the last batch's threshold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """What a closed loop did, one number per reading; rates are fractions of the candidates."""

    batch: tuple[int, ...]
    """Candidate batches seen, including that of the reading."""
    target: tuple[float, ...]
    set_point: tuple[float, ...]
    expected_rate: tuple[float, ...]
    realised_rate: tuple[float, ...]
    threshold: tuple[float, ...]
    energy_u: tuple[float, ...]
    sensitivity: tuple[float, ...]
    candidates: int
    """Most candidates in one batch."""
    changed_at: int = 0
    """Position of the first reading after the latest change from outside: 0 is the start."""
    scatter: float = 0.0
    """Standard deviation of the expected rate as a share of itself, due to the candidates alone: at a fixed threshold."""
    spread: Spread | None = None

    def __len__(self) -> int:
        return len(self.batch)


def trace_of(batches: Sequence[BatchSeen], targets: Sequence[tuple[float, float]], since: float = 0.0) -> Trace:
    """The trace that a run has recorded: its gate's telemetry, with its `targets` as (epochs done at the start, fraction).

    `since` says when the knobs were last changed, in epochs done. Readings without a gate, as in dense epochs, are left out.
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
        scatter=scatter(_numbers(batch.expected_rate for batch in seen[int(len(seen) * (1.0 - TAIL)) :])),
    )


def scatter(rates: Sequence[float]) -> float:
    """Standard deviation of rates from batch to batch as a share of their mean.

    It is computed from the differences of neighbours, so a slow drift does not count. Source: von Neumann and others
    (1941), The mean square successive difference.
    """
    exact = np.asarray(rates, dtype=np.float64)
    if exact.size < 2 or not exact.mean() > 0.0:
        return 0.0
    return float(np.sqrt(np.mean(np.diff(exact) ** 2) / 2.0) / exact.mean())


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(math.nan if value is None else float(value) for value in values)


# What is read off a trace

TAIL = 0.25
"""The last part of a trace, on which a steady state is judged."""
STANDARD_ERRORS = 3.0
"""Deviations of up to this many standard deviations of the scatter count as chance."""
SETTLED_FOR = 10
"""How many readings at the end of a trace must be within the band."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """How a loop answered the latest change from outside."""

    settled_after: int | None
    """Batches from the change until the expected rate stays within the band around the set-point; None if not in this trace."""
    overshoot: float | None
    """Largest excursion beyond the set-point as a share of the first deviation; None if that was within the band."""
    steady_rate: float
    """Mean expected rate over the trace's last part."""
    steady_error: float
    """The steady rate less the mean target in the same part."""
    band: float
    """Half the width of the band, as a share of the set-point."""


def respond(trace: Trace) -> Response:
    """Read settling time, overshoot and steady-state error off a trace with at least one reading.

    The band is +-5 % of the set-point, and wider by three standard deviations of the scatter that is due to
    the candidates alone.
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
    """The readings on which a steady state is judged: the last part of the trace, but nothing before the latest change."""
    return slice(max(min(trace.changed_at, len(trace) - 1), int(len(trace) * (1.0 - TAIL))), len(trace))


def _overshoot(deviation: Any, band: float, chance: float) -> float | None:
    """Largest excursion beyond chance on the side opposite to the first deviation, as a share of that deviation."""
    first = float(deviation[0])
    if abs(first) <= band:
        return None
    return max(0.0, float(np.max(-math.copysign(1.0, first) * deviation)) - chance) / abs(first)
