"""The gate lab's figures by name: what a closed loop did, each with its reading aid and its text alternative.

All but the map are drawn from one trace; pages and tests iterate over `LAB`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sundew_core.config import GateConfig
from sundew_core.control import Spread, Trace, respond, tail, threshold_bounds
from sundew_core.energy import sustainable_rate
from sundew_core.figures.stability import stability_map, stability_words
from sundew_core.figures.theme import (
    TICK_SIZE, Drawn, Theme, axis, dashed, epoch_axis, faint, headline, label, make_figure, note, short, theme,
)  # fmt: skip

SPIKES = 0.01
"""Share of the rates that may run off the top of the axis, so that one batch does not flatten all others."""
OVER_TARGET = 1.5
"""The rate axis reaches at least this many times the target."""
SUSTAINABLE_NEAR = 1.25
"""The sustainable rate is drawn where it is at most this many times the highest other rate, and stated in any case."""
KEY_SHARE = 0.13
"""Share of an axis that is kept free at the top for the names of its lines."""
LEAST_SPAN = 0.1
"""Significance that the threshold's axis spans at least, so that noise does not look like movement."""
HOVER = "%{y:.4g}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabFigure:
    """A figure as the lab shows it."""

    title: str
    draw: Callable[[GateConfig, Trace, bool], Drawn]
    """Knobs at the start, trace and whether the theme is dark in, figure out, in plotly's own words."""
    look_for: str
    """What to look for, in one line."""
    numbers: Callable[[GateConfig, Trace], str]
    """The figure in words."""
    span: int = 1
    """Columns that it takes."""

    def alt(self, config: GateConfig, trace: Trace) -> str:
        """Put the figure into words, for those who do not see it."""
        return f"{self.title}. {self.numbers(config, trace)}"


def rate_response(config: GateConfig, trace: Trace, dark: bool) -> Drawn:
    """Draw the rate expected and realised against target, set-point and sustainable rate, and where it settled."""
    look = theme(dark)
    answer, sustainable = respond(trace), 100 * _sustainable(config)
    highest = _rate_top(trace)
    top = max(highest, sustainable if sustainable <= SUSTAINABLE_NEAR * highest else 0.0)
    lines = [_level("sustainable", sustainable, look.secondary)] if sustainable <= top else []
    marks, words = _marks(trace, answer.settled_after, look)
    names = [
        (f"╌ target {100 * trace.target[-1]:.3g}", look.text),
        (f"— set-point {100 * trace.set_point[-1]:.3g}", look.secondary),
        ("— expected", look.arm_texts["sundew"]),
        (f"╌ sustainable {sustainable:.1f}" + ("" if sustainable <= top else " ↑"), look.secondary),
    ]
    target = _line("target", trace.batch, _percent(trace.target), look.text, 1.5)
    return make_figure(
        "Response",
        look,
        traces=[
            _line("realised", trace.batch, _percent(trace.realised_rate), faint(look.arms["sundew"], 0.35), 1),
            _line("set-point", trace.batch, _percent(trace.set_point), look.secondary, 1.5),
            _line("expected", trace.batch, _percent(trace.expected_rate), look.arms["sundew"], 2.5),
            {**target, "line": {**target["line"], "dash": "dash", "shape": "hv"}},
        ],
        labels=[
            _key(names, look),
            *words,
            headline(look, f"{100 * answer.steady_rate:.2f} %", "held at the end", look.arm_texts["sundew"]),
        ],
        lines=[*lines, *marks],
        xaxis=_batch_axis(trace, look),
        yaxis=axis(look, "% of candidates", nticks=5, range=[0, short(top / (1 - KEY_SHARE))]),
        hovermode="x unified",
    )


def threshold_course(config: GateConfig, trace: Trace, dark: bool) -> Drawn:
    """Draw the threshold, with its bounds where it comes near them."""
    look = theme(dark)
    low, high = min(trace.threshold), max(trace.threshold)
    spare = max(0.08 * (high - low), (LEAST_SPAN - (high - low)) / 2)
    bounds = [bound for bound in threshold_bounds(config.gate_temperature) if low - spare <= bound <= high + spare]
    marks, _ = _marks(trace, respond(trace).settled_after, look)
    return make_figure(
        "Threshold",
        look,
        traces=[_line("threshold", trace.batch, trace.threshold, look.text, 2)],
        labels=[
            headline(look, f"{trace.threshold[-1]:.2f}", "at the end"),
            *([_key([("╌ bound", look.secondary)], look)] if bounds else []),
        ],
        lines=[*(_level("bound", bound, look.secondary) for bound in bounds), *marks],
        xaxis=_batch_axis(trace, look),
        yaxis=axis(look, "significance", nticks=5, range=[short(low - spare), short((high + spare))]),
        hovermode="x unified",
    )


def reservoir(config: GateConfig, trace: Trace, dark: bool) -> Drawn:
    """Draw the energy of the reservoir, from empty to full."""
    look = theme(dark)
    marks, _ = _marks(trace, None, look)
    return make_figure(
        "Reservoir",
        look,
        traces=[_line("energy", trace.batch, trace.energy_u, look.saved, 2)],
        labels=[
            headline(look, f"{trace.energy_u[-1]:.3g} u", f"of {config.max_energy:g} u"),
            _key([(f"drains above {100 * _sustainable(config):.1f} %", look.secondary)], look),
        ],
        lines=[_level("full", config.max_energy, look.secondary), *marks],
        xaxis=_batch_axis(trace, look),
        yaxis=axis(look, "u", nticks=5, range=[0, short(config.max_energy / (1 - KEY_SHARE))]),
        hovermode="x unified",
    )


def let_through(config: GateConfig, trace: Trace, dark: bool) -> Drawn:
    """Draw the significance of the last batches, what was let through of it, and the gate's curve over it.

    Raises `ValueError` for a trace without a spread.
    """
    look, spread = theme(dark), _spread(trace)
    total, bins = sum(spread.candidates), len(spread.candidates)
    middles = [short((i + 0.5) / bins) for i in range(bins)]
    active = [short(100 * count / total) for count in spread.active]
    dormant = [short(100 * (seen - count) / total) for seen, count in zip(spread.candidates, spread.active, strict=True)]
    at = trace.threshold[-1]
    inside = 0.0 <= at <= 1.0
    names = [("■ let through", look.arm_texts["sundew"]), ("— probability", look.text)]
    names += [(f"╌ threshold {at:.2f}" + ("" if inside else " →" if at > 1.0 else " ←"), look.secondary)]
    lines = [dashed("threshold", look.secondary, 1, yref="paper", x0=short(at), x1=short(at), y0=0, y1=1)] if inside else []
    curve = _line("probability", spread.scores, _percent(spread.probabilities), look.text, 2)
    return make_figure(
        "Significance",
        look,
        traces=[
            _bars("active", middles, active, look.active, bins),
            _bars("dormant", middles, dormant, look.dormant, bins),
            {**curve, "yaxis": "y2", "hovertemplate": "let through with %{y:.3g} %"},
        ],
        labels=[_key(names, look), headline(look, f"{100 * sum(spread.active) / total:.2f} %", "let through", look.arm_texts["sundew"])],
        lines=lines,
        margin={"l": 46, "r": 40, "t": 44, "b": 38},
        barmode="stack",
        bargap=0,
        xaxis=axis(look, "significance", range=[0, 1], nticks=6),
        yaxis=axis(look, "% of candidates", nticks=5, range=[0, short(_highest(spread) / (1 - KEY_SHARE))]),
        yaxis2=axis(look, "probability, %", overlaying="y", side="right", range=[0, short(100 / (1 - KEY_SHARE))], showgrid=False,
                    tickvals=[0, 50, 100]),
        hovermode="x",
    )  # fmt: skip


def _highest(spread: Spread) -> float:
    """The highest bar in percent of the candidates."""
    return 100 * max(spread.candidates) / sum(spread.candidates)


def _spread(trace: Trace) -> Spread:
    if trace.spread is None:
        raise ValueError("this trace has no significance to draw: take one from a simulation")
    return trace.spread


def _sustainable(config: GateConfig) -> float:
    return sustainable_rate(config.processing_cost, config.dormancy_regen)


def _rate_top(trace: Trace) -> float:
    """Highest rate in percent that the axis has to show below the names of its lines."""
    rates = [float(np.quantile(values, 1.0 - SPIKES)) for values in (trace.expected_rate, trace.realised_rate)]
    return 100 * min(1.0, max(*rates, OVER_TARGET * max(trace.target), max(trace.set_point)))


def _marks(trace: Trace, settled_after: int | None, look: Theme) -> tuple[list[Drawn], list[Drawn]]:
    """Upright lines where something changed from outside and where the rate had settled; and words at the latter."""
    marks, words = [], []
    begin = trace.batch[min(trace.changed_at, len(trace) - 1)]
    if trace.changed_at:
        marks.append(_upright("change", begin, look.change))
    if settled_after is not None:
        marks.append(_upright("settled", begin + settled_after, look.saved))
        after = f"settled after {settled_after}" if trace.changed_at or settled_after else "on its set-point from the start"
        words.append(
            label(after, look.text, TICK_SIZE, name="settled", x=begin + settled_after, xanchor="left", xshift=4, y=0, yref="paper",
                  yanchor="bottom", bgcolor=look.panel)
        )  # fmt: skip
    return marks, words


def _upright(name: str, batch: int, colour: str) -> Drawn:
    line = {"color": colour, "width": 1.5, "dash": "dot"}
    return {"name": name, "type": "line", "line": line, "yref": "paper", "x0": batch, "x1": batch, "y0": 0, "y1": 1 - KEY_SHARE}


def _level(name: str, height: float, colour: str) -> Drawn:
    return dashed(name, colour, 1, xref="paper", x0=0, x1=1, y0=short(height), y1=short(height))


def _key(names: Sequence[tuple[str, str]], look: Theme) -> Drawn:
    """Name the lines, each in its colour, in the row that the axis keeps free."""
    return note("   ".join(f"<span style='color:{colour}'>{name}</span>" for name, colour in names), look)


def _batch_axis(trace: Trace, look: Theme) -> Drawn:
    return epoch_axis(look, "candidate batches", range=[0, trace.batch[-1]], nticks=7)


def _percent(rates: Sequence[float]) -> Sequence[float]:
    return [100 * rate for rate in rates]


def _line(name: str, x: Sequence[float], y: Sequence[float], colour: str, width: float) -> Drawn:
    """A line of a few hundred points, rounded to what can be seen."""
    digits = max(0, 4 - math.floor(math.log10(max(map(abs, y), default=1.0) or 1.0)))
    return {
        "type": "scatter",
        "uid": name,
        "name": name,
        "x": list(x),
        "y": [round(value, digits) for value in y],
        "mode": "lines",
        "line": {"color": colour, "width": width},
        "hovertemplate": HOVER,
    }


def _bars(name: str, x: Sequence[float], y: Sequence[float], colour: str, bins: int) -> Drawn:
    return {
        "type": "bar",
        "uid": name,
        "name": name,
        "x": list(x),
        "y": list(y),
        "width": 1 / bins,
        "marker": {"color": colour},
        "hovertemplate": f"%{{y:.2g}} % {name}",
    }


def _rate_words(config: GateConfig, trace: Trace) -> str:
    answer = respond(trace)
    settled = "not settled" if answer.settled_after is None else f"settled {answer.settled_after} batches after the latest change"
    over = "" if answer.overshoot is None else f", overshoot {100 * answer.overshoot:.0f} %"
    return (
        f"{100 * answer.steady_rate:.2f} % held at the end for a target of {100 * trace.target[-1]:.3g} %, {settled}{over}; "
        f"sustainable {100 * _sustainable(config):.1f} %."
    )


def _threshold_words(config: GateConfig, trace: Trace) -> str:
    last = trace.threshold[tail(trace)]
    return f"{trace.threshold[-1]:.3f} at the end, between {min(last):.3f} and {max(last):.3f} over the last batches."


def _reservoir_words(config: GateConfig, trace: Trace) -> str:
    lowest = min(trace.energy_u)
    return f"{trace.energy_u[-1]:.1f} u of {config.max_energy:g} u at the end, {lowest:.1f} u at its lowest."


def _let_through_words(config: GateConfig, trace: Trace) -> str:
    spread = _spread(trace)
    middle = sum((i + 0.5) * count for i, count in enumerate(spread.active)) / max(1, sum(spread.active)) / len(spread.active)
    return (
        f"{sum(spread.active):,} of {sum(spread.candidates):,} candidates of the last {spread.batches} batches let through, "
        f"with a mean significance of {middle:.2f}; threshold {trace.threshold[-1]:.2f}."
    )


LAB: Mapping[str, LabFigure] = MappingProxyType(
    {
        "response": LabFigure(
            title="Response",
            draw=rate_response,
            look_for="Look for: the bold line landing on the set-point after the dotted change, without ringing.",
            numbers=_rate_words,
            span=2,
        ),
        "stability": LabFigure(
            title="Stability",
            draw=stability_map,
            look_for="Look for: the point on the bright ridge. Click to set both gains; beyond the dashed edge the loop is unstable.",
            numbers=stability_words,
        ),
        "threshold": LabFigure(
            title="Threshold",
            draw=threshold_course,
            look_for="Look for: one move to a new level after a change; waves are the gains at work.",
            numbers=_threshold_words,
        ),
        "reservoir": LabFigure(
            title="Reservoir",
            draw=reservoir,
            look_for="Look for: a line that stays up; once it is empty, the rate sinks to the sustainable one.",
            numbers=_reservoir_words,
        ),
        "significance": LabFigure(
            title="Significance",
            draw=let_through,
            look_for="Look for: how the gate's curve cuts the bars; the bright area is what trains.",
            numbers=_let_through_words,
        ),
    }
)
"""The figures by name, in the order in which a page lays them out: three columns, the first figure two of them wide."""
