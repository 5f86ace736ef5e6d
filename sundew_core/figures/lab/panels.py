"""The panels of the gate lab by name. Pages and tests iterate over `LAB`."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sundew_core.config import GateConfig
from sundew_core.figures.lab.courses import line, percents, rate_response, reservoir_course, threshold_course
from sundew_core.figures.lab.stability import stability_map, stability_words
from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import KEY_SHARE, Drawn, Headline, axis, bar_trace, key, make_figure, short, upright
from sundew_core.figures.theme import theme
from sundew_core.gate.reservoir import sustainable_rate
from sundew_core.lab.trace import Spread, Trace, respond, tail
from sundew_core.wording import percent, short_percent

MARGIN = {"l": 46, "r": 42, "t": 44, "b": 38}


@dataclass(frozen=True, kw_only=True, slots=True)
class LabSubject:
    """A test of a gate: its knobs at the start, and what its loop did."""

    config: GateConfig
    trace: Trace


def let_through(trace: Trace, dark: bool) -> Drawn:
    """Draw the significance of the last batches' candidates, let through and dormant, and the gate's curve over it.

    Raises `ValueError` for a trace without a spread.
    """
    look, spread = theme(dark), _spread(trace)
    total = sum(spread.candidates)
    active = [count / total for count in spread.active]
    dormant = [(seen - count) / total for seen, count in zip(spread.candidates, spread.active, strict=True)]
    at = trace.threshold[-1]
    beyond = "" if 0.0 <= at <= 1.0 else " →" if at > 1.0 else " ←"
    names = [
        ("■ let through", look.arm_texts["sundew"]),
        ("— probability", look.text),
        (f"╌ threshold{beyond}", look.secondary),
    ]
    curve = line("probability", spread.scores, percents(spread.probabilities), look.text, 2)
    return make_figure(
        "Significance",
        look,
        traces=[
            _bars("let-through", "let through", active, look.active),
            _bars("dormant", "dormant", dormant, look.dormant),
            {**curve, "yaxis": "y2", "hovertemplate": "let through with %{y:.3g} %"},
        ],
        labels=[key(names, look)],
        headline=Headline(percent(sum(active), 2), "let through", look.arm_texts["sundew"]),
        lines=[] if beyond else [upright("threshold", short(at), look.secondary, top=1 - KEY_SHARE)],
        margin=MARGIN,
        barmode="stack",
        bargap=0,
        xaxis=axis(look, "significance", range=[0, 1], nticks=6),
        yaxis=axis(look, "% of candidates", nticks=5, range=[0, short(100 * max(spread.candidates) / total / (1 - KEY_SHARE))]),
        yaxis2=axis(
            look, "probability, %", overlaying="y", side="right", range=[0, short(100 / (1 - KEY_SHARE))], showgrid=False,
            tickvals=[0, 50, 100],
        ),
        hovermode="x",
    )  # fmt: skip


def _bars(uid: str, name: str, shares: list[float], colour: str) -> Drawn:
    bins = len(shares)
    x, y = [short((i + 0.5) / bins) for i in range(bins)], [short(100 * share) for share in shares]
    return bar_trace(uid, x, y, colour, name=name, width=1 / bins, hovertemplate=f"%{{y:.2g}} % {name}")


def _spread(trace: Trace) -> Spread:
    if trace.spread is None:
        raise ValueError("this trace has no significance to draw: use the trace of a simulation")
    return trace.spread


def _rate_words(config: GateConfig, trace: Trace) -> str:
    answer = respond(trace)
    settled = "not settled" if answer.settled_after is None else f"settled {answer.settled_after} batches after the latest change"
    over = "" if answer.overshoot is None else f", overshoot {percent(answer.overshoot, 0)}"
    return (
        f"{percent(answer.steady_rate, 2)} held at the end for a target of {short_percent(trace.target[-1])}, {settled}{over}; "
        f"sustainable {percent(sustainable_rate(config.processing_cost, config.dormancy_regen))}."
    )


def _threshold_words(trace: Trace) -> str:
    last = trace.threshold[tail(trace)]
    return f"{trace.threshold[-1]:.3f} at the end, between {min(last):.3f} and {max(last):.3f} over the last batches."


def _reservoir_words(config: GateConfig, trace: Trace) -> str:
    lowest = min(trace.energy_u)
    return f"{trace.energy_u[-1]:.1f} u of {config.max_energy:g} u at the end, {lowest:.1f} u at its lowest."


def _let_through_words(trace: Trace) -> str:
    spread = _spread(trace)
    middle = sum((i + 0.5) * count for i, count in enumerate(spread.active)) / max(1, sum(spread.active)) / len(spread.active)
    return (
        f"{sum(spread.active):,} of {sum(spread.candidates):,} candidates of the last {spread.batches} batches let through, "
        f"with a mean significance of {middle:.2f}; threshold {trace.threshold[-1]:.2f}."
    )


LAB: Mapping[str, Panel[LabSubject]] = MappingProxyType(
    {
        "response": Panel(
            title="Response",
            draw=lambda test, dark: rate_response(test.config, test.trace, dark),
            look_for="Look for: the bold line settling on the set-point after the dotted change, without ringing.",
            numbers=lambda test: _rate_words(test.config, test.trace),
            span=2,
        ),
        "stability": Panel(
            title="Stability",
            draw=lambda test, dark: stability_map(test.config, dark),
            look_for="Look for: the point on the bright ridge, inside the dashed limit of stability. A click sets both gains.",
            numbers=lambda test: stability_words(test.config),
        ),
        "threshold": Panel(
            title="Threshold",
            draw=lambda test, dark: threshold_course(test.config, test.trace, dark),
            look_for="Look for: one move to a new level after a change; waves come from the gains.",
            numbers=lambda test: _threshold_words(test.trace),
        ),
        "reservoir": Panel(
            title="Reservoir",
            draw=lambda test, dark: reservoir_course(test.config, test.trace, dark),
            look_for="Look for: a line that stays up; once the reservoir is empty, the rate sinks to the sustainable one.",
            numbers=lambda test: _reservoir_words(test.config, test.trace),
        ),
        "significance": Panel(
            title="Significance",
            draw=lambda test, dark: let_through(test.trace, dark),
            look_for="Look for: where the gate's curve cuts the bars; the bright part is let through.",
            numbers=lambda test: _let_through_words(test.trace),
        ),
    }
)
"""In the order in which a page lays them out: three columns, of which the first panel takes two."""
