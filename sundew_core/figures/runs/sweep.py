"""Sweep figures: what came of the knobs that were varied, as parallel coordinates and as a heat map of two of them."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from types import MappingProxyType

from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import TICK_SIZE, Drawn, Headline, axis, label, make_figure, short
from sundew_core.figures.theme import Theme, blend, theme
from sundew_core.metrics.variation import Dimension, Trial, cells, dimensions
from sundew_core.wording import percent

PARALLEL_MARGIN = {"l": 64, "r": 64, "t": 84, "b": 26}
HEADLINE_RAISED_PX = 54
"""How far above the plot the headline stands here: the names of the axes are in between."""
WORDS_INSIDE = 48
"""With more cells than this, a number in each would not be read."""
WITHOUT_KNOBS = "These runs do not differ in a knob but the seed: there is nothing to draw along."
WITHOUT_PAIR = "A heat map needs two knobs that differ between these runs."
MOST_KNOBS = 7
"""With more axes than this, none would have room."""
WITHOUT_END = "These runs differ in {} knobs, more than one picture holds: narrow the table by the filter, or select some runs."
TOO_FEW = "The picture begins with the second run that has ended an epoch."


def parallel_empty(trials: Sequence[Trial]) -> str | None:
    """Why there are no parallel coordinates; None where there are."""
    if len(trials) < 2:
        return TOO_FEW
    knobs = len(dimensions(trials))
    return WITHOUT_KNOBS if not knobs else WITHOUT_END.format(knobs) if knobs > MOST_KNOBS else None


def heat_empty(trials: Sequence[Trial]) -> str | None:
    """Why there is no heat map; None where there is one."""
    return TOO_FEW if len(trials) < 2 else WITHOUT_PAIR if cells(trials) is None else None


def parallel_coordinates(trials: Sequence[Trial], dark: bool) -> Drawn:
    """Draw a line a run through its knobs, training seconds and accuracy; a stretch of an axis can be picked by dragging."""
    look = theme(dark)
    accuracies = [short(100 * trial.val_accuracy) for trial in trials]
    last: list[Drawn] = [
        {"label": "training s", "values": [short(trial.training_s) for trial in trials], "tickformat": ".3~g"},
        {"label": "accuracy, %", "values": accuracies, "tickformat": ".3~g"},
    ]
    lines: Drawn = {
        "type": "parcoords", "uid": "runs", "name": "runs",
        "dimensions": [*(_coordinate(one) for one in dimensions(trials)), *last],
        "line": {"color": accuracies, "colorscale": _line_scale(look), "showscale": False},
        "labelfont": {"size": TICK_SIZE, "color": look.text}, "tickfont": {"size": TICK_SIZE, "color": look.secondary},
        "rangefont": {"size": 1, "color": "rgba(0,0,0,0)"},  # plotly writes the ends of each axis a second time
        "unselected": {"line": {"color": look.line, "opacity": 0.35}},
    }  # fmt: skip
    best = max(trials, key=lambda trial: trial.val_accuracy)
    return make_figure(
        "Parallel coordinates",
        look,
        traces=[lines],
        headline=Headline(percent(best.val_accuracy), f"best: {best.title}", above_px=HEADLINE_RAISED_PX),
        margin=PARALLEL_MARGIN,
    )


def parallel_words(trials: Sequence[Trial]) -> str:
    """The parallel coordinates in words."""
    best = max(trials, key=lambda trial: trial.val_accuracy)
    named = ", ".join(one.label.lower() for one in dimensions(trials))
    return f"{len(trials)} runs that differ in {named}. The best is {best.title} with {percent(best.val_accuracy)}."


def heat_map(trials: Sequence[Trial], dark: bool) -> Drawn:
    """Draw mean accuracy over the two knobs that differ most. Only where `heat_empty` has nothing to say."""
    look = theme(dark)
    found = cells(trials)
    assert found is not None
    z = [[None if mean is None else short(100 * mean) for mean in line] for line in found.means]
    count = sum(mean is not None for line in z for mean in line)
    cell: Drawn = {
        "type": "heatmap", "uid": "cells", "name": "cells", "z": z, "customdata": [list(line) for line in found.counts],
        "colorscale": _scale(look), "showscale": False, "xgap": 2, "ygap": 2, "hoverongaps": False,
        "hovertemplate": "%{z:.2f} % of held-out samples<br>mean of %{customdata} run(s)<extra></extra>",
    }  # fmt: skip
    numbers = [mean for line in z for mean in line if mean is not None]
    return make_figure(
        "Accuracy by knobs",
        look,
        traces=[cell],
        labels=_inside(z, look) if count <= WORDS_INSIDE else [],
        headline=Headline(f"{max(numbers):.1f} %", "best cell"),
        xaxis=_steps(look, found.across, found.columns),
        yaxis=_steps(look, found.up, found.rows),
        hovermode="closest",
    )


def heat_words(trials: Sequence[Trial]) -> str:
    """The heat map in words."""
    found = cells(trials)
    assert found is not None
    filled = [(mean, r, c) for r, line in enumerate(found.means) for c, mean in enumerate(line) if mean is not None]
    mean, row, column = max(filled)
    where = f"{found.across.label.lower()} {found.columns[column]} and {found.up.label.lower()} {found.rows[row]}"
    return f"Mean accuracy over two knobs: best at {where} with {percent(mean)}."


def _coordinate(one: Dimension) -> Drawn:
    if one.words:
        steps: Drawn = {"tickvals": list(range(len(one.words))), "ticktext": list(one.words)}
        return {"label": one.title, "values": list(one.places), **steps}
    if not one.logarithmic:
        distinct = sorted(set(one.places))
        own: Drawn = {"tickvals": distinct, "ticktext": [f"{value:g}" for value in distinct]} if len(distinct) <= 8 else {}
        return {"label": one.title, "values": [short(place) for place in one.places], "tickformat": ".3~g", **own}
    values = [log10(place) for place in one.places]  # this kind of trace has no logarithmic axis of its own
    decades = range(floor(min(values)), floor(max(values)) + 1)
    ticks = [digit * 10.0**power for power in decades for digit in (1, 2, 5)]
    inside = [tick for tick in ticks if min(one.places) <= tick <= max(one.places)]
    return {
        "label": one.title, "values": [short(value) for value in values],
        "tickvals": [short(log10(tick)) for tick in inside], "ticktext": [f"{tick:g}" for tick in inside],
    }  # fmt: skip


def _steps(look: Theme, one: Dimension, words: Sequence[str]) -> Drawn:
    return axis(look, one.title, tickvals=list(range(len(words))), ticktext=list(words), showgrid=False)


def _inside(z: list[list[float | None]], look: Theme) -> list[Drawn]:
    return [
        label(f"{mean:.1f}", look.text, TICK_SIZE, name="cell", x=column, y=row)
        for row, line in enumerate(z)
        for column, mean in enumerate(line)
        if mean is not None
    ]


def _line_scale(look: Theme) -> list[list[object]]:
    """The same for thin lines, which need more of a contrast."""
    return [[0.0, blend(look.secondary, look.panel, 0.6)], [1.0, blend(look.saved, look.text, 0.6)]]


def _scale(look: Theme) -> list[list[object]]:
    """From nearly the card's colour to the one that stands for what is gained."""
    return [[0.0, blend(look.saved, look.panel, 0.22)], [1.0, look.saved]]


SWEEP: Mapping[str, Panel[Sequence[Trial]]] = MappingProxyType(
    {
        "heat": Panel(
            title="Accuracy by knobs",
            look_for="Look for: a broad bright region rather than one bright cell, which may be chance. Cells are means.",
            empty=heat_empty,
            draw=heat_map,
            numbers=heat_words,
        ),
        "parallel": Panel(
            title="Parallel coordinates",
            look_for="Look for: where bright lines meet on an axis. Drag along an axis to keep only the runs that pass there.",
            empty=parallel_empty,
            draw=parallel_coordinates,
            numbers=parallel_words,
            span=2,
        ),
    }
)
"""The panels of runs whose knobs were varied, in two columns."""
