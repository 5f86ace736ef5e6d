"""Comparing: which knobs differ between runs, and which runs no other run beats. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sundew_core.config import KNOBS
from sundew_core.wording import UNKNOWN


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
