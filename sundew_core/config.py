"""Every knob, declared once: name, range, default, unit and one sentence.

Sliders, the command line, links and run records all read the declarations below. A `GateConfig` holds what
the gate needs and is useful alone; a `Config` adds everything else that defines a run. Both are frozen: a
change makes a new, validated object (`config.changed(gate_temperature=0.3)`).

Names and defaults of the gate's knobs are those published for this method. Evidence changed two defaults of the
significance: `contrast_weight` was published as 0.3, and remembered losses did not grow with time.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from sundew_core.arms import ARM_KINDS, SCORER_KINDS
from sundew_core.errors import KnobError
from sundew_core.knobs import Knob, Knobs, describe, knob

DATASETS = ("digits", "shapes", "cifar10", "cifar100", "mnist", "fashion-mnist", "svhn")
"""Data sets by name; `folder:PATH` names any image folder in addition."""
MODELS = ("cnn", "vit-nano", "vit", "resnet18")
"""Models by name; `torchvision:NAME` names any torchvision classifier in addition."""
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


def split_name(value: str) -> tuple[str, str]:
    """Kind and own name of a data set or model: `folder:PATH` has both, and `digits` is a kind without a name."""
    kind, _, name = value.partition(":")
    return kind, name


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
        look_for="a short jolt of the activation rate, then the target again, as the threshold makes up for it.",
    )  # fmt: skip
    energy_pressure: float = knob(
        0.3, "Energy pressure", "How strongly an empty reservoir lowers the set-point below the target.",
        step=0.01, live=True, ge=0.0, le=1.0,
        formula="r_set = r* (1 − w (1 − E / E_max))",
        look_for="the set-point falling below the target as the reservoir empties.",
    )  # fmt: skip
    adapt_kp: float = knob(
        0.12, "Proportional gain", "How strongly the threshold answers the current error of the expected rate.",
        step=0.01, live=True, ge=0.0, le=2.0,
        formula="θ ← θ − (kp e + ki I) / g, with e = r_set − mean(p)",
        look_for="a faster return to the target after a change; with too large a gain the rate swings.",
    )  # fmt: skip
    adapt_ki: float = knob(
        0.008, "Integral gain", "How strongly the threshold answers the accumulated error; it removes the lasting offset.",
        step=0.001, live=True, ge=0.0, le=1.0,
        formula="θ ← θ − (kp e + ki I) / g, with I = Σ e",
        look_for="a lasting distance from the target that vanishes; with too large a gain the rate overshoots.",
    )  # fmt: skip
    activation_threshold: Literal["auto"] | Annotated[float, Field(ge=-1.0, le=2.0)] = knob(
        "auto",
        "Starting threshold",
        "Where the threshold starts: a number, or auto, which fits the first candidates.",
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

    dataset: str = knob(
        "digits", "Data set", f"What is learned: {', '.join(DATASETS)}, or folder:PATH for an image folder.",
        names=(*DATASETS, "folder:PATH"),
    )  # fmt: skip
    model: str = knob(
        "cnn", "Model", f"What learns: {', '.join(MODELS)}, or torchvision:NAME.", names=(*MODELS, "torchvision:NAME")
    )
    arm: ArmName = knob(
        "sundew",
        "Arm",
        "What chooses the samples: the gate, chance at the same rate, a published rule "
        f"({', '.join(name for name, kind in ARM_KINDS.items() if kind.published)}), "
        "or nothing (dense, and per-sample one at a time).",
    )
    scorer: ScorerName = knob(
        "memory", "Scorer", "Where a candidate's loss comes from: memory, a forward pass, or one on half the pixels."
    )
    normalisation: Literal["rank", "relative"] = knob(
        "rank", "Normalisation", "How losses become significance: percentile among the candidates, or ratio to their mean."
    )
    loss_weight: float = knob(0.7, "Weight of loss", "Weight of the loss part in the significance.", step=0.05, ge=0.0, le=1.0)
    contrast_weight: float = knob(
        0.0, "Weight of contrast", "Weight of the image-contrast part in the significance.", step=0.05, ge=0.0, le=1.0
    )
    memory_refresh: int = knob(
        0,
        "Memory refresh",
        "Score one in this many candidates by a forward pass, in rotating slices; 0 means never.",
        ge=0,
        le=1_000,
    )
    memory_growth: float = knob(
        1.0, "Memory growth", "How a remembered loss grows while its sample is left out: times the looks since, to this power.",
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
    device: str = knob(
        "auto", "Device", "Where to train: auto, cpu, cuda, cuda:0, mps.", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$",
        names=("auto", "cpu", "cuda", "cuda:N", "mps"),
    )  # fmt: skip
    compile: bool = knob(False, "Compile", "Compile the model with torch.compile before training.")
    train_samples: int = knob(
        0, "Training samples", "Train on only this many images, spread evenly over the classes; 0 takes all.",
        unit="samples", ge=0, le=100_000_000,
    )  # fmt: skip
    digits_repeats: int = knob(
        14, "Digits: repeats", "How often an epoch shows each handwritten digit, each time under a fresh small shift.",
        unit="times", ge=1, le=1_000,
    )  # fmt: skip
    shapes_samples: int = knob(
        6_000, "Shapes: samples", "How many training images to draw; a fifth as many are drawn for validation.",
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

    @field_validator("dataset", "model")
    @classmethod
    def _known(cls, value: str, info: ValidationInfo) -> str:
        names, elsewhere = (DATASETS, "folder:PATH") if info.field_name == "dataset" else (MODELS, "torchvision:NAME")
        kind, name = split_name(value)
        if value in names or (name and kind == split_name(elsewhere)[0]):
            return value
        raise ValueError(f"choose one of {', '.join(names)}, or {elsewhere}")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.loss_weight + self.contrast_weight == 0.0:
            raise KnobError("loss_weight and contrast_weight are both 0: at least one part must count, set one above 0")
        if self.warmup_epochs + self.anneal_epochs > self.epochs:
            raise KnobError(
                f"warmup_epochs={self.warmup_epochs} and anneal_epochs={self.anneal_epochs} do not fit into "
                f"epochs={self.epochs}: lower them or train longer"
            )


KNOBS: Mapping[str, Knob] = MappingProxyType({name: describe(name, field) for name, field in Config.model_fields.items()})
"""Every knob of a run by name, in the order of declaration."""
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "maximum speed": {"target_activation_rate": 0.03},
        "sweet spot": {"target_activation_rate": 0.06},
        "balanced": {"target_activation_rate": 0.10},
        "higher accuracy": {"target_activation_rate": 0.12},
        "high accuracy": {"target_activation_rate": 0.15},
        "just test": {"epochs": 1},
        "full training": {"epochs": 20},
    }
)
"""Presets by name, as published for this method. A knob that a preset does not name keeps its value."""
