"""Sweeps: which runs to train where some knobs are to be tried out. A plan gives a configuration and takes its outcome.

Values that are listed make a grid: every combination is trained once, and outcomes do not matter. A range is searched
instead: Optuna proposes each next run from the outcomes so far.

    plan = Sweep(Config(), {"target_activation_rate": listed(0.03, 0.06)}).plan()
    config = next(plan)
    config = plan.send(0.97)       # the validation accuracy of that run, None where it has none
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
from sundew_core.records.rows import LONGEST_NAME

if TYPE_CHECKING:
    import optuna

MOST_RUNS = 200
"""Runs of one sweep: more would take too long to wait for, and a slip of a digit is found before the sweep has begun."""
DECADES_LOGARITHMIC = 10.0
"""A range whose ends are further apart than this many times is searched on a logarithmic scale."""
LISTED, RANGE = re.compile(r"\s*,\s*"), re.compile(r"\s+to\s+|\s*\.\.\s*")

SYMBOLS = {"gate_temperature": "T", "energy_pressure": "w", "adapt_kp": "kp", "adapt_ki": "ki"}
"""What the names of runs call a knob."""
SELF_EXPLAINING = ("target_activation_rate", "dataset", "model", "arm", "scorer")
"""Knobs whose values are clear without a name."""

Plan = Generator[Config, float | None, None]


@dataclass(frozen=True, slots=True)
class Listed:
    """These values, each of them."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Anything between two numbers, both included."""

    low: float
    high: float
    whole: bool
    """Whether only whole numbers are meant."""

    @property
    def logarithmic(self) -> bool:
        """Whether it is searched on a logarithmic scale."""
        return self.low > 0 and self.high / self.low > DECADES_LOGARITHMIC


Axis = Listed | Range


def listed(*values: Any) -> Listed:
    """An axis of these values."""
    return Listed(tuple(values))


CLASSIC: Mapping[str, Axis] = {"target_activation_rate": listed(0.03, 0.06, 0.10, 0.15)}
"""The table that every account of this method has."""


def read_axis(name: str, text: str) -> Axis:
    """Read what the user typed for a knob: `0.03, 0.06, 0.1` lists values, `0.03 to 0.15` is a range.

    Raises `InputError` for an unknown knob, nothing at all, or a range whose ends are no numbers or the wrong way round.
    Whether each value is allowed is judged by `Sweep`.
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
        raise InputError(f"{name}: {text.strip()} is not a number to train with")
    return number / 100 if percent else number


def _value(name: str, text: str) -> Any:
    """A listed value as it will stand in the record of its run."""
    knob = KNOBS[name]
    if isinstance(knob.default, tuple):
        raise InputError(f"{name} is a pair of numbers: sweeps vary single values, choose another knob")
    raw: Any = _number(name, text) if text.strip().endswith("%") else text.strip()
    return getattr(Config(**{name: raw}), name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """A base configuration, and the knobs to vary. Raises `InputError` for what cannot be trained, before anything is."""

    base: Config
    axes: Mapping[str, Axis]
    trials: int = 20
    """Runs of a search; a grid has as many as it has combinations."""

    def __post_init__(self) -> None:
        if not self.axes:
            raise InputError("no knob is to be varied: choose one")
        if "target_activation_rate" in self.axes and self._always("arm") not in (*TARGET_ARMS, None):
            raise InputError(f"the arm {self.base.arm} has no target: choose another arm, or another knob to vary")
        for name, axis in self.axes.items():
            for value in axis.values if isinstance(axis, Listed) else (axis.low, axis.high):
                Config(**{name: value})
        if self.runs > MOST_RUNS:
            raise InputError(f"that makes {self.runs:,} runs: give fewer values, at most {MOST_RUNS} runs in all")
        if self.runs < 1:
            raise InputError(f"a search needs at least 1 run, not {self.trials}: give 1 or more")
        if not self.searches:
            list(self._grid())  # combinations may be refused where each value alone is not

    def _always(self, name: str) -> Any:
        """The value of a knob in every run; None where it is varied."""
        return None if name in self.axes else getattr(self.base, name)

    @property
    def searches(self) -> bool:
        """Whether a range is among the axes."""
        return any(isinstance(axis, Range) for axis in self.axes.values())

    @property
    def runs(self) -> int:
        """How many runs it has."""
        return self.trials if self.searches else math.prod(len(axis.values) for axis in self._listed())

    def _listed(self) -> list[Listed]:
        return [axis for axis in self.axes.values() if isinstance(axis, Listed)]

    def plan(self) -> Plan:
        """Give its configurations in turn."""
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
    """The value of a knob that Optuna wants to see tried."""
    if isinstance(axis, Listed):
        return axis.values[trial.suggest_categorical(name, range(len(axis.values)))]
    if axis.whole:
        return trial.suggest_int(name, round(axis.low), round(axis.high), log=axis.logarithmic)
    return float(f"{trial.suggest_float(name, axis.low, axis.high, log=axis.logarithmic):.4g}")


def called(config: Config, axes: Mapping[str, Axis]) -> str:
    """The name of a run of a sweep: the varied knobs with their values, such as `6 % · kp 0.12`."""
    return " · ".join(_called(name, getattr(config, name)) for name in axes)[:LONGEST_NAME]


def _called(name: str, value: Any) -> str:
    shown = f"{100 * value:g} %" if KNOBS[name].unit == "fraction" else f"{value:g}" if isinstance(value, float) else str(value)
    return shown if name in SELF_EXPLAINING else f"{SYMBOLS.get(name, KNOBS[name].label.lower())} {shown}"
