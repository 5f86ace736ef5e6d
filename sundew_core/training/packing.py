"""Packing: active samples queue until they fill a training batch, so that the optimizer sees full batches.

No active sample is ever dropped: those left at the end of an epoch train as a smaller batch. The indices are on the
device, and the length of the queue is on the host, so that taking a batch needs no synchronisation.
"""

from collections.abc import Iterator

import torch
from torch import Tensor


class Packer:
    """A first-in, first-out queue of sample indices, taken `batch_size` at a time."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self._waiting: list[Tensor] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, samples: Tensor) -> None:
        """Append indices [N]."""
        self._waiting.append(samples)
        self._count += samples.numel()

    def full_batches(self) -> Iterator[Tensor]:
        """Take out every full batch [batch_size]."""
        if self._count < self.batch_size:
            return
        queue = self._drain()
        full = queue.numel() - queue.numel() % self.batch_size
        if full < queue.numel():
            self.put(queue[full:])
        yield from torch.split(queue[:full], self.batch_size)

    def tail(self) -> Iterator[Tensor]:
        """Take out the remaining samples, if any, as one smaller batch."""
        if self._count:
            yield self._drain()

    def _drain(self) -> Tensor:
        queue = torch.cat(self._waiting)
        self._waiting, self._count = [], 0
        return queue
