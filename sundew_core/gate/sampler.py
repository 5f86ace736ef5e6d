"""The sampler: the gate in the caller's own training loop, as a sampler for PyTorch's `DataLoader` that takes losses back.

    dataset = TensorDataset(torch.arange(len(labels)), images, labels)      # a data set that yields its index
    sampler = SundewSampler(dataset, Config(target_activation_rate=0.1))
    for indices, images, labels in DataLoader(dataset, batch_size=32, sampler=sampler):
        losses = cross_entropy(model(images), labels, reduction="none")     # one per sample; train on their mean
        sampler.update(indices, losses)

Each epoch the sampler shuffles the data set, cuts it into candidate batches, and yields what the gate lets through, in
order. Scores come from the `memory` scorer: a sample's own loss from its last training step, so no forward pass is wasted
on a sample that is then skipped. Samples whose loss never came back rank first.

**Losses that come back late.** A loader with workers asks for the indices of several batches ahead. That changes
nothing: a sample is a candidate once per epoch, so its loss is not needed before the next epoch, and the same losses lead
to the same choice with any number of workers. A loss that comes later still, after the gate has looked at its sample again,
counts from the following epoch on; until then the previous loss counts.

Shapes: S samples in the data set, B candidates, N samples trained.
"""

from collections.abc import Iterator, Mapping, Sequence, Sized
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Sampler

from sundew_core.config import KNOBS, Config, GateConfig
from sundew_core.errors import InputError
from sundew_core.gate.gate import SundewGate
from sundew_core.gate.significance import MemoryScorer, significance

NEEDS_MORE = {
    "arm": "choose the arm by the sampler that you give to the loader",
    "scorer": "a sampler has no model to score with, only the losses that come back",
    "memory_refresh": "a sampler has no model; forward samples yourself and pass their losses to `update`",
    "warmup_epochs": "train the first epochs with a loader that shuffles, and pass the losses to `update`",
    "anneal_epochs": "train the last epochs with a loader that shuffles",
}
"""Knobs of a run that a sampler cannot obey, and what to do instead. All other knobs of the training are left to the loop."""
NAMED = 3
"""How many wrong values a message lists."""


class SundewSampler(Sampler[int]):
    """Yields the indices of the samples to train on: those that the gate lets through, batch after batch of candidates.

    `data` is the data set, or its length S. The sampler obeys the gate's knobs, `candidate_batch`, `normalisation`,
    `loss_weight`, `contrast_weight`, `memory_growth` and `seed`. `contrasts` [S] are the contrasts of the images (see
    `sundew_core.data.transforms.contrast`); without them the significance is the loss part alone.

    There is no `len()`, since the number of indices is unknown until the gate has decided: a progress bar counts
    without an end, and a schedule that needs a number of steps fails at once instead of running out of steps later.
    Give such a schedule `expected_length`.

    Raises `InputError` for an empty data set, contrasts that do not fit it, and knobs that the sampler cannot obey.
    """

    def __init__(self, data: Sized | int, config: Config | None = None, *, contrasts: Tensor | None = None) -> None:
        self._config = config or Config()
        self._samples = data if isinstance(data, int) else len(data)
        _check_config(self._config)
        if self._samples < 1:
            raise InputError(f"the data set has {self._samples} samples: give one with at least 1")
        self._contrasts = None if contrasts is None else _checked_contrasts(contrasts, self._samples)
        if self._contrasts is None and self._config.loss_weight == 0.0:
            raise InputError("loss_weight=0.0 leaves only the contrast: give `contrasts`, or a loss_weight above 0")
        self._scorer = self._new_scorer()
        self.gate = SundewGate(_gate_config(self._config), seed=self._config.seed)
        """The gate; `gate.retune` turns its knobs from the next candidate batch on."""
        self.candidates = 0
        """Samples that the gate has looked at so far."""
        self.active = 0
        """Candidates that the gate let through so far."""
        self._epoch = 0
        """The epoch under way, or the one to begin if none is."""
        self._position = 0
        """How many candidates of this epoch the gate has decided about."""
        self._waiting: dict[int, None] = {}
        """Active samples of this epoch whose losses have not come back, in order."""
        self._begun = False
        """Whether the epoch is under way."""
        self._continues = False
        """Whether the next iteration continues the epoch under way; otherwise it begins another one."""
        self._iteration = 0

    @property
    def expected_length(self) -> int:
        """About how many indices an epoch yields: the gate's current set-point times S."""
        return round(self.gate.set_point * self._samples)

    @property
    def rate(self) -> float | None:
        """Realised activation rate so far, a fraction; None before the first candidate."""
        return self.active / self.candidates if self.candidates else None

    def __iter__(self) -> Iterator[int]:
        """Yield the active samples of an epoch; after `load_state_dict`, the rest of them.

        Nothing happens until the first index is asked for: some loaders make an iterator that they never use.
        """
        self._iteration += 1
        own = self._iteration
        if self._continues:
            self._continues = False
        else:
            self._begin()
        yield from self._while_latest(own, list(self._waiting))
        order = self._order()
        while self._position < self._samples:
            yield from self._while_latest(own, self._decide(order))

    def _begin(self) -> None:
        if self._begun:
            self._epoch += 1
        self._begun = True
        self._position = 0
        self._waiting = {}

    def _while_latest(self, own: int, samples: Sequence[int]) -> Iterator[int]:
        for sample in samples:
            yield sample
            if self._iteration != own:
                raise InputError(
                    "two iterations of one sampler are under way, and the older one was asked for another index: give each "
                    "loader its own sampler, and do not use an iterator after the next epoch has begun"
                )

    def _order(self) -> Tensor:
        """The epoch's shuffle [S]; the same seed and epoch always give the same one."""
        return torch.from_numpy(np.random.default_rng((self._config.seed, self._epoch)).permutation(self._samples))

    def _decide(self, order: Tensor) -> list[int]:
        """Let the gate choose among the next candidate batch of the epoch's `order` [S]."""
        candidates = order[self._position : self._position + self._config.candidate_batch]
        chosen: list[int] = candidates[self.gate(self._scores(candidates)).active].tolist()
        self._position += candidates.numel()
        self.candidates += candidates.numel()
        self.active += len(chosen)
        self._waiting.update(dict.fromkeys(chosen))
        return chosen

    def _scores(self, candidates: Tensor) -> Tensor:
        """Significance [B] of the candidates with indices [B]."""
        losses = self._scorer.losses(candidates)
        contrasts = None if self._contrasts is None else self._contrasts.index_select(0, candidates)
        return significance(losses, contrasts, self._config)

    def _new_scorer(self) -> MemoryScorer:
        return MemoryScorer(self._samples, torch.device("cpu"), growth=self._config.memory_growth)

    def update(self, indices: Tensor | Sequence[int], losses: Tensor | Sequence[float]) -> None:
        """Take back the losses [N] of the samples with indices [N], which were just trained; from any device.

        Losses of samples that the sampler did not yield are welcome, such as those of a dense warm-up. Raises `InputError`,
        with nothing remembered, if the lengths differ, an index is outside the data set, or a loss is not finite.
        """
        samples, numbers = torch.as_tensor(indices).detach().cpu(), torch.as_tensor(losses).detach().cpu()
        _check_losses(samples, numbers, self._samples)
        self._scorer.learn(samples.long(), numbers.to(torch.float32))
        for sample in samples.tolist():
            self._waiting.pop(sample, None)

    def set_epoch(self, epoch: int) -> None:
        """Make the next iteration the epoch with this number, from 0. The call is optional: the sampler counts epochs itself.

        It serves loops that call it on every sampler. It also ends an epoch after `load_state_dict` if the loader dropped
        the last batch (`drop_last`), whose losses never came back. The epoch in which a loaded state was taken continues
        where it was. Raises `InputError` for a number below 0.
        """
        if epoch < 0:
            raise InputError(f"epoch={epoch} is not allowed: give 0 or more")
        if self._continues and epoch == self._epoch:
            return
        self._epoch, self._begun, self._continues = epoch, False, False

    def state_dict(self) -> dict[str, Any]:
        """The whole state, knobs included, at any moment; `torch.save` can store it. It does not contain the contrasts.

        In the middle of an epoch it is the state of the training, not of a loader that has run ahead: active samples whose
        losses have not come back are kept, to be yielded again first.
        """
        return {
            "samples": self._samples,
            "contrasts": self._contrasts is not None,
            "config": self._config.model_dump(),
            "epoch": self._epoch,
            "begun": self._begun,
            "position": self._position,
            "waiting": list(self._waiting),
            "memory": self._scorer.memory.clone(),
            "looks": self._scorer.looks.clone(),
            "gate": self.gate.state_dict(),
            "candidates": self.candidates,
            "active": self.active,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken: the next iteration yields the rest of that epoch, if there is any.

        Raises `InputError`, with nothing changed, for the state of another data set and for what is not a state.
        """
        self._check_state(state)
        self._config = Config(**state["config"])
        self.gate.load_state_dict(state["gate"])
        self._scorer = self._new_scorer()
        self._scorer.memory.copy_(state["memory"])
        self._scorer.looks.copy_(state["looks"])
        self._epoch, self._begun, self._position = state["epoch"], state["begun"], state["position"]
        self._waiting = dict.fromkeys(state["waiting"])
        self.candidates, self.active = state["candidates"], state["active"]
        self._continues = self._begun and (self._position < self._samples or bool(self._waiting))
        self._iteration += 1  # ends an iteration begun before

    def _check_state(self, state: Mapping[str, Any]) -> None:
        if missing := [name for name in self.state_dict() if name not in state]:
            raise InputError(
                f"this is not the state of a sampler: it lacks {', '.join(missing)}. Give what `state_dict` returned"
            )
        if state["samples"] != self._samples:
            raise InputError(
                f"the state is of a data set with {state['samples']:,} samples, and this one has {self._samples:,}: "
                "load it into a sampler of the same data set, so that each loss stays with its sample"
            )
        if state["contrasts"] != (self._contrasts is not None):
            there, here = ("with", "without") if state["contrasts"] else ("without", "with")
            raise InputError(f"the state is of a sampler {there} contrasts, and this one is {here}: make it {there} contrasts")


def _gate_config(config: Config) -> GateConfig:
    return GateConfig(**{name: getattr(config, name) for name in GateConfig.model_fields})


def _check_config(config: Config) -> None:
    for name, instead in NEEDS_MORE.items():
        if (value := getattr(config, name)) != KNOBS[name].default:
            raise InputError(f"{name}={value} is not allowed for a sampler: {instead}")


def _checked_contrasts(contrasts: Tensor, samples: int) -> Tensor:
    if contrasts.shape != (samples,):
        raise InputError(f"contrasts of shape {tuple(contrasts.shape)} do not fit a data set of {samples:,}: give one per sample")
    if not bool(torch.isfinite(contrasts).all()):
        raise InputError("contrasts must be finite numbers: some are NaN or infinite")
    return contrasts.detach().to("cpu", torch.float32)


def _check_losses(samples: Tensor, losses: Tensor, count: int) -> None:
    """Check samples [N] and losses [N] as the caller gave them, for a data set of `count` samples."""
    if losses.ndim != 1:
        raise InputError(f"losses have the shape {tuple(losses.shape)}: give one per sample, as reduction='none' returns them")
    if samples.shape != losses.shape:
        raise InputError(
            f"indices of shape {tuple(samples.shape)} do not fit losses of shape {tuple(losses.shape)}: give one loss per index"
        )
    if samples.numel() == 0:
        return
    if samples.is_floating_point() or samples.is_complex() or samples.dtype == torch.bool:
        raise InputError(f"indices have the type {samples.dtype}: give the whole numbers that the sampler yielded")
    if bool((outside := (samples < 0) | (samples >= count)).any()):
        raise InputError(
            f"indices outside a data set of {count:,} samples: {_named(samples[outside])}. Give the indices that the sampler "
            "yielded, not positions in the batch"
        )
    if not bool((finite := torch.isfinite(losses)).all()):
        raise InputError(
            f"losses are NaN or infinite for the samples {_named(samples[~finite])}, so none was remembered: lower the learning "
            "rate, or look for broken values in these samples"
        )


def _named(samples: Tensor) -> str:
    more = f" and {len(samples) - NAMED} more" if len(samples) > NAMED else ""
    return ", ".join(str(sample) for sample in samples[:NAMED].tolist()) + more
