"""The learner: a model, its optimizer and the data on one device. It steps, gives losses and validates.

A step never makes the host wait. Still, a loss that is not finite must not reach the weights, so a flag on the device
makes the optimizer's kernel skip such a step. The host sees the flag when it next reads `readings`; then the run fails.

Shapes: N samples of a step, B candidates.
"""

import copy
import math
from contextlib import AbstractContextManager, nullcontext
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sundew_core.data.dataset import Dataset
from sundew_core.data.transforms import augment, prepare
from sundew_core.models.probing import single_sample_safe

FORWARD_BLOCK = {"cpu": 64}
"""Samples per forward pass without gradients, by type of device: more overflow a CPU's caches and cost up to 1.7 times each."""
FORWARD_BLOCK_ELSEWHERE = 512


def cosine(peak: float, progress: float) -> float:
    """Learning rate at `progress` in [0, 1] of the run: from the peak to zero, half a cosine."""
    return peak * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


class Learner:
    """Trains `model` on `dataset`, both already on `device`, with AdamW."""

    def __init__(
        self, model: nn.Module, dataset: Dataset, device: torch.device, *, lr: float, weight_decay: float, seed: int
    ) -> None:
        self.model = model
        self.dataset = dataset
        self.device = device
        self.lr = lr
        self.weight_decay = weight_decay
        self._seed = seed
        self._compiled = False
        self._optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay, fused=True)
        self._augmentation = torch.Generator(device).manual_seed(seed)
        self.readings = torch.zeros(2, device=device)
        """How many losses were not finite, and the sum of all losses since `forget`, float [2]."""
        self._broken, self._loss_sum = self.readings.unbind()
        self._block = FORWARD_BLOCK.get(device.type, FORWARD_BLOCK_ELSEWHERE)

    def twin(self) -> Self:
        """A learner for measurements: with a copy of the weights and the same data, and compiled if this one is."""
        twin = type(self)(
            copy.deepcopy(self.model), self.dataset, self.device,
            lr=self.lr, weight_decay=self.weight_decay, seed=self._seed,
        )  # fmt: skip
        if self._compiled:
            twin.compile()
        return twin

    def compile(self) -> None:
        """Let torch.compile make the model faster; the first steps then take longer."""
        self._compiled = True
        self.model.compile()

    def forget(self) -> None:
        """Set the sum of losses back to 0."""
        self._loss_sum.zero_()

    def step(self, samples: Tensor, progress: float, weights: Tensor | None = None) -> Tensor:
        """One optimizer step on the training samples with indices [N]; returns their losses [N].

        `progress` in [0, 1] is the share of the run that is done; it sets the learning rate.
        `weights` [N] say how much each sample's gradient counts; None if all count the same.
        """
        images, labels = self._batch(samples)
        images = augment(images, self.dataset.shift, self.dataset.flip, self._augmentation)
        self.model.train()
        with single_sample_safe(self.model) if samples.numel() == 1 else nullcontext():
            losses = self._losses(images, labels)
            loss = losses.mean() if weights is None else (losses * weights).mean()
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
        broken = (~torch.isfinite(loss.detach())).to(torch.float32)
        # The contract of torch.amp.GradScaler with fused optimizers: with `found_inf` set, the kernel does nothing.
        self._optimizer.found_inf = broken  # type: ignore[attr-defined]
        self._optimizer.grad_scale = None  # type: ignore[attr-defined]
        for group in self._optimizer.param_groups:
            group["lr"] = cosine(self.lr, progress)
        self._optimizer.step()
        losses = losses.detach()
        self._broken += broken
        self._loss_sum += losses.sum()
        return losses

    @torch.no_grad()
    def forward_losses(self, samples: Tensor, *, half_resolution: bool = False) -> Tensor:
        """Losses [B] of the training samples with indices [B] under the current weights, without augmentation."""
        self.model.eval()
        blocks = torch.split(samples, 4 * self._block if half_resolution else self._block)  # a quarter of the pixels each
        return torch.cat([self._losses(*self._batch(block), half_resolution=half_resolution) for block in blocks])

    @torch.no_grad()
    def validate(self) -> tuple[float, float]:
        """Mean cross-entropy and accuracy (a fraction) over the validation samples."""
        self.model.eval()
        data = self.dataset
        totals = torch.zeros(2, dtype=torch.float64)
        for images, labels in zip(
            torch.split(data.val.images, self._block), torch.split(data.val.labels, self._block), strict=True
        ):
            there = labels.to(self.device)
            with self._precision():
                logits = self.model(self._prepared(images.to(self.device)))
            loss = F.cross_entropy(logits.float(), there, reduction="sum")
            hits = (logits.argmax(dim=1) == there).sum()
            totals += torch.stack((loss, hits)).double().cpu()
        loss_sum, hit_sum = totals.tolist()
        return loss_sum / len(data.val), hit_sum / len(data.val)

    def _batch(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Images uint8 [N, C, H, W] and labels [N], moved to the device if the data set is too large for it."""
        train = self.dataset.train
        where = samples.to(train.images.device)
        return (
            train.images[where].to(self.device, non_blocking=True),
            train.labels[where].to(self.device, non_blocking=True),
        )

    def _losses(self, images: Tensor, labels: Tensor, *, half_resolution: bool = False) -> Tensor:
        pixels = self._prepared(images)
        if half_resolution:
            pixels = F.avg_pool2d(pixels, 2)
        with self._precision():
            logits = self.model(pixels)
        return F.cross_entropy(logits.float(), labels, reduction="none")

    def _prepared(self, images: Tensor) -> Tensor:
        pixels = prepare(images, self.dataset.mean, self.dataset.std)
        return pixels.contiguous(memory_format=torch.channels_last) if self.device.type == "cuda" else pixels

    def _precision(self) -> AbstractContextManager[object]:
        return torch.autocast("cuda", torch.bfloat16) if self.device.type == "cuda" else nullcontext()
