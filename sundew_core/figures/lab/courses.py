"""Courses: what a closed loop did over its candidate batches: the rate, the threshold, and the reservoir.

All three share their axis, so that they can be read below each other. An amber dotted line marks the change from outside,
a green one the batch at which the rate had settled.
"""

import math
from collections.abc import Sequence

import numpy as np

from sundew_core.config import GateConfig
from sundew_core.figures.parts import (
    KEY_SHARE,
    OVER_TARGET,
    TICK_SIZE,
    Drawn,
    Headline,
    axis,
    epoch_axis,
    key,
    label,
    level,
    make_figure,
    rate_axis,
    rate_top,
    short,
    stepped,
    sustainable_key,
    upright,
)
from sundew_core.figures.theme import Theme, faint, theme
from sundew_core.gate.law import threshold_bounds
from sundew_core.gate.reservoir import sustainable_rate
from sundew_core.lab.trace import Trace, respond
from sundew_core.wording import percent

SPIKES = 0.01
"""Share of the rates that may run off the top of the axis, so that one batch does not flatten all others."""
LEAST_SPAN = 0.1
"""Least span of the threshold's axis, in units of significance, so that noise does not look like movement."""
DIGITS = 4
"""Significant digits of the largest value of a line: more are not visible."""


def rate_response(config: GateConfig, trace: Trace, dark: bool) -> Drawn:
    """Draw the expected and the realised rate against target, set-point and sustainable rate, and where it settled."""
    look = theme(dark)
    answer, sustainable = respond(trace), 100 * sustainable_rate(config.processing_cost, config.dormancy_regen)
    top = rate_top(_highest_rate(trace), [sustainable])
    names = [
        (f"╌ target {100 * trace.target[-1]:.3g}", look.text),
        (f"— set-point {100 * trace.set_point[-1]:.3g}", look.secondary),
        ("— expected", look.arm_texts["sundew"]),
        sustainable_key(sustainable, top, look),
    ]
    marks, words = _marks(trace, answer.settled_after, look)
    return make_figure(
        "Response",
        look,
        traces=[
            line("realised", trace.batch, percents(trace.realised_rate), faint(look.arms["sundew"], 0.35), 1),
            line("set-point", trace.batch, percents(trace.set_point), look.secondary, 1.5),
            line("expected", trace.batch, percents(trace.expected_rate), look.arms["sundew"], 2.5),
            stepped(line("target", trace.batch, percents(trace.target), look.text, 1.5)),
        ],
        labels=[key(names, look), *words],
        headline=Headline(percent(answer.steady_rate, 2), "held at the end", look.arm_texts["sundew"]),
        lines=[*([level("sustainable", sustainable, look.secondary)] if sustainable <= top else []), *marks],
        xaxis=_batch_axis(trace, look),
        yaxis=rate_axis(look, top),
        hovermode="x unified",
    )


def threshold_course(config: GateConfig, trace: Trace, dark: bool) -> Drawn:
    """Draw the threshold, and a bound if it comes near one."""
    look = theme(dark)
    low, high = min(trace.threshold), max(trace.threshold)
    spare = max(0.08 * (high - low), (LEAST_SPAN - (high - low)) / 2)
    bounds = [bound for bound in threshold_bounds(config.gate_temperature) if low - spare <= bound <= high + spare]
    marks, _ = _marks(trace, respond(trace).settled_after, look)
    return make_figure(
        "Threshold",
        look,
        traces=[line("threshold", trace.batch, trace.threshold, look.text, 2)],
        labels=[key([("╌ bound", look.secondary)], look)] if bounds else [],
        headline=Headline(f"{trace.threshold[-1]:.2f}", "at the end"),
        lines=[*(level("bound", bound, look.secondary) for bound in bounds), *marks],
        xaxis=_batch_axis(trace, look),
        yaxis=axis(look, "significance", nticks=5, range=[short(low - spare), short((high + spare) + KEY_SHARE * (high - low))]),
        hovermode="x unified",
    )


def reservoir_course(config: GateConfig, trace: Trace, dark: bool) -> Drawn:
    """Draw the energy of the reservoir, from empty to full."""
    look = theme(dark)
    sustainable = sustainable_rate(config.processing_cost, config.dormancy_regen)
    marks, _ = _marks(trace, None, look)
    return make_figure(
        "Reservoir",
        look,
        traces=[line("energy", trace.batch, trace.energy_u, look.saved, 2)],
        labels=[key([(f"╌ full   drains above {percent(sustainable)}", look.secondary)], look)],
        headline=Headline(f"{trace.energy_u[-1]:,.1f} u", f"of {config.max_energy:,g} u"),
        lines=[level("full", config.max_energy, look.secondary), *marks],
        xaxis=_batch_axis(trace, look),
        yaxis=axis(look, "u", nticks=5, range=[0, short(config.max_energy / (1 - KEY_SHARE))]),
        hovermode="x unified",
    )


def percents(rates: Sequence[float]) -> list[float]:
    """Fractions in percent."""
    return [100 * rate for rate in rates]


def line(name: str, x: Sequence[float], y: Sequence[float], colour: str, width: float) -> Drawn:
    """A line over evenly spaced x, of a few hundred points, rounded to what is visible."""
    largest = max(map(abs, y), default=0.0)
    decimals = max(0, DIGITS - math.ceil(math.log10(largest))) if largest else 0
    return {
        "type": "scatter",
        "uid": name,
        "name": name,
        "x0": x[0],
        "dx": short(x[1] - x[0]) if len(x) > 1 else 1,
        "y": [round(value, decimals) for value in y],
        "mode": "lines",
        "line": {"color": colour, "width": width},
        "hovertemplate": "%{y:.4g}",
    }


def _highest_rate(trace: Trace) -> float:
    """Highest rate in percent that the axis shows below the names of its lines."""
    rates = [float(np.quantile(values, 1.0 - SPIKES)) for values in (trace.expected_rate, trace.realised_rate)]
    return 100 * min(1.0, max(*rates, OVER_TARGET * max(trace.target), max(trace.set_point)))


def _marks(trace: Trace, settled_after: int | None, look: Theme) -> tuple[list[Drawn], list[Drawn]]:
    """Vertical lines at the change from outside and where the rate had settled, and words at the second line."""
    begin = trace.batch[min(trace.changed_at, len(trace) - 1)]
    change = [_upright("change", begin, look.change)] if trace.changed_at else []
    if settled_after is None:
        return change, []
    words = f"settled after {settled_after}" if trace.changed_at or settled_after else "on its set-point from the start"
    place: Drawn = {"x": begin + settled_after, "xanchor": "left", "xshift": 4, "y": 0, "yref": "paper", "yanchor": "bottom"}
    settled = label(words, look.text, TICK_SIZE, name="settled", bgcolor=look.panel, **place)
    return [*change, _upright("settled", begin + settled_after, look.saved)], [settled]


def _upright(name: str, batch: int, colour: str) -> Drawn:
    return upright(name, batch, colour, "dot", 1.5, top=1 - KEY_SHARE)


def _batch_axis(trace: Trace, look: Theme) -> Drawn:
    return epoch_axis(look, "candidate batches", range=[0, trace.batch[-1]], nticks=7)
