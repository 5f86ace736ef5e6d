"""Budget: how long a run is. A run lasts a number of epochs; in a race, a number of training seconds.

The session asks its budget only which share of the run is done. The learning rate and the dense phases follow that
share, and a run is over when it reaches 1.
"""

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
        """Share of the run that is done: from 0, and 1 or more at its end. `epochs_done` may be a fraction, such as 2.25."""
        ...


class EpochBudget:
    """A run that ends after a number of epochs."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs

    def share(self, epochs_done: float) -> float:
        """Epochs done over epochs asked for."""
        return epochs_done / self._epochs


class SecondsBudget:
    """A run that ends when its training seconds are used up, however many epochs that takes.

    The caller marks the time that counts: `with budget.charged(): ...`. Everything outside is free. The host's clock
    counts the seconds. It is right whenever the host has waited for the device: at each candidate batch, and at the
    end of every charged block.
    """

    def __init__(self, seconds: float, device: torch.device) -> None:
        self._seconds = seconds
        self._device = device
        self._charged_s = 0.0
        self._since_s: float | None = None

    @property
    def spent_s(self) -> float:
        """Seconds charged so far, including those of a block under way."""
        running_s = 0.0 if self._since_s is None else time.perf_counter() - self._since_s
        return self._charged_s + running_s

    def share(self, epochs_done: float) -> float:
        """Seconds charged over seconds given."""
        return self.spent_s / self._seconds

    @contextmanager
    def charged(self) -> Iterator[None]:
        """Charge the seconds of the block, and of the work that it queues on the device."""
        self._since_s = time.perf_counter()
        try:
            yield
            synchronize(self._device)
        finally:
            self._charged_s, self._since_s = self.spent_s, None


def dense_phase(config: Config, share: float, dense_end: float = 0.0) -> bool:
    """Whether every candidate trains at this share of the run, as it does in warm-up and annealing.

    The knobs count epochs of `config.epochs`; in a run of another length the phases have the same shares. `dense_end`
    is the share at the end that the arm itself wants dense.
    """
    epochs = config.epochs
    return share < config.warmup_epochs / epochs or share >= min((epochs - config.anneal_epochs) / epochs, 1.0 - dense_end)
