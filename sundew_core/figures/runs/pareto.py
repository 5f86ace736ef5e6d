"""Pareto: accuracy against cost, one point per run, and the front of the runs that no other run beats."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import Drawn, Headline, axis, label, make_figure, scatter, short
from sundew_core.figures.theme import theme
from sundew_core.metrics.comparing import LOGARITHMIC_FROM, pareto_front
from sundew_core.wording import percent, seconds

LOGARITHMIC: Drawn = {"type": "log", "tickvals": [digit * 10.0**power for power in range(-3, 7) for digit in (1, 2, 5)]}
NAMED = 5
"""With more points on the front than this, their names would overlap."""
NO_OUTCOME = "None of these runs has ended an epoch. Their points appear with the first validation."


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The cost and the accuracy of a run."""

    title: str
    arm: str
    training_s: float
    val_accuracy: float
    """Of its last epoch, a fraction."""
    colour: str | None = None
    """None for the colour of the arm."""


def accuracy_against_cost(runs: Sequence[Outcome], dark: bool) -> Drawn:
    """Draw the accuracy of each run over its training seconds, and the front as a line through ringed points."""
    look = theme(dark)
    points = [(run.training_s, 100 * run.val_accuracy) for run in runs]
    front = pareto_front(points)
    unbeaten = set(front)
    marker = {
        "color": [run.colour or look.arms.get(run.arm, look.text) for run in runs],
        "size": [11 if i in unbeaten else 8 for i in range(len(runs))],
        "line": {"color": [look.text if i in unbeaten else look.panel for i in range(len(runs))], "width": 1.5},
    }
    steps = scatter(
        "front", "lines", [short(points[i][0]) for i in front], [short(points[i][1]) for i in front], name="front",
        line={"color": look.text, "width": 1.2, "dash": "dash", "shape": "hv"}, hoverinfo="skip",
    )  # fmt: skip
    dots = scatter(
        "runs", "markers", [short(x) for x, _ in points], [short(y) for _, y in points], name="runs", marker=marker,
        cliponaxis=False, hovertext=[f"{run.title} · {run.arm}<br>{_words(run)}" for run in runs], hoverinfo="text",
    )  # fmt: skip
    costs = [x for x, _ in points if x > 0]
    logarithmic = bool(costs) and len(costs) == len(points) and max(costs) > LOGARITHMIC_FROM * min(costs)
    return make_figure(
        "Accuracy against cost",
        look,
        traces=[steps, dots],
        labels=_names(runs, front, look.text, logarithmic),
        headline=Headline(f"{len(front)} of {len(runs)}", "on the front"),
        xaxis=axis(look, "training seconds", **(LOGARITHMIC if logarithmic else {"rangemode": "tozero"})),
        yaxis=axis(look, "% of held-out samples", nticks=6),
        hovermode="closest",
    )


def outcome_words(runs: Sequence[Outcome]) -> str:
    """The front in words."""
    front = pareto_front([(run.training_s, run.val_accuracy) for run in runs])
    named = "; ".join(f"{runs[i].title} {_words(runs[i])}" for i in front[:NAMED])
    more = f"; and {len(front) - NAMED} more" if len(front) > NAMED else ""
    return f"No other run beats {len(front)} of these {len(runs)} runs in both accuracy and training seconds: {named}{more}."


def _words(run: Outcome) -> str:
    return f"{percent(run.val_accuracy)} after {seconds(run.training_s)}"


def _names(runs: Sequence[Outcome], front: list[int], colour: str, logarithmic: bool) -> list[Drawn]:
    if len(front) > NAMED:
        return []
    place = log10 if logarithmic else float
    return [
        label(runs[i].title, colour, x=short(place(runs[i].training_s)), y=short(100 * runs[i].val_accuracy), xanchor="left",
              xshift=9, yanchor="top", yshift=-3, name="front")
        for i in front
    ]  # fmt: skip


OUTCOMES: Panel[Sequence[Outcome]] = Panel(
    title="Accuracy against cost",
    look_for="Look for: ringed points; no other run is both as accurate and as quick. Compare seconds only on one machine.",
    draw=accuracy_against_cost,
    numbers=outcome_words,
    empty=lambda runs: None if runs else NO_OUTCOME,
)
