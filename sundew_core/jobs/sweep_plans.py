"""Sweeps: the runs that try out values of some knobs. A plan yields a configuration and takes its outcome.

Listed values make a grid: every combination is trained once, whatever the outcomes. A range is searched: Optuna proposes
each run from the outcomes so far.

    plan = Sweep(base=Config(), axes={"target_activation_rate": listed(0.03, 0.06)}).plan()
    config = next(plan)
    config = plan.send(0.97)       # the validation accuracy of that run, None if it has none
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sundew_core.config import KNOBS, TARGET_ARMS, Config
from sundew_core.errors import InputError
from sundew_core.metrics.comparing import LOGARITHMIC_FROM
from sundew_core.records.rows import LONGEST_NAME

if TYPE_CHECKING:
    import optuna

MOST_RUNS = 200
"""Most runs that one sweep may have. The limit also catches a mistyped number before the sweep begins."""
LISTED, RANGE = re.compile(r"\s*,\s*"), re.compile(r"\s+to\s+|\s*\.\.\s*")

SYMBOLS = {"gate_temperature": "T", "energy_pressure": "w", "adapt_kp": "kp", "adapt_ki": "ki"}
"""Short names of knobs in the names of runs."""
SELF_EXPLAINING = ("target_activation_rate", "dataset", "model", "arm", "scorer")
"""Knobs whose values are clear without the name of the knob."""

Plan = Generator[Config, float | None, None]


@dataclass(frozen=True, slots=True)
class Listed:
    """Each of these values."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Any value between two numbers, both included."""

    low: float
    high: float
    whole: bool
    """Whether only whole numbers are allowed."""

    @property
    def logarithmic(self) -> bool:
        """Whether the range is searched on a logarithmic scale."""
        return self.low > 0 and self.high / self.low > LOGARITHMIC_FROM


Axis = Listed | Range


def listed(*values: Any) -> Listed:
    """An axis of these values."""
    return Listed(tuple(values))


CLASSIC: Mapping[str, Axis] = {"target_activation_rate": listed(0.03, 0.06, 0.10, 0.15)}
"""The targets that every account of this method compares."""


def read_axis(name: str, text: str) -> Axis:
    """Read what the user typed for a knob: `0.03, 0.06, 0.1` lists values, `0.03 to 0.15` is a range.

    Raises `InputError` for an unknown knob, an empty text, a listed value that is not allowed, or a range whose ends are
    not numbers in ascending order. `Sweep` checks whether the ends are allowed.
    """
    knob = KNOBS.get(name)
    if knob is None:
        raise InputError(f"there is no knob {name!r}: choose one of {', '.join(KNOBS)}")
    parts = RANGE.split(text.strip())
    if len(parts) == 2 and knob.kind in (int, float):
        low, high = (_number(name, part) for part in parts)
        if not low < high:
            raise InputError(f"{name}: the range {text.strip()!r} is empty: give the lower end first")
        return Range(low, high, knob.kind is int)
    values = [_value(name, part) for part in LISTED.split(text.strip()) if part]
    if not values:
        raise InputError(f"{name}: no value is given: list some, such as 0.03, 0.06, or give a range, such as 0.03 to 0.15")
    return Listed(tuple(dict.fromkeys(values)))


def _number(name: str, text: str) -> float:
    percent = text.strip().endswith("%")
    try:
        number = float(text.strip().rstrip("%"))
    except ValueError:
        raise InputError(f"{name}: {text.strip()!r} is not a number") from None
    if not math.isfinite(number):
        raise InputError(f"{name}: {text.strip()} is not a finite number")
    return number / 100 if percent else number


def _value(name: str, text: str) -> Any:
    """Read a listed value, as the configuration of its run will hold it."""
    knob = KNOBS[name]
    if isinstance(knob.default, tuple):
        raise InputError(f"{name} is a pair of numbers: sweeps vary single values, choose another knob")
    raw: Any = _number(name, text) if text.strip().endswith("%") else text.strip()
    return getattr(Config(**{name: raw}), name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """A base configuration and the knobs to vary. Raises `InputError` if they cannot be trained."""

    base: Config
    axes: Mapping[str, Axis]
    trials: int = 20
    """Runs of a search. A grid has one run per combination."""

    def __post_init__(self) -> None:
        if not self.axes:
            raise InputError("the sweep varies no knob: choose at least one")
        if "target_activation_rate" in self.axes and "arm" not in self.axes and self.base.arm not in TARGET_ARMS:
            raise InputError(f"the arm {self.base.arm} has no target: choose another arm, or another knob to vary")
        for name, axis in self.axes.items():
            for value in axis.values if isinstance(axis, Listed) else (axis.low, axis.high):
                Config(**{name: value})
        if self.runs > MOST_RUNS:
            raise InputError(f"the sweep has {self.runs:,} runs: reduce it to at most {MOST_RUNS}")
        if self.runs < 1:
            raise InputError(f"a search needs at least 1 run, not {self.trials}: give 1 or more")
        if not self.searches:
            list(self._grid())  # a combination may be refused even if each of its values is allowed

    @property
    def searches(self) -> bool:
        """Whether at least one axis is a range, so that Optuna searches."""
        return any(isinstance(axis, Range) for axis in self.axes.values())

    @property
    def runs(self) -> int:
        """Number of runs of the sweep."""
        return self.trials if self.searches else math.prod(len(axis.values) for axis in self._listed())

    def _listed(self) -> list[Listed]:
        return [axis for axis in self.axes.values() if isinstance(axis, Listed)]

    def plan(self) -> Plan:
        """Yield the configurations in turn."""
        return self._search() if self.searches else self._grid()

    def _grid(self) -> Plan:
        for chosen in itertools.product(*(axis.values for axis in self._listed())):
            yield self.base.changed(**dict(zip(self.axes, chosen, strict=True)))

    def _search(self) -> Plan:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=self.base.seed))
        for _ in range(self.trials):
            trial = study.ask()
            accuracy = yield self.base.changed(**{name: _suggest(trial, name, axis) for name, axis in self.axes.items()})
            if accuracy is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, accuracy)


def _suggest(trial: optuna.Trial, name: str, axis: Axis) -> Any:
    """The value of a knob that Optuna proposes."""
    if isinstance(axis, Listed):
        return axis.values[trial.suggest_categorical(name, range(len(axis.values)))]
    if axis.whole:
        return trial.suggest_int(name, round(axis.low), round(axis.high), log=axis.logarithmic)
    return float(f"{trial.suggest_float(name, axis.low, axis.high, log=axis.logarithmic):.4g}")


def run_name(config: Config, axes: Mapping[str, Axis]) -> str:
    """The name of a run in a sweep: the varied knobs with their values, such as `6 % · kp 0.12`."""
    return " · ".join(_value_name(name, getattr(config, name)) for name in axes)[:LONGEST_NAME]


def _value_name(name: str, value: Any) -> str:
    shown = f"{100 * value:g} %" if KNOBS[name].unit == "fraction" else f"{value:g}" if isinstance(value, float) else str(value)
    return shown if name in SELF_EXPLAINING else f"{SYMBOLS.get(name, KNOBS[name].label.lower())} {shown}"
