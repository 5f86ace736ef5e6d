"""Comparing: which knobs differ between runs, which runs no other run beats, and how accuracy varies with the knobs. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sundew_core.config import KNOBS
from sundew_core.wording import UNKNOWN

REPETITION = "seed"
"""The knob that only repeats a run: it gets no axis, and its runs are averaged."""
MOST_STEPS = 10
"""An axis with more distinct numbers than this is cut into bins."""
BINS = 8
LOGARITHMIC_FROM = 10.0
"""An axis is logarithmic if its largest value is more than this many times its smallest."""


@dataclass(frozen=True, slots=True)
class KnobLine:
    """A knob with its value in each of several runs, in words; `UNKNOWN` for a run recorded before the knob existed."""

    name: str
    label: str
    values: tuple[str, ...]
    unit: str


def differing_knobs(configs: Sequence[Mapping[str, Any]]) -> list[KnobLine]:
    """The knobs whose values differ between these runs, in the order of their declaration."""
    lines = [_line(name, configs) for name in _names(configs)]
    return [line for line in lines if len(set(line.values)) > 1]


def knobs_of(config: Mapping[str, Any]) -> list[tuple[KnobLine, bool]]:
    """Every knob of a run with its value and its default, and whether the two differ; differing knobs come first."""
    standard = {name: knob.default for name, knob in KNOBS.items()}
    lines = [_line(name, [config, standard]) for name in _names([config])]
    return sorted(((line, line.values[0] != line.values[1]) for line in lines), key=lambda pair: not pair[1])


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the points (cost, gain) that no other point beats, from the cheapest to the most expensive.

    A point is beaten by one that costs no more and gains no less, and is better in one of the two. Of equal points, all stay.
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1]))
    front: list[int] = []
    for i in order:
        if not front or points[i][1] > points[front[-1]][1] or points[i] == points[front[-1]]:
            front.append(i)
    return front


def value_in_words(value: Any) -> str:
    """A knob's value as the user would write it."""
    if isinstance(value, list | tuple):
        return " to ".join(map(value_in_words, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _names(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every knob that at least one run has: current knobs in their order, then knobs that no longer exist."""
    there = dict.fromkeys(name for config in configs for name in config)
    return [*(name for name in KNOBS if name in there), *(name for name in there if name not in KNOBS)]


def _line(name: str, configs: Sequence[Mapping[str, Any]]) -> KnobLine:
    knob = KNOBS.get(name)
    values = tuple(value_in_words(config[name]) if name in config else UNKNOWN for config in configs)
    return KnobLine(name, knob.label if knob else name, values, knob.unit if knob else "")


def searched(words: str, texts: Sequence[str]) -> bool:
    """Whether each of these words is somewhere in the texts, in upper or lower case; True without words."""
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in words.casefold().split())


def titles(names: Sequence[str]) -> list[str]:
    """Make names unique, as a figure needs them: a repeated name gets a number."""
    earlier = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({before + 1})" if before else name for name, before in zip(names, earlier, strict=True)]


# How accuracy varies with the knobs


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
