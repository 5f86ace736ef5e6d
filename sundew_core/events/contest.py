r"""Events of contests: what a race and a bench are made of. Like a run, each is its configuration and its events.

    RaceStarted  -> (ArmValidated* for each seed) -> RaceFinished
    BenchStarted -> (SliceTimed* for each round) -> GateTimed* -> BenchFinished
                            from anywhere \-> ContestFailed

The rules of `events.run` hold here too: frozen values with plain contents, one JSON object per line, units in names,
and `None` for what was not measured.
"""

import json
from collections.abc import Callable, Iterator, Mapping
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
    """Who races, for how long and how often. Raises `InputError` for a value that is not allowed."""

    arms: tuple[str, ...]
    seconds: float = 30.0
    """Training seconds for each arm."""
    seeds: int = 1
    """How many seeds, one after another, from the seed of the configuration on."""
    validations: int = VALIDATIONS
    slice_s: float = SLICE_S

    def __post_init__(self) -> None:
        unknown = [arm for arm in self.arms if arm not in ARMS]
        if unknown:
            raise InputError(f"arms={','.join(unknown)} is not allowed: choose among {', '.join(ARMS)}")
        if not self.arms or len(set(self.arms)) < len(self.arms):
            raise InputError(f"arms={','.join(self.arms)!r} is not allowed: name one or more arms, each once")
        for name, value in (("seeds", self.seeds), ("validations", self.validations)):
            if value < 1:
                raise InputError(f"{name}={value} is not allowed: give 1 or more")
        positive("seconds", self.seconds)
        positive("slice_s", self.slice_s)

    @property
    def plan(self) -> dict[str, Any]:
        """What was asked for in addition to the knobs, as plain values."""
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
    """Training seconds of each arm."""
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
    """Of this validation; not charged to the arm."""


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
    """Arms, each with its scorer if it has one: `dense`, `sundew memory`."""
    left_out: Mapping[str, str]
    """Contestants that cannot train with this model or data, and why."""
    seconds: float
    """Length of all rounds together."""
    score_flop: Mapping[str, float]
    """Of scoring one candidate, counted, by contestant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceTimed:
    """One contestant's turn in one round. Each contestant other than dense follows a dense turn of its own."""

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
    """In the gate or the random draw, and in packing."""
    processor_s: float | None
    """Processor time of this process, without that of other programs. None on an accelerator."""
    device_peak_b: int | None
    """Peak memory allocated on the accelerator in the slice; None on a CPU, which counts per process and not per arm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateTimed:
    """Scores, gate and active positions of one batch of made-up losses, timed repeatedly."""

    candidates: int
    laps_s: tuple[float, ...]
    active: int
    """Of the last lap."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchFinished:
    """The bench is over. `reason` is `finished` or `stopped`."""

    wall_s: float
    process_peak_b: int | None
    """Peak memory of the whole process; None if the system does not report it."""
    reason: str = "finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContestFailed:
    """Why a race or a bench ended early, and which arm trained then; None if no arm did."""

    who: str | None
    error: str
    kind: str
    """Class of the exception."""
    traceback: str


ContestEvent = RaceStarted | ArmValidated | RaceFinished | BenchStarted | SliceTimed | GateTimed | BenchFinished | ContestFailed
KINDS: Mapping[str, type[ContestEvent]] = {kind.__name__: kind for kind in get_args(ContestEvent)}
"""Every kind of event, by name."""


def broke_off(error: Exception, *, who: str | None = None) -> ContestFailed:
    """The event that ends a contest which `error` stopped while `who` trained."""
    why = run.failed(error)
    return ContestFailed(who=who, error=why.error, kind=why.kind, traceback=why.traceback)


def ended(events: Iterator[ContestEvent], who: Callable[[], str | None] = lambda: None) -> Iterator[ContestEvent]:
    """The events, with `ContestFailed` at the end if an error stops them while `who()` trains."""
    try:
        yield from events
    except Exception as error:
        yield broke_off(error, who=who())


def from_record(record: Mapping[str, Any]) -> ContestEvent:
    """The event of a record made by `events.to_record`. Raises `ValueError` naming an unknown kind."""
    return run.from_record(record, KINDS)


def from_json(line: str) -> ContestEvent:
    """The event of one line written by `events.to_json`. Raises `ValueError` naming an unknown kind."""
    return from_record(json.loads(line))


def positive(name: str, value: float) -> float:
    """The value, if it is a number above 0. Raises `InputError` with its name otherwise."""
    if not 0.0 < value < float("inf"):
        raise InputError(f"{name}={value:g} is not allowed: give a number above 0")
    return value
