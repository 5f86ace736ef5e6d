"""The form: from a knob's value to what its widget holds, and back. Pure; `widgets` draws.

Most widgets hold the value as it is. Two kinds do not: a data set `folder:PATH` has two widgets, a choice and a path;
and a number or a word (`auto`), or a pair of numbers, is a line of text that `Config` judges.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Protocol, get_origin

from sundew_core.config import DATASETS, KNOBS, MODELS, Config, split_name
from sundew_core.errors import InputError, KnobError
from sundew_core.knobs import Knob

NAMED: Mapping[str, str] = MappingProxyType({"dataset": "folder", "model": "torchvision"})
"""Knobs with one choice that needs a name in a second widget. The choice is also that widget's key."""
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"dataset": (*DATASETS, NAMED["dataset"]), "model": (*MODELS, NAMED["model"])}
)
KEYS = frozenset({*KNOBS, *NAMED.values()})
"""Keys of all widgets that hold a choice, which are the names that a link may use."""
LOCKED = "Cannot change during a run: stop the run and start another."

Kind = Literal["choice", "switch", "count", "number", "text"]
KINDS: Mapping[type, Kind] = MappingProxyType({bool: "switch", int: "count", float: "number"})


class State(Protocol):
    """Values of widgets by key: the session's state, or a plain mapping."""

    def get(self, key: str, default: Any, /) -> Any:
        """The value of a widget; the default for a widget that is not there."""


def kind(knob: Knob) -> Kind:
    """The kind of widget that a knob has."""
    if knob.name in NAMED or get_origin(knob.kind) is Literal:
        return "choice"
    return KINDS.get(knob.kind, "text")


def stand(name: str, value: Any) -> dict[str, Any]:
    """What the widgets of a knob hold for this value."""
    if name in NAMED:
        choice = NAMED[name]
        word, own = split_name(value)
        return {name: choice, choice: own} if word == choice else {name: value}
    return {name: as_text(value) if kind(KNOBS[name]) == "text" else value}


def state_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the widgets of these knobs hold."""
    return {key: held for name, value in values.items() for key, held in stand(name, value).items()}


def read(name: str, state: State) -> Any:
    """The value of a knob as the user has given it, not yet judged. A widget that is not there holds its default."""
    knob = KNOBS[name]
    held = state.get(name, stand(name, knob.default)[name])
    if NAMED.get(name) == held:
        return f"{held}:{str(state.get(held, '') or '').strip()}"
    return from_text(knob, held) if kind(knob) == "text" else held


def values_of(state: State) -> dict[str, Any]:
    """All knobs as the user has given them, not yet judged."""
    return {name: read(name, state) for name in KNOBS}


def is_default(name: str, state: State) -> bool:
    """Whether a knob has its default."""
    return all(state.get(key, held) == held for key, held in stand(name, KNOBS[name].default).items())


def as_text(value: Any) -> str:
    """Write a value as the text that the user would type."""
    if isinstance(value, tuple):
        return " to ".join(as_text(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def from_text(knob: Knob, text: Any) -> Any:
    """Read what the user typed: a pair as its two parts, an empty line as the default. `Config` judges the result."""
    written = str(text or "").strip()
    if not written:
        return knob.default
    return tuple(re.split(r"\s*(?:\bto\b|,|\s)\s*", written)) if isinstance(knob.default, tuple) else written


def configuration(values: Mapping[str, Any]) -> Config:
    """Validate the choices. Raises `KnobError`, and `InputError` for a folder without its path or a model without its name."""
    if values["dataset"] == "folder:":
        raise InputError("The image folder has no path: give the folder that holds one sub-folder per class.")
    if values["model"] == "torchvision:":
        raise InputError("The torchvision model has no name: give one, such as mobilenet_v3_small.")
    return Config(**values)


def complaint(name: str, value: Any) -> str | None:
    """Why this value is not allowed on its own; None if it is allowed."""
    try:
        Config(**{name: value})
    except KnobError as error:
        return str(error)
    return None
