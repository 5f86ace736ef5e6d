"""Choosing: what an arm is, and the two values that pass between it and the session.

An arm looks at a candidate batch in two steps, around the only transfer from device to host that a batch may cost:
`propose` queues work on the device, `settle` gets the numbers and decides which samples train. Before these samples
train, the arm may weigh them; afterwards it gets their losses.

Shapes: B candidates, N of them active, K readings.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from sundew_core.arms import ARM_KINDS, ArmKind
from sundew_core.config import Config, GateConfig
from sundew_core.errors import InputError
from sundew_core.gate.gate import Selection
from sundew_core.gate.significance import ForwardScorer, MemoryScorer, Scorer
from sundew_core.models.probing import accepts
from sundew_core.training.clock import Clock
from sundew_core.training.learner import Learner


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an arm proposes for a candidate batch; the numbers are still on the device."""

    candidates: Tensor
    """Indices into the training set, int64 [B]."""
    readings: Tensor
    """Numbers that `settle` needs on the host, float32 [K]."""
    selection: Selection | None = None
    significance: Tensor | None = None
    """Scores of the candidates, [B]; None from an arm without scores."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which candidates train, and the state of the gate; None from an arm without a gate."""

    active: Tensor
    """Indices into the training set, int64 [N]."""
    expected_rate: float | None = None
    set_point: float | None = None
    threshold: float | None = None
    energy_u: float | None = None
    sensitivity: float | None = None


class Arm(ABC):
    """One way to choose samples. A subclass gives the name of its row in `ARM_KINDS`: `class Mine(Arm, name="mine")`."""

    classes: ClassVar[dict[str, type["Arm"]]] = {}
    """The class of each arm by name."""
    kind: ClassVar[ArmKind]
    no_effect: ClassVar[str] = "this arm has no gate"
    """Why a knob of the gate has no effect on this arm."""
    dense_end: ClassVar[float] = 0.0
    """Share at the end of a run in which the arm wants every candidate to train."""

    def __init_subclass__(cls, name: str = "", **more: Any) -> None:
        super().__init_subclass__(**more)
        if name:
            cls.kind, cls.classes[name] = ARM_KINDS[name], cls

    def __init__(self, config: Config, scorer: Scorer | None = None) -> None:
        self.batch_size = config.batch_size
        """Samples of an optimizer step."""
        self.rate = config.target_activation_rate
        self.scorer = scorer
        """Gives losses, and gets those of trained samples; None for an arm that needs no losses."""
        self.trained_losses = scorer.trained_losses if scorer is not None else None
        """Loss of each sample at its own last training step, [S], infinite if never trained; None if the arm keeps no losses."""

    @classmethod
    def make(cls, config: Config, learner: Learner, clock: Clock) -> Self:
        """The arm of a run."""
        return cls(config)

    @property
    def sparse(self) -> bool:
        """Whether the arm skips anything."""
        return not self.kind.dense

    def propose(self, candidates: Tensor) -> Proposal:
        """Look at candidates [B] without waiting for the device."""
        return Proposal(candidates, candidates.new_empty(0, dtype=torch.float32))

    @abstractmethod
    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Decide, given the proposal's readings on the host."""

    def weights(self, samples: Tensor) -> Tensor | None:
        """How much the gradient of each sample [N] counts in the coming step, [N]; None if all count the same."""
        return None

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Take in the losses [N] of the samples [N] that were just trained."""
        if self.scorer is not None:
            self.scorer.learn(samples, losses)

    def retune(self, knob: str, value: Any) -> Any:
        """Change a knob from the next batch on and return its old value. Raises `InputError`, with nothing changed."""
        if knob != "target_activation_rate" or not self.kind.target:
            raise InputError(f"{knob} has no effect: {self.no_effect}")
        old, self.rate = self.rate, GateConfig(target_activation_rate=value).target_activation_rate
        return old


def build_scorer(config: Config, learner: Learner, growth: float = 0.0) -> Scorer:
    """The scorer that the configuration names, over the learner's training set; remembered losses grow with `growth`."""
    if config.scorer == "memory":
        samples = len(learner.dataset.train)
        return MemoryScorer(samples, learner.device, config.memory_refresh, learner.forward_losses, growth)
    if config.scorer == "fresh":
        return ForwardScorer(learner.forward_losses)
    channels, height, width = learner.dataset.image_shape
    if not accepts(learner.model, (channels, height // 2, width // 2)):
        raise InputError(
            f"scorer=proxy needs a model that also takes half-size images, and {config.model} does not take "
            f"{height // 2}x{width // 2}: choose the memory or fresh scorer, or another model"
        )
    return ForwardScorer(lambda samples: learner.forward_losses(samples, half_resolution=True))
