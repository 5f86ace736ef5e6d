r"""Contests: what a race and a bench are made of. Each is its configuration and its events, as a run is.

    RaceStarted  -> (ArmValidated* for each seed) -> RaceFinished
    BenchStarted -> (SliceTimed* for each round) -> GateTimed* -> BenchFinished
                            from anywhere \-> ContestFailed

Frozen values with plain contents, one JSON object a line, units in names, `None` for what was not measured: the same
rules as in `events`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sundew_core.config import ARMS
from sundew_core.errors import InputError
from sundew_core.events import run
from sundew_core.events.run import Started

SLICE_S = 0.3
"""Training seconds of a turn; a candidate batch under way is finished first."""
VALIDATIONS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Who races, for how long and how often. Raises `InputError` where that is no race."""

    arms: tuple[str, ...]
    seconds: float = 30.0
    """Training seconds for each arm."""
    seeds: int = 1
    """How many seeds, beginning with that of the configuration, one after another."""
    validations: int = VALIDATIONS
    slice_s: float = SLICE_S

    def __post_init__(self) -> None:
        unknown = [arm for arm in self.arms if arm not in ARMS]
        if unknown:
            raise InputError(f"arms={','.join(unknown)} is not allowed: choose among {', '.join(ARMS)}")
        if not self.arms or len(set(self.arms)) < len(self.arms):
            raise InputError(f"arms={','.join(self.arms)!r} is not allowed: name one or more arms, each once")
        for name, value, least in (("seeds", self.seeds, 1), ("validations", self.validations, 1)):
            if value < least:
                raise InputError(f"{name}={value} is not allowed: give {least} or more")
        positive("seconds", self.seconds)
        positive("slice_s", self.slice_s)

    @property
    def plan(self) -> dict[str, Any]:
        """What was asked for beside the knobs, as plain values."""
        return {"arms": list(self.arms), "seconds": self.seconds, "seeds": self.seeds, "validations": self.validations}

    @property
    def training_s(self) -> float:
        """Training seconds of all arms and seeds."""
        return len(self.arms) * self.seconds * self.seeds


@dataclass(frozen=True, kw_only=True, slots=True)
class RaceStarted(Started):
    """Who races, for how long, and everything that was known before the first step."""

    race: str
    arms: tuple[str, ...]
    seconds: float
    """Training seconds that each arm may use up."""
    seeds: tuple[int, ...]
    slice_s: float
    """Training seconds of a turn."""
    validations: int
    """How often each arm is validated after its start, at equal shares of its seconds."""
    lr: float
    val_samples: int
    score_flop: Mapping[str, float]
    """Of scoring one candidate, counted, by arm."""
    energy_meter: str | None
    """Name of the meter that reads real joules; None if no meter is available."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmValidated:
    """One arm of one seed at one moment: what it has done since its start, and how well it does now."""

    arm: str
    seed: int
    share: float
    """Share of the seconds at which this validation was due; `training_s` may be a candidate batch later."""
    training_s: float
    """Scoring, gating and optimizer steps."""
    scoring_s: float
    gating_s: float
    epochs: float
    """Candidates seen over those of an epoch."""
    candidates: int
    trained: int
    """Samples that optimizer steps were taken on."""
    steps: int
    flop: float
    """Scoring and training, modelled from counted operations."""
    energy_j: float | None
    """Read from the meter over the arm's own turns."""
    val_loss: float
    val_accuracy: float
    validation_s: float
    """Of this validation, charged to nobody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RaceFinished:
    """The race is over. `reason` is `finished` or `stopped`."""

    reason: str
    wall_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchStarted(Started):
    """What is timed, and everything that was known before the first slice."""

    bench: str
    contestants: tuple[str, ...]
    """Arms, with their scorer where they have one: `dense`, `sundew memory`."""
    left_out: Mapping[str, str]
    """Contestants that this model or data cannot have, and why."""
    seconds: float
    """The rounds end when they have taken this long."""
    score_flop: Mapping[str, float]
    """Of scoring one candidate, counted, by contestant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceTimed:
    """One contestant's turn in one round; each other contestant's follows a turn of dense training of its own."""

    contestant: str
    round: int
    pair: str
    """The contestant of this turn, or of the one that follows a dense turn: the two are compared."""
    candidates: int
    batches: int
    """Candidate batches."""
    trained: int
    """Samples that optimizer steps were taken on."""
    steps: int
    training_s: float
    """Scoring, gating and optimizer steps."""
    scoring_s: float
    gating_s: float
    """In the gate or the draw, and in packing."""
    processor_s: float | None
    """Processor time of this process: what other programs take away is not in it. None where an accelerator trains."""
    device_peak_b: int | None
    """Most memory allocated on the accelerator in the slice; None on a CPU, which counts a process and not an arm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateTimed:
    """Scores, gate and the active positions of one batch of made-up losses, timed over and over."""

    candidates: int
    laps_s: tuple[float, ...]
    active: int
    """Of the last lap."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchFinished:
    """The bench is over. `reason` is `finished` or `stopped`."""

    wall_s: float
    process_peak_b: int | None
    """Most memory that the whole process ever held; None where the system does not tell."""
    reason: str = "finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestFailed:
    """Why a race or a bench ended early, and while who trained; None where nobody did."""

    who: str | None
    error: str
    kind: str
    """Class of the exception."""
    traceback: str


ContestEvent = RaceStarted | ArmValidated | RaceFinished | BenchStarted | SliceTimed | GateTimed | BenchFinished | ContestFailed
KINDS: Mapping[str, type[ContestEvent]] = {kind.__name__: kind for kind in get_args(ContestEvent)}
"""The closed set, by name."""


def broke_off(error: Exception, *, who: str | None = None) -> ContestFailed:
    """The event that ends a contest which `error` stopped, while `who` trained."""
    why = run.failed(error)
    return ContestFailed(who=who, error=why.error, kind=why.kind, traceback=why.traceback)


def from_record(record: Mapping[str, Any]) -> ContestEvent:
    """The event of a record made by `events.to_record`. Raises `ValueError` naming an unknown kind."""
    return run.from_record(record, KINDS)


def from_json(line: str) -> ContestEvent:
    """The event of one line written by `events.to_json`. Raises `ValueError` naming an unknown kind."""
    return from_record(json.loads(line))


def positive(name: str, value: float) -> float:
    """The value, if it is a number above 0. Raises `InputError` that calls it by its name."""
    if not 0.0 < value < float("inf"):
        raise InputError(f"{name}={value:g} is not allowed: give a number above 0")
    return value
