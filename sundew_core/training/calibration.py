"""Calibration: what a sample costs on this machine with this model, measured before the run.

Steps are taken on a twin of the learner, so the run itself is not touched. How many follows from the model's
counted operations, not from the clock, so that a repeated run records the same numbers of steps.
"""

from __future__ import annotations

import statistics
import time

import torch

from sundew_core.events import Calibrated
from sundew_core.training.clock import synchronize
from sundew_core.training.learner import Learner

BUDGET_FLOP = 2e10
"""Operations to spend on each of the two measurements, about half a second of two processor cores."""
STEPS_MIN, STEPS_MAX = 3, 40
WARM_UP_STEPS = 2
"""The first steps allocate memory and choose kernels."""


def calibrate(learner: Learner, batch_size: int, step_flop: float) -> Calibrated:
    """Measure training seconds per sample of full batches and of single samples; medians over the steps."""
    dense_n = _steps(step_flop * batch_size)
    single_n = _steps(step_flop)
    twin = learner.twin()
    return Calibrated(
        dense_sample_s=_step_s(twin, batch_size, dense_n) / batch_size,
        dense_n=dense_n,
        single_sample_s=_step_s(twin, 1, single_n),
        single_n=single_n,
        batch_size=batch_size,
    )


def fitting_batch(learner: Learner, batch_size: int) -> int | None:
    """Largest half, quarter, ... of `batch_size` whose training step fits into the device's memory, found by trying."""
    while batch_size > 1:
        batch_size //= 2
        try:
            _step_s(learner.twin(), batch_size, steps=1)
        except torch.OutOfMemoryError:
            continue
        return batch_size
    return None


def _steps(flop: float) -> int:
    return max(STEPS_MIN, min(STEPS_MAX, int(BUDGET_FLOP / flop)))


def _step_s(learner: Learner, batch_size: int, steps: int) -> float:
    """Median seconds of an optimizer step on `batch_size` samples."""
    laps_s = []
    for i in range(WARM_UP_STEPS + steps):
        first = i * batch_size
        samples = torch.arange(first, first + batch_size, device=learner.device) % len(learner.dataset.train)
        synchronize(learner.device)
        started_s = time.perf_counter()
        learner.step(samples, progress=0.0)
        synchronize(learner.device)
        laps_s.append(time.perf_counter() - started_s)
    return statistics.median(laps_s[WARM_UP_STEPS:])
