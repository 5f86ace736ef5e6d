"""The map of the samples: how often each was active, and how significant it is. A click on a point picks its sample."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sundew_core.figures.parts import Drawn, Headline, axis, heatmap, key, make_figure, scatter, short, upright
from sundew_core.figures.theme import Theme, faint, theme
from sundew_core.metrics.sample_map import SampleMap, place
from sundew_core.metrics.sample_table import Indices, SampleTable, suspects

MOST_POINTS = 2_500
MOST_TICKS = 8
MOST_RINGS = 60
"""At most this many suspects are ringed, the worst first."""
JITTER = 0.32
"""Points move sideways by at most this many activations, since whole numbers would lie on top of each other."""
GOLDEN = 0.6180339887
"""The fractional parts of its multiples are spread evenly, so neighbours move differently, and always alike."""


def significance_map(table: SampleTable, dark: bool, picked: int | None = None) -> Drawn:
    """Draw samples by how often they were active and how significant they are; a point's `customdata` is its sample.

    Colour is the last loss, from 0 to the loss of a guess. Suspects are ringed, and the picked sample is crossed.
    For an arm without scores, the last loss replaces the significance.
    """
    look = theme(dark)
    placed = place(table, MOST_POINTS)
    worst = suspects(table)[:MOST_RINGS]
    ring = {"symbol": "circle-open", "size": 11, "color": look.change, "line": {"width": 1.8}}
    traces = [*_ground(placed, look), _points(table, placed, look), _marked("suspects", table, placed, worst, ring)]
    if picked is not None:
        cross = {"symbol": "cross-thin-open", "size": 17, "color": look.text, "line": {"width": 2.5}}
        traces.append(_marked("picked", table, placed, np.array([picked]), cross))
    by_loss = placed.measure == "last_loss"
    names = [("● loss 0", look.secondary), (f"● {table.guessing_loss:.1f} as a guess", look.arm_texts["sundew"])]
    names += [("○ suspect", look.change_text)] if len(worst) else []
    names += [(f"╌ mean {table.times_active.mean():.1f}", look.secondary)]
    times = table.times_active
    return make_figure(
        "Map",
        look,
        traces=traces,
        labels=[key(names, look)],
        headline=Headline(f"{len(table):,}", "samples"),
        lines=[upright("mean", short(float(times.mean())), look.secondary)],
        xaxis=axis(look, "times active", **_width(float(times.min()), float(times.max()))),
        yaxis=axis(look, "last loss, cross-entropy" if by_loss else "significance", nticks=5, **_height(placed, by_loss)),
        hovermode="closest",
    )


def map_words(table: SampleTable) -> str:
    """The map in words."""
    times = table.times_active
    span = (
        f"All {len(table):,} samples were active {times.min():,} times."
        if table.even
        else f"{len(table):,} samples, active {times.min():,} to {times.max():,} times, {times.mean():.1f} on average."
    )
    found = len(suspects(table))
    doubt = f"{found:,} suspect{'' if found == 1 else 's'}: always active, never learned." if found else "No suspects."
    scores = "" if table.scored else " This arm gives no scores: the height is the last loss."
    return f"{span} {doubt}{scores}"


def _ground(placed: SampleMap, look: Theme) -> list[Drawn]:
    """How many samples lie where, if there are too many to draw each as a point."""
    if placed.counts is None:
        return []
    with np.errstate(divide="ignore"):
        heights = np.where(placed.counts > 0, np.log10(placed.counts), np.nan)
    cells = [[None if np.isnan(z) else short(z, 3) for z in row] for row in heights]
    scale = [[0, faint(look.secondary, 0.05)], [1, faint(look.secondary, 0.4)]]
    x, y = [short(x) for x in placed.x_centres], [short(y) for y in placed.y_centres]
    return [heatmap("ground", cells, scale, x=x, y=y, hoverinfo="skip")]


def _points(table: SampleTable, placed: SampleMap, look: Theme) -> Drawn:
    losses = np.nan_to_num(table.last_loss[placed.indices], nan=table.guessing_loss)
    marker: Drawn = {
        "size": 5, "opacity": 0.75, "color": [short(loss, 3) for loss in losses],
        "colorscale": [[0, look.secondary], [1, look.active]], "cmin": 0, "cmax": short(table.guessing_loss),
    }  # fmt: skip
    return scatter(
        "samples", "markers", _jittered(placed.x, placed.indices), [short(y, 4) for y in placed.y], marker=marker,
        customdata=placed.indices.tolist(), hovertemplate=_hover(placed) + " · loss %{marker.color:.2f}<extra></extra>",
    )  # fmt: skip


def _marked(name: str, table: SampleTable, placed: SampleMap, indices: Indices, marker: Drawn) -> Drawn:
    """Marks on samples, including samples that the map does not draw as points."""
    values = table.significance if placed.measure == "significance" else table.last_loss
    there = indices[np.isfinite(values[indices])]
    return scatter(
        name, "markers", _jittered(table.times_active[there], there), [short(float(y), 4) for y in values[there]],
        customdata=there.tolist(), marker=marker, hovertemplate=_hover(placed) + "<extra></extra>",
    )  # fmt: skip


def _hover(placed: SampleMap) -> str:
    height = "significance %{y:.2f}" if placed.measure == "significance" else "last loss %{y:.2f}"
    return "sample %{customdata} · %{x:.0f} times active · " + height


def _jittered(times: NDArray[Any], indices: Indices) -> list[float]:
    moved = times.astype(np.float64) + JITTER * (2 * (indices * GOLDEN % 1.0) - 1)
    return [short(x) for x in moved]


def _width(least: float, most: float) -> Drawn:
    """The range of times active, with a little room; no tick stands between two whole numbers."""
    ticks: Drawn = {"dtick": 1} if most - least < MOST_TICKS else {"nticks": MOST_TICKS}
    return {"range": [short(least - 0.8), short(most + 0.8)], **ticks}


def _height(placed: SampleMap, by_loss: bool) -> Drawn:
    """The whole scale of significance, with room for the words above it; a loss has no upper end."""
    if not by_loss:
        return {"range": [-0.03, 1.15]}
    return {"range": [0, short(1.2 * float(placed.y.max(initial=0.1)))]}
