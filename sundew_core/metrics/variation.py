"""Variation: runs that differ in some knobs, along one axis per knob and in cells of two knobs. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sundew_core.config import KNOBS
from sundew_core.metrics.comparing import value_in_words

REPETITION = "seed"
"""The knob that only repeats a run: it gets no axis, and its runs are averaged."""
MOST_STEPS = 10
"""An axis with more distinct numbers than this is cut into bins."""
BINS = 8
LOGARITHMIC_FROM = 10.0
"""An axis is logarithmic if its largest value is more than this many times its smallest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A run with at least one ended epoch, as a sweep shows it."""

    title: str
    config: Mapping[str, Any]
    val_accuracy: float
    """Of its last epoch, a fraction."""
    training_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Dimension:
    """A knob that differs between runs."""

    name: str
    label: str
    unit: str
    """`%` for fractions, which are given in percent here."""
    places: tuple[float, ...]
    """Place of each run on the axis: its value, or the number of its word."""
    words: tuple[str, ...]
    """The words if the knob is not a number; otherwise empty."""

    @property
    def logarithmic(self) -> bool:
        """Whether the values span too much for a linear axis."""
        return not self.words and min(self.places) > 0 and max(self.places) > LOGARITHMIC_FROM * min(self.places)

    @property
    def title(self) -> str:
        """The title of the axis."""
        return f"{self.label}, {self.unit}" if self.unit else self.label


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """Mean validation accuracy over two knobs."""

    across: Dimension
    up: Dimension
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    means: tuple[tuple[float | None, ...], ...]
    """By row and column, fractions; None for a cell without runs."""
    counts: tuple[tuple[int, ...], ...]
    """Runs in each cell."""


def dimensions(trials: Sequence[Trial]) -> list[Dimension]:
    """The knobs whose values differ between these runs, in the order of their declaration."""
    found = []
    for name, knob in KNOBS.items():
        values = [trial.config.get(name) for trial in trials]
        if name == REPETITION or len({value_in_words(value) for value in values}) < 2:
            continue
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            fraction = knob.unit == "fraction"
            places = tuple(round(100.0 * value, 9) if fraction else float(value) for value in values if value is not None)
            unit = "%" if fraction else knob.unit
            found.append(Dimension(name=name, label=knob.label, unit=unit, places=places, words=()))
        else:
            named = ["not recorded" if value is None else value_in_words(value) for value in values]
            words = sorted(set(named))
            places = tuple(float(words.index(word)) for word in named)
            found.append(Dimension(name=name, label=knob.label, unit="", places=places, words=tuple(words)))
    return found


def cells(trials: Sequence[Trial]) -> Cells | None:
    """Mean accuracy over the two knobs with the most values; None if fewer than two differ."""
    differing = sorted(dimensions(trials), key=lambda one: -len(set(one.places)))[:2]
    if len(differing) < 2:
        return None
    across, up = differing
    (columns, column_of), (rows, row_of) = _steps(across), _steps(up)
    gathered: dict[tuple[int, int], list[float]] = {}
    for i, trial in enumerate(trials):
        gathered.setdefault((row_of[i], column_of[i]), []).append(trial.val_accuracy)
    inside = [[gathered.get((row, column), []) for column in range(len(columns))] for row in range(len(rows))]
    return Cells(
        across=across,
        up=up,
        columns=columns,
        rows=rows,
        means=tuple(tuple(math.fsum(cell) / len(cell) if cell else None for cell in line) for line in inside),
        counts=tuple(tuple(map(len, line)) for line in inside),
    )


def _steps(dimension: Dimension) -> tuple[tuple[str, ...], list[int]]:
    """The steps of an axis in words, and the step of each run."""
    if dimension.words:
        return dimension.words, [round(place) for place in dimension.places]
    values = sorted(set(dimension.places))
    if len(values) <= MOST_STEPS:
        return tuple(f"{value:g}" for value in values), [values.index(place) for place in dimension.places]
    scale, back = (math.log, math.exp) if dimension.logarithmic else (float, float)
    low, high = scale(values[0]), scale(values[-1])
    edges = [back(low + (high - low) * i / BINS) for i in range(BINS + 1)]
    words = tuple(f"{edges[i]:.3g} to {edges[i + 1]:.3g}" for i in range(BINS))
    return words, [min(BINS - 1, int((scale(place) - low) / (high - low) * BINS)) for place in dimension.places]
