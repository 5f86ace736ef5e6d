"""The ledger: what has become of each training sample, kept on the device during a run.

    for each epoch:
        begin_epoch
        for each candidate batch:   look, activate
        for each optimizer step:    learn
        record                      after some epochs: one transfer to the host

Only `record` makes the host wait. Everything else is a few small kernels per candidate batch.

Shapes: S training samples, C classes, B candidates, N samples activated or trained, K candidates of an epoch.
"""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sundew_core.events import arrays
from sundew_core.events.run import NEVER, SamplesSeen

RECORDED_SAMPLES = 2_000_000
"""The most samples that all records of a run together describe: about 10 MB in the store."""
FEWEST_RECORDS, MOST_RECORDS = 4, 32
LARGEST_LOSS = 65_504.0
"""The largest float16."""


def is_recorded(epoch: int, epochs: int, samples: int) -> bool:
    """Whether a run of `epochs` over `samples` records its ledger at the end of `epoch`, which counts from 1.

    A short run records every epoch. A long run records whenever the number of epochs has grown by a constant factor, so
    that the latest record is never older than a fixed fraction of the run so far.
    """
    most = max(FEWEST_RECORDS, min(MOST_RECORDS, RECORDED_SAMPLES // samples))
    if epochs <= most or epoch in (1, epochs):
        return True
    return _stage(epoch, epochs, most) > _stage(epoch - 1, epochs, most)


def _stage(epoch: int, epochs: int, most: int) -> int:
    """How many of the `most - 1` equal factors from 1 to `epochs` the epoch has passed."""
    return math.floor((most - 1) * math.log(epoch) / math.log(epochs))


class Ledger:
    """Counts what each of S samples goes through. All tensors are on the device of `labels`."""

    def __init__(self, labels: Tensor, classes: int, losses: Tensor | None = None) -> None:
        """`labels` int64 [S] in [0, C). The caller keeps `losses` float32 [S] up to date, infinite for untrained samples.

        Without `losses` the ledger keeps its own.
        """
        device, samples = labels.device, labels.numel()
        self.times_active = torch.zeros(samples, dtype=torch.int32, device=device)
        self.significance = torch.full((samples,), NEVER, device=device)
        self.losses = torch.full((samples,), torch.inf, device=device) if losses is None else losses
        self._keeps_losses = losses is None
        self._labels = labels
        self._classes = classes
        self._labels_text = arrays.to_text(_compact(labels.cpu().numpy()))
        self._one = torch.ones(1, dtype=torch.int32, device=device)
        self._begun = torch.zeros_like(self.times_active)
        """`times_active` as it was when the epoch began."""
        self._before: Tensor | None = None
        """Which samples were active in the previous epoch, bool [S]; None in the first."""
        self._epochs = 0

    def begin_epoch(self) -> None:
        """Count for a new epoch from now on."""
        if self._epochs:
            self._before = self._active_now()
        self._epochs += 1
        self._begun.copy_(self.times_active)

    def look(self, candidates: Tensor, significance: Tensor | None) -> None:
        """Take in the scores [B] of the candidates [B]; None from an arm without scores.

        If an epoch repeats a sample, it may be in the batch twice. Then one of its two scores is kept, on the CPU the later.
        """
        if significance is not None:
            self.significance.scatter_(0, candidates, significance)

    def activate(self, samples: Tensor) -> None:
        """Count the samples [N] that were let through; a repeated sample counts each time."""
        self.times_active.scatter_add_(0, samples, self._one.expand(samples.numel()))

    def learn(self, samples: Tensor, losses: Tensor) -> None:
        """Take in the losses [N] with which the samples [N] were just trained."""
        if self._keeps_losses:
            self.losses.scatter_(0, samples, losses)

    def record(self, epoch: int, progress: float, candidates: Tensor, *, whole: bool) -> SamplesSeen:
        """Record the ledger, given the `candidates` [K] of the epoch so far, and whether the epoch is `whole`.

        Waits for the device once.
        """
        active = self._active_now()
        before = self._before if whole else None
        sets = [active] if before is None else [active, before, active & before]
        trained = torch.isfinite(self.losses)
        candidates_by_class, active_by_class, different, times, losses, significance = _to_host(
            self._by_class(self._labels[candidates], torch.ones_like(candidates, dtype=torch.int32)),
            self._by_class(self._labels, self.times_active - self._begun),
            torch.stack([samples.sum() for samples in sets]),
            self.times_active,
            torch.where(trained, self.losses.clamp(max=LARGEST_LOSS), NEVER).to(torch.float16),
            self.significance.to(torch.float16),
        )
        samples_active, samples_before, samples_kept = (*different.tolist(), None, None)[:3]
        return SamplesSeen(
            epoch=epoch,
            progress=progress,
            class_candidates=tuple(candidates_by_class.tolist()),
            class_active=tuple(active_by_class.tolist()),
            samples_active=samples_active,
            samples_before=samples_before,
            samples_kept=samples_kept,
            arrays={
                "labels": self._labels_text,
                "times_active": arrays.to_text(_compact(times)),
                "last_loss": arrays.to_text(losses),
                "significance": arrays.to_text(significance),
            },
        )

    def _active_now(self) -> Tensor:
        """Which samples were active in this epoch, bool [S]."""
        return self.times_active > self._begun

    def _by_class(self, labels: Tensor, counts: Tensor) -> Tensor:
        """Add up counts int32 [M] by their labels [M], int32 [C]."""
        return counts.new_zeros(self._classes).scatter_add_(0, labels, counts)


def _to_host(*tensors: Tensor) -> list[NDArray[Any]]:
    """Bring tensors of any types to the host in one transfer."""
    packed = torch.cat([tensor.view(torch.uint8) for tensor in tensors]).cpu().numpy()
    ends = np.cumsum([tensor.nbytes for tensor in tensors])
    types = [torch.empty(0, dtype=tensor.dtype).numpy().dtype for tensor in tensors]
    return [part.view(kind) for part, kind in zip(np.split(packed, ends[:-1]), types, strict=True)]


def _compact(counts: NDArray[Any]) -> NDArray[Any]:
    """The same whole numbers, none below 0, in the smallest unsigned type that holds them."""
    return counts.astype(np.min_scalar_type(counts.max()))
