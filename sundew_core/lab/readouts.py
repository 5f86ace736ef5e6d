"""Readouts: a gate's loop in a row of numbers, as a control engineer would ask for them.

Measured numbers are read off the trace of the actual gate. Those of the linear loop follow from the two gains alone, and
their text says so.
"""

from dataclasses import dataclass

from sundew_core.config import GateConfig
from sundew_core.gate.reservoir import sustainable_rate
from sundew_core.lab.loop import damping, is_stable, natural_period, settling_batches
from sundew_core.lab.trace import Trace, respond
from sundew_core.wording import UNKNOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class Readout:
    """A number with its name."""

    name: str
    value: str
    detail: str
    """What the number is, and where it comes from."""


def readouts(config: GateConfig, trace: Trace) -> tuple[Readout, ...]:
    """All readouts of a gate that began with these knobs, in the order in which they are shown."""
    return (*_measured(trace), *_linear(config.adapt_kp, config.adapt_ki), _reach(config, trace))


def _measured(trace: Trace) -> tuple[Readout, ...]:
    answer = respond(trace)
    settled, over, points = answer.settled_after, answer.overshoot, 100 * answer.steady_error
    return (
        Readout(
            name="Settling",
            value="not settled" if settled is None else f"{settled} batches",
            detail="Measured: batches from the latest change until the expected rate stays within "
            f"{100 * answer.band:.1f} % of the set-point.",
        ),
        Readout(
            name="Overshoot",
            value=UNKNOWN if over is None else f"{100 * over:.0f} %",
            detail="Measured: how far the expected rate went beyond the set-point, as a share of the change.",
        ),
        Readout(
            name="Steady error",
            value=f"{points if abs(points) >= 0.005 else 0.0:+.2f} points",
            detail="Measured: mean expected rate at the end, less the target.",
        ),
    )


def _linear(kp: float, ki: float) -> tuple[Readout, ...]:
    stable, period = is_stable(kp, ki), natural_period(kp, ki)
    return (
        Readout(
            name="Linear loop",
            value=f"stable, {float(settling_batches(kp, ki)):,.0f} batches" if stable else "unstable",
            detail="From the gains alone: whether small errors die out, and after how many batches 5 % of them are left.",
        ),
        Readout(
            name="Damping",
            value=f"{damping(kp, ki):.2f}",
            detail="From the gains alone: 1 does not overshoot, 0 rings for ever, less than 0 grows.",
        ),
        Readout(
            name="Period",
            value=UNKNOWN if period is None else f"{period:,.0f} batches",
            detail="From the gains alone: natural period of the loop's slowest pole.",
        ),
    )


def _reach(config: GateConfig, trace: Trace) -> Readout:
    sustainable = sustainable_rate(config.processing_cost, config.dormancy_regen)
    within = trace.target[-1] <= sustainable
    reach = "within reach" if within else "out of reach in the long run: lower the cost of activation or raise the dormant refill"
    return Readout(
        name="Sustainable",
        value=f"{100 * sustainable:.1f} %" + ("" if within else ", below the target"),
        detail=f"From the reservoir's knobs: the rate at which it neither fills nor drains. The target is {reach}.",
    )
