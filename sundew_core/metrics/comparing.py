"""Comparing: what differs between runs, and which of them nobody else beats. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sundew_core.config import KNOBS
from sundew_core.wording import UNKNOWN

"""Stands for a knob that a run does not know, as an earlier version recorded it."""


@dataclass(frozen=True, slots=True)
class KnobLine:
    """A knob with its value in each of several runs, in words."""

    name: str
    label: str
    values: tuple[str, ...]
    unit: str


def differing_knobs(configs: Sequence[Mapping[str, Any]]) -> list[KnobLine]:
    """The knobs that are not the same in all of these runs, in the order of their declaration."""
    lines = [_line(name, configs) for name in _names(configs)]
    return [line for line in lines if len(set(line.values)) > 1]


def knobs_of(config: Mapping[str, Any]) -> list[tuple[KnobLine, bool]]:
    """Every knob of a run, with its value and its default, and whether they differ: those that do come first."""
    standard = {name: knob.default for name, knob in KNOBS.items()}
    lines = [_line(name, [config, standard]) for name in _names([config])]
    told = [(line, line.values[0] != line.values[1]) for line in lines]
    return sorted(told, key=lambda pair: not pair[1])


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Which of these (cost, gain) are beaten by no other, from the cheapest to the dearest.

    A point is beaten by one that costs no more and gains no less, and is better in one of the two. Equal points stand
    beside each other.
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1]))
    front: list[int] = []
    for i in order:
        if not front or points[i][1] > points[front[-1]][1] or points[i] == points[front[-1]]:
            front.append(i)
    return front


def value_in_words(value: Any) -> str:
    """A knob's value as a person would write it."""
    if isinstance(value, list | tuple):
        return " to ".join(map(value_in_words, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _names(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every knob that one of the runs has: those of today in their order, then those that are no more."""
    there = dict.fromkeys(name for config in configs for name in config)
    return [*(name for name in KNOBS if name in there), *(name for name in there if name not in KNOBS)]


def _line(name: str, configs: Sequence[Mapping[str, Any]]) -> KnobLine:
    knob = KNOBS.get(name)
    values = tuple(value_in_words(config[name]) if name in config else UNKNOWN for config in configs)
    return KnobLine(name, knob.label if knob else name, values, knob.unit if knob else "")


def searched(words: str, texts: Sequence[str]) -> bool:
    """Whether each of these words is somewhere in the texts, whatever the case; no words are in every text."""
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in words.casefold().split())


def titles(names: Sequence[str]) -> list[str]:
    """The same names, those that are there several times with a number behind them: in a figure each must be one's own."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told
