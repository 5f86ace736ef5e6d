"""Every knob, declared once: name, range, default, unit and one sentence.

Sliders, the command line, links and run records all read the declarations below. A `GateConfig` holds what
the gate needs and is useful alone; a `Config` adds everything else that defines a run. Both are frozen: a
change makes a new, validated object (`config.changed(gate_temperature=0.3)`).

Names and defaults of the gate's knobs are those published for this method. Of the significance they are not: `contrast_weight`
was published as 0.3, and no loss grew with the time since it was taken. Both were changed on evidence.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo

from sundew_core.arms import ARM_KINDS, SCORER_KINDS
from sundew_core.errors import KnobError

DATASETS = ("digits", "shapes", "cifar10", "cifar100", "mnist", "fashion-mnist", "svhn")
"""Data sets by name; `folder:PATH` names any image folder beside these."""
MODELS = ("cnn", "vit-nano", "vit", "resnet18")
"""Models by name; `torchvision:NAME` names any torchvision classifier beside these."""
ARMS = tuple(ARM_KINDS)
DENSE_ARMS = tuple(name for name, kind in ARM_KINDS.items() if kind.dense)
"""The arms that train on every candidate."""
TARGET_ARMS = tuple(name for name, kind in ARM_KINDS.items() if kind.target)
"""The arms that have a target activation rate."""
SCORERS = tuple(SCORER_KINDS)
if TYPE_CHECKING:  # a type checker takes no computed choices
    ArmName = str
    ScorerName = str
else:
    ArmName = Literal[ARMS]
    ScorerName = Literal[SCORERS]

Unit = Literal["fraction", "u", "samples", "epochs", "pixels", "times", ""]


def knob(
    default: Any, label: str, sentence: str, *, unit: Unit = "", step: float | None = None, live: bool = False,
    formula: str = "", look_for: str = "", **limits: Any,
) -> Any:  # fmt: skip
    """Declare a knob: `limits` are pydantic's (`ge`, `le`, ...); a `live` knob may change while a run is going on.

    `formula` says where the knob stands in the gate's law, `look_for` what changes on screen with it.
    """
    return Field(
        default,
        title=label,
        description=sentence,
        allow_inf_nan=False if "ge" in limits else None,
        json_schema_extra={"unit": unit, "step": step, "live": live, "formula": formula, "look_for": look_for},
        **limits,
    )


class Knobs(BaseModel):
    """Base of the two configurations: frozen, refuses unknown names, and explains what it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise KnobError(_explain(type(self), error)) from None

    def changed(self, **values: Any) -> Any:
        """A copy with some knobs changed, validated like a new one. Raises `KnobError`."""
        return type(self)(**{**self.model_dump(), **values})


class GateConfig(Knobs):
    """The knobs of the gate: its law, its controller and its energy reservoir."""

    target_activation_rate: float = knob(
        0.06, "Target activation rate", "Fraction of the candidates that the controller must let through.",
        unit="fraction", step=0.001, live=True, ge=0.001, le=1.0,
        formula="r_set = r* (1 − w (1 − E / E_max))",
        look_for="the activation rate settling on the dashed target within about 50 batches.",
    )  # fmt: skip
    gate_temperature: float = knob(
        0.15, "Gate temperature", "Softness of the gate: 0 cuts exactly at the threshold, larger values leave more to chance.",
        step=0.01, live=True, ge=0.0, le=1.0,
        formula="p = sigmoid((s − θ) / T)",
        look_for="a short jolt of the activation rate, then the target again: the threshold has made up for it.",
    )  # fmt: skip
    energy_pressure: float = knob(
        0.3, "Energy pressure", "How strongly an empty reservoir lowers the set-point below the target.",
        step=0.01, live=True, ge=0.0, le=1.0,
        formula="r_set = r* (1 − w (1 − E / E_max))",
        look_for="the set-point falling below the target as the reservoir empties.",
    )  # fmt: skip
    adapt_kp: float = knob(
        0.12, "Proportional gain", "How strongly the threshold answers the present error of the expected rate.",
        step=0.01, live=True, ge=0.0, le=2.0,
        formula="θ ← θ − (kp e + ki I) / g, with e = r_set − mean(p)",
        look_for="a faster return to the target after a change; too much, and the rate swings.",
    )  # fmt: skip
    adapt_ki: float = knob(
        0.008, "Integral gain", "How strongly the threshold answers the accumulated error; it removes the lasting offset.",
        step=0.001, live=True, ge=0.0, le=1.0,
        formula="θ ← θ − (kp e + ki I) / g, with I = Σ e",
        look_for="a lasting distance from the target vanishing; too much, and the rate overshoots.",
    )  # fmt: skip
    activation_threshold: Literal["auto"] | Annotated[float, Field(ge=-1.0, le=2.0)] = knob(
        "auto", "Starting threshold", "Where the threshold starts: a number, or auto, where the first candidates meet the target."
    )
    max_energy: float = knob(
        100.0, "Reservoir size", "Energy that the reservoir holds when full.", unit="u", step=1.0, live=True, ge=1.0, le=10_000.0,
        formula="E ← clamp(E − cost a + regen (1 − a), 0, E_max)",
        look_for="how late the set-point leaves the target: a large reservoir takes long to drain.",
    )  # fmt: skip
    processing_cost: float = knob(
        10.0, "Cost of activation", "Energy that a batch drains when all of its candidates are active.",
        unit="u", step=0.5, live=True, ge=0.0, le=1_000.0,
        formula="r_sus = regen / (cost + regen)",
        look_for="the sustainable rate: the line that a lasting activation rate cannot exceed.",
    )  # fmt: skip
    dormancy_regen: tuple[Annotated[float, Field(ge=0.0, le=1_000.0)], Annotated[float, Field(ge=0.0, le=1_000.0)]] = knob(
        (1.0, 3.0), "Dormant refill", "Lowest and highest energy that a batch refills when all of its candidates are dormant.",
        unit="u", live=True,
        formula="r_sus = regen / (cost + regen), with regen the mean of the two",
        look_for="the sustainable rate rising with it.",
    )  # fmt: skip

    @field_validator("dormancy_regen")
    @classmethod
    def _lowest_first(cls, regen: tuple[float, float]) -> tuple[float, float]:
        if regen[0] > regen[1]:
            raise ValueError("give the lowest refill first, then the highest")
        return regen


class Config(GateConfig):
    """Everything that defines a run. Same config, same machine: same events, times aside."""

    dataset: str = knob("digits", "Data set", f"What is learned: {', '.join(DATASETS)}, or folder:PATH for an image folder.")
    model: str = knob("cnn", "Model", f"What learns: {', '.join(MODELS)}, or torchvision:NAME.")
    arm: ArmName = knob(
        "sundew",
        "Arm",
        "Who chooses the samples: the gate, nobody (dense, and per-sample one at a time), chance at the same rate, or a "
        f"published rule ({', '.join(name for name, kind in ARM_KINDS.items() if kind.published)}).",
    )
    scorer: ScorerName = knob(
        "memory", "Scorer", "Where a candidate's loss comes from: remembered, a full forward, or a forward on half the pixels."
    )
    normalisation: Literal["rank", "relative"] = knob(
        "rank", "Normalisation", "How losses become significance: percentile among the candidates, or ratio to their mean."
    )
    loss_weight: float = knob(0.7, "Weight of loss", "Weight of the loss part in the significance.", step=0.05, ge=0.0, le=1.0)
    contrast_weight: float = knob(
        0.0, "Weight of contrast", "Weight of the image-contrast part in the significance.", step=0.05, ge=0.0, le=1.0
    )
    memory_refresh: int = knob(
        0, "Memory refresh", "Re-score one in this many candidates by a forward, in rotating slices; 0 never.", ge=0, le=1_000
    )
    memory_growth: float = knob(
        1.0, "Memory growth", "How a remembered loss grows while its sample is left aside: times the looks since, to this power.",
        step=0.1, ge=0.0, le=10.0,
    )  # fmt: skip
    candidate_batch: int = knob(
        256, "Candidate batch", "How many samples the gate looks at together.", unit="samples", ge=1, le=65_536
    )
    batch_size: int = knob(
        32, "Batch size", "How many active samples make a full training batch.", unit="samples", ge=1, le=65_536
    )
    lr: Literal["auto"] | Annotated[float, Field(gt=0.0, le=10.0)] = knob(
        "auto", "Learning rate", "Peak learning rate of AdamW; auto takes the model's own."
    )
    weight_decay: float = knob(0.01, "Weight decay", "Decoupled weight decay of AdamW.", step=0.005, ge=0.0, le=1.0)
    epochs: int = knob(10, "Epochs", "How often all candidates pass the gate.", unit="epochs", ge=1, le=10_000)
    warmup_epochs: int = knob(0, "Dense warm-up", "First epochs that train on every candidate.", unit="epochs", ge=0, le=10_000)
    anneal_epochs: int = knob(0, "Dense annealing", "Last epochs that train on every candidate.", unit="epochs", ge=0, le=10_000)
    seed: int = knob(0, "Seed", "Same seed, same configuration: same run.", ge=0, le=2**31 - 1)
    device: str = knob("auto", "Device", "Where to train: auto, cpu, cuda, cuda:0, mps.", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    compile: bool = knob(False, "Compile", "Compile the model with torch.compile before training.")
    train_samples: int = knob(
        0, "Training samples", "Train on only so many training images, spread evenly over the classes; 0 takes all.",
        unit="samples", ge=0, le=100_000_000,
    )  # fmt: skip
    digits_repeats: int = knob(
        14, "Digits: repeats", "How often an epoch shows each handwritten digit, each time under a fresh small shift.",
        unit="times", ge=1, le=1_000,
    )  # fmt: skip
    shapes_samples: int = knob(
        6_000, "Shapes: samples", "How many training images to draw; a fifth as many more are held out.",
        unit="samples", ge=10, le=1_000_000,
    )  # fmt: skip
    shapes_redundancy: float = knob(
        0.5, "Shapes: redundancy", "Fraction of the training images that are near copies of others.",
        unit="fraction", step=0.05, ge=0.0, le=0.99,
    )  # fmt: skip
    shapes_label_noise: float = knob(
        0.0, "Shapes: label noise", "Fraction of the training labels that are wrong.", unit="fraction", step=0.01, ge=0.0, le=0.9
    )
    shapes_imbalance: float = knob(
        1.0, "Shapes: imbalance", "How many times more often the commonest class is drawn than the rarest.",
        unit="times", step=1.0, ge=1.0, le=100.0,
    )  # fmt: skip
    image_size: int = knob(
        32, "Image size", "Side to which the images of a folder are scaled and cropped.", unit="pixels", ge=8, le=512
    )

    @field_validator("dataset")
    @classmethod
    def _known_dataset(cls, name: str) -> str:
        if name in DATASETS or (name.startswith("folder:") and len(name) > len("folder:")):
            return name
        raise ValueError(f"choose one of {', '.join(DATASETS)}, or folder:PATH")

    @field_validator("model")
    @classmethod
    def _known_model(cls, name: str) -> str:
        if name in MODELS or (name.startswith("torchvision:") and len(name) > len("torchvision:")):
            return name
        raise ValueError(f"choose one of {', '.join(MODELS)}, or torchvision:NAME")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.loss_weight + self.contrast_weight == 0.0:
            raise KnobError("loss_weight and contrast_weight are both 0: at least one part must count, set one above 0")
        if self.warmup_epochs + self.anneal_epochs > self.epochs:
            raise KnobError(
                f"warmup_epochs={self.warmup_epochs} and anneal_epochs={self.anneal_epochs} do not fit into "
                f"epochs={self.epochs}: lower them or train longer"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Knob:
    """One knob as a person meets it: what a slider, a flag or a table of settings needs to know."""

    name: str
    label: str
    sentence: str
    formula: str
    look_for: str
    unit: str
    default: Any
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: tuple[str, ...]
    live: bool
    open_below: bool
    """Whether the minimum itself is not allowed."""
    kind: Any
    """The annotated Python type."""

    @property
    def allowed(self) -> str:
        """The allowed values in words, such as `0.001 to 1`, `auto or -1 to 2`, `memory, fresh or proxy`."""
        words = list(self.choices)
        if self.minimum is not None and self.maximum is not None:
            pair = "two numbers, each " if isinstance(self.default, tuple) else ""
            number = "a whole number, " if self.kind is int else "above " if self.open_below else pair
            words.append(
                f"{number}{self.minimum:,g} to {self.maximum:,g}" if self.maximum < 1e6 else f"{number}{self.minimum:,g} or more"
            )
        return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


NAMES: Mapping[str, tuple[str, ...]] = {
    "dataset": (*DATASETS, "folder:PATH"),
    "model": (*MODELS, "torchvision:NAME"),
    "device": ("auto", "cpu", "cuda", "cuda:N", "mps"),
}
"""What may be written where a knob is free text."""


def _knob_of(name: str, field: FieldInfo) -> Knob:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    constraints = _constraints(field.annotation, field.metadata)
    limits: dict[type, Any] = {type(constraint): constraint for constraint in constraints}
    ge, gt, le = (limits.get(kind) for kind in (annotated_types.Ge, annotated_types.Gt, annotated_types.Le))
    return Knob(
        name=name,
        label=field.title or name,
        sentence=field.description or "",
        formula=str(extra["formula"]),
        look_for=str(extra["look_for"]),
        unit=str(extra["unit"]),
        default=field.default,
        minimum=ge.ge if ge else gt.gt if gt else None,
        maximum=le.le if le else None,
        step=extra["step"],  # type: ignore[arg-type]
        choices=NAMES.get(name, tuple(choice for choice in constraints if isinstance(choice, str))),
        open_below=gt is not None,
        live=bool(extra["live"]),
        kind=field.annotation,
    )


def _constraints(annotation: Any, metadata: Sequence[Any] = ()) -> list[Any]:
    """Every limit (`annotated_types`) and every literal choice (`str`) that an annotated type admits, from the outside in."""
    found = [limit for item in metadata for limit in (item.metadata if isinstance(item, FieldInfo) else [item])]
    if annotation is bool:
        return ["true", "false"]
    if get_origin(annotation) is Literal:
        return [*found, *get_args(annotation)]
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return found + _constraints(parts[0], parts[1:])
    return found + [constraint for part in parts for constraint in _constraints(part)]


KNOBS: Mapping[str, Knob] = types.MappingProxyType({name: _knob_of(name, field) for name, field in Config.model_fields.items()})
"""Every knob of a run by name, in the order of declaration."""


def _explain(model: type[Knobs], error: ValidationError) -> str:
    """One sentence a problem: which knob, which value, what is allowed."""
    sentences: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            close = difflib.get_close_matches(name, model.model_fields, n=1)
            sentences[name] = f"unknown knob {name!r}" + (f": did you mean {close[0]}?" if close else "")
            continue
        described = _knob_of(name, model.model_fields[name])
        own_words = problem["type"] == "value_error"
        what = problem["msg"].removeprefix("Value error, ") if own_words else f"give {described.allowed}"
        sentences[name] = f"{name}={problem['input']!r} is not allowed: {what}"
    return "; ".join(sentences.values())
