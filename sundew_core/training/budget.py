"""Budget: how long a run is. A run is so many epochs long; in a race, so many training seconds.

The session asks its budget one thing: which share of the run is done. The learning rate follows that share, dense
phases begin and end by it, and a run is over when it reaches 1.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch

from sundew_core.config import Config
from sundew_core.training.clock import synchronize


class Budget(Protocol):
    """The length of a run."""

    def share(self, epochs_done: float) -> float:
        """Share of the run that is done, 0 or more, 1 at its end; `epochs_done` may be a fraction, such as 2.25."""
        ...


class EpochBudget:
    """A run that ends after so many epochs."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs

    def share(self, epochs_done: float) -> float:
        """Epochs done over epochs asked for."""
        return epochs_done / self._epochs


class SecondsBudget:
    """A run that ends when its training seconds are used up, however many epochs that takes.

    Whoever trains says which time counts: `with budget.charged(): ...`. Everything outside is free. The seconds are
    those of the host's clock, which reads right where the host has waited for the device: at each candidate batch, and
    at the end of every charged stretch.
    """

    def __init__(self, seconds: float, device: torch.device) -> None:
        self._seconds = seconds
        self._device = device
        self._charged_s = 0.0
        self._since_s: float | None = None

    @property
    def spent_s(self) -> float:
        """Seconds charged so far, those of a stretch under way included."""
        running_s = 0.0 if self._since_s is None else time.perf_counter() - self._since_s
        return self._charged_s + running_s

    def share(self, epochs_done: float) -> float:
        """Seconds charged over seconds given."""
        return self.spent_s / self._seconds

    @contextmanager
    def charged(self) -> Iterator[None]:
        """Charge the seconds of the block, and of what it has queued on the device."""
        self._since_s = time.perf_counter()
        try:
            yield
            synchronize(self._device)
        finally:
            self._charged_s, self._since_s = self.spent_s, None


def dense_phase(config: Config, share: float, dense_end: float = 0.0) -> bool:
    """Whether every candidate trains at this share of the run: in its warm-up and its annealing.

    The knobs count epochs of `config.epochs`; a run of another length has phases of the same shares. `dense_end` is
    the share at the end that the arm itself wants dense.
    """
    epochs = config.epochs
    return share < config.warmup_epochs / epochs or share >= min((epochs - config.anneal_epochs) / epochs, 1.0 - dense_end)
