r"""Events of a run. A run is its configuration and its events, nothing else.

    RunStarted -> Calibrated -> (BatchSeen* -> SamplesSeen? -> EpochEnded)* -> RunFinished
                                    |                                      \-> RunFailed, from anywhere
                                    Intervened, Paused and Resumed, between candidate batches

Events are frozen values with plain Python contents, one JSON object per line. Names carry units (`_s` seconds,
`_j` joules, `_u` Sundew units, `_flop` floating-point operations); fractions are in [0, 1]. `None` means not
measured or not applicable, never 0. The names of all measured times end in `_s`: without those fields and `run`,
two runs with the same configuration on the same machine have equal events.
"""

import json
import secrets
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, get_args

NEVER = -1.0
"""Means no value in an array of `SamplesSeen`: losses and scores are not negative."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """What is known before the first step of a run, a race or a bench."""

    started_s: float
    """Unix time."""
    config: Mapping[str, Any]
    """Every knob by name; `auto` values as given. In a contest the arms differ in arm, scorer and seed."""
    device: str
    model: str
    """The model as built, such as `cnn` with its sizes."""
    parameters: int
    train_samples: int
    candidates_per_epoch: int
    forward_flop: float
    """Of one forward pass of one sample, counted."""
    step_flop: float
    """Of one forward and backward pass of one sample, counted."""
    versions: Mapping[str, str]
    hardware: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStarted(Started):
    """The run's identity and everything that was known before the first step."""

    run: str
    lr: float
    """Peak learning rate in use."""
    val_samples: int
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    """Channels, height, width."""
    unreadable_count: int
    unreadable_files: tuple[str, ...]
    """Names of image files that could not be read and were left out; the first 100."""
    score_flop: float
    """Of scoring one candidate, counted; 0 if scoring needs no forward pass."""
    energy_meter: str | None
    """Name of the meter that reads real joules; None if no meter is available."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibrated:
    """Seconds per sample of the parts of every arm, measured before the run on this machine with this model and data."""

    dense_sample_s: float
    """Median over `dense_n` steps of full batches."""
    dense_n: int
    single_sample_s: float
    """Median over `single_n` steps of one sample each."""
    single_n: int
    batch_size: int
    forward_sample_s: float | None = None
    """A forward pass without gradients of one candidate, as the `fresh` scorer makes it; median over `forward_n` batches.
    None if the device has no memory for it, and, like the fields below, in records made before it was timed."""
    forward_n: int | None = None
    forward_batch: int | None = None
    """Candidates in each of those batches: the candidate batch, or fewer if that would take long."""
    gate_sample_s: float | None = None
    """One candidate through significance from a remembered loss, gate and packing; median over `gate_n` candidate batches."""
    gate_n: int | None = None
    chance_sample_s: float | None = None
    """One candidate through the random arm's choice and packing; median over `gate_n` candidate batches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchSeen:
    """The gate's telemetry since the previous `BatchSeen`, a few dozen times per epoch."""

    epoch: int
    batch: int
    """Candidate batches seen since the run began, this one included."""
    progress: float
    """Epochs done, such as 2.25."""
    candidates: int
    active: int
    train_loss: float | None
    """Mean over the samples trained since the previous event; None if no sample was trained."""
    expected_rate: float | None
    """Mean gate probability; None in a dense phase or arm."""
    set_point: float | None
    threshold: float | None
    energy_u: float | None
    sensitivity: float | None
    """Smoothed change of the expected rate per unit of threshold."""
    significance_histogram: tuple[int, ...] | None
    """Counts of the last candidate batch in equal bins of [0, 1]."""
    training_s: float | None = None
    """Scoring, gating and optimizer steps since the previous event, by the host's clock, without pauses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplesSeen:
    """What has become of each training sample, at the end of some epochs, at most a few dozen times per run.

    The first and the last epoch have one. A stopped run has one for the part of the epoch that it trained.
    """

    epoch: int
    progress: float
    """Epochs done, such as 2.25."""
    class_candidates: tuple[int, ...]
    """Candidates of each class in this epoch, in the order of `RunStarted.classes`."""
    class_active: tuple[int, ...]
    """How many of those candidates were let through."""
    samples_active: int
    """Different samples that were active in this epoch, once or several times."""
    samples_before: int | None
    """The same of the previous epoch; None if there is none, or if this epoch is not complete."""
    samples_kept: int | None
    """Different samples that were active in both epochs."""
    arrays: Mapping[str, str]
    """Arrays by name, with one value per training sample in the order of the data set, as `arrays.to_text` writes them:

    `labels` (unsigned), index into `RunStarted.classes`; `times_active` (unsigned), how often it was let through since
    the run began; `last_loss` (float16), cross-entropy at its own last training step, `NEVER` if there was none;
    `significance` (float16), its latest score in [0, 1], `NEVER` if it has none.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochEnded:
    """The summary of one epoch."""

    epoch: int
    epochs: int
    phase: str
    """`sparse`, or `dense` in warm-up and annealing epochs and in the dense arms."""
    train_loss: float | None
    """Mean cross-entropy over the samples trained, each at its own step; None if no sample was trained."""
    val_loss: float
    val_accuracy: float
    activation_rate: float
    expected_rate: float | None
    set_point: float | None
    threshold: float | None
    energy_u: float | None
    candidates: int
    active: int
    """Candidates let through; every one of them was trained on in this epoch."""
    steps: int
    """Optimizer steps."""
    training_s: float
    """Scoring, gating and optimizer steps."""
    scoring_s: float
    """The part of `training_s` spent on significance."""
    gating_s: float
    """The part of `training_s` spent in the gate and in packing."""
    validation_s: float
    flop: float
    """Scoring and training of this epoch, modelled from counted operations."""
    dense_flop: float
    """The cost of training on every candidate, modelled likewise."""
    energy_j: float | None
    """Read from the meter over `training_s`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Intervened:
    """The user asked for another value of a knob during the run."""

    knob: str
    old: Any
    new: Any
    who: str
    """Who asked, such as `page`."""
    batch: int
    """Candidate batches seen before; the next one is decided with the new value."""
    progress: float
    """Epochs done, such as 2.25."""
    applied: bool
    reason: str | None
    """Why it was refused; None if it was applied."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Paused:
    """The run waits."""

    batch: int
    progress: float
    """Epochs done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed:
    """The run continues, for one step or until the next command."""

    batch: int
    progress: float
    """Epochs done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFinished:
    """The run's summary. `reason` is `finished` or `stopped`."""

    reason: str
    epochs: int
    val_accuracy: float | None
    best_val_accuracy: float | None
    activation_rate: float | None
    candidates: int
    active: int
    training_s: float
    wall_s: float
    flop: float
    dense_flop: float
    energy_j: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFailed:
    """Why the run ended early: a message for the user, and the traceback for the developer."""

    error: str
    kind: str
    """Class of the exception."""
    traceback: str


Event = RunStarted | Calibrated | BatchSeen | SamplesSeen | EpochEnded | Intervened | Paused | Resumed | RunFinished | RunFailed
KINDS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
"""Every kind of event, by name."""
Kind = TypeVar("Kind")


def to_json(event: Any) -> str:
    """An event of a run or a contest as one line of JSON, as `to_record` has it. Raises `ValueError` for NaN or infinity."""
    return json.dumps(to_record(event), allow_nan=False)


def from_json(line: str) -> Event:
    """The event of one line written by `to_json`. Raises `ValueError` naming an unknown kind."""
    return from_record(json.loads(line), KINDS)


def to_record(event: Any) -> dict[str, Any]:
    """An event of a run or a contest as plain values, with its kind under `event`."""
    # Not asdict: it copies every value deeply, at each of a hundred events a second.
    return {"event": type(event).__name__, **{field.name: getattr(event, field.name) for field in fields(event)}}


def from_record(record: Mapping[str, Any], kinds: Mapping[str, type[Kind]]) -> Kind:
    """The event of a record made by `to_record`, of one of these kinds. Raises `ValueError` naming an unknown kind."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
    kind = values.pop("event", None)
    if kind not in kinds:
        raise ValueError(f"unknown event {kind!r}: expected one of {', '.join(kinds)}")
    return kinds[kind](**values)


def failed(error: Exception) -> RunFailed:
    """The event that ends a run which `error` stopped."""
    return RunFailed(
        error=str(error) or type(error).__name__,
        kind=type(error).__name__,
        traceback="".join(traceback.format_exception(error)),
    )


def new_run_id() -> str:
    """An id that sorts by time and is unique: `20261122-205449-3fa9c1`, in local time."""
    return time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)
