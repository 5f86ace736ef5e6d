"""Sweep figures: the results of runs with different knobs, as parallel coordinates and as a heat map of two knobs."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from types import MappingProxyType

from sundew_core.figures.panel import Panel
from sundew_core.figures.parts import TICK_SIZE, Drawn, Headline, axis, heatmap, label, make_figure, short
from sundew_core.figures.theme import Theme, blend, theme
from sundew_core.metrics.comparing import Dimension, Trial, cells, dimensions
from sundew_core.wording import percent

PARALLEL_MARGIN = {"l": 64, "r": 64, "t": 84, "b": 26}
HEADLINE_RAISED_PX = 54
"""Height of the headline above the plot: the names of the axes stand between them."""
WORDS_INSIDE = 48
"""With more cells than this, numbers inside them would be too small to read."""
NO_KNOB = "These runs differ in no knob except the seed, so there is no axis to draw."
NO_PAIR = "A heat map needs two knobs that differ between these runs."
MOST_KNOBS = 7
"""More axes than this would not have room."""
TOO_MANY = "These runs differ in {} knobs, too many for one figure. Filter the table, or select fewer runs."
TOO_FEW = "This figure appears when two runs have ended an epoch."


def parallel_empty(trials: Sequence[Trial]) -> str | None:
    """Why the parallel coordinates cannot be drawn; None if they can."""
    if len(trials) < 2:
        return TOO_FEW
    knobs = len(dimensions(trials))
    return NO_KNOB if not knobs else TOO_MANY.format(knobs) if knobs > MOST_KNOBS else None


def heat_empty(trials: Sequence[Trial]) -> str | None:
    """Why the heat map cannot be drawn; None if it can."""
    return TOO_FEW if len(trials) < 2 else NO_PAIR if cells(trials) is None else None


def parallel_coordinates(trials: Sequence[Trial], dark: bool) -> Drawn:
    """Draw one line per run through its knobs, training seconds and accuracy; dragging along an axis selects runs."""
    look = theme(dark)
    accuracies = [short(100 * trial.val_accuracy) for trial in trials]
    last: list[Drawn] = [
        {"label": "training s", "values": [short(trial.training_s) for trial in trials], "tickformat": ".3~g"},
        {"label": "accuracy, %", "values": accuracies, "tickformat": ".3~g"},
    ]
    # As on the heat map, but thin lines need more contrast.
    scale = [[0.0, blend(look.secondary, look.panel, 0.6)], [1.0, blend(look.saved, look.text, 0.6)]]
    lines: Drawn = {
        "type": "parcoords", "uid": "runs", "name": "runs",
        "dimensions": [*(_coordinate(one) for one in dimensions(trials)), *last],
        "line": {"color": accuracies, "colorscale": scale, "showscale": False},
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
    """Draw mean accuracy over the two knobs that differ most; `heat_empty` must be None for these trials."""
    look = theme(dark)
    found = cells(trials)
    assert found is not None
    z = [[None if mean is None else short(100 * mean) for mean in line] for line in found.means]
    count = sum(mean is not None for line in z for mean in line)
    # From nearly the card's colour to the colour of what is gained.
    scale = [[0.0, blend(look.saved, look.panel, 0.22)], [1.0, look.saved]]
    cell = heatmap(
        "cells", z, scale, name="cells", customdata=[list(line) for line in found.counts], xgap=2, ygap=2, hoverongaps=False,
        hovertemplate="%{z:.2f} % of held-out samples<br>mean of %{customdata} run(s)<extra></extra>",
    )  # fmt: skip
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
    values = [log10(place) for place in one.places]  # parallel coordinates have no logarithmic axis
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


SWEEP: Mapping[str, Panel[Sequence[Trial]]] = MappingProxyType(
    {
        "heat": Panel(
            title="Accuracy by knobs",
            look_for="Look for: a broad bright region; a single bright cell may be chance. Cells are means.",
            empty=heat_empty,
            draw=heat_map,
            numbers=heat_words,
        ),
        "parallel": Panel(
            title="Parallel coordinates",
            look_for="Look for: where bright lines meet on an axis. Drag along an axis to keep only the runs that cross there.",
            empty=parallel_empty,
            draw=parallel_coordinates,
            numbers=parallel_words,
            span=2,
        ),
    }
)
"""The panels of runs with different knobs, in two columns."""
