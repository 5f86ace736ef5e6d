"""Calibration: what the parts of every arm cost on this machine with this model, measured before the run.

    dense, single    an optimizer step on a full batch, and on one sample
    forward          a candidate batch scored by a forward pass without gradients, as by the `fresh` scorer
    gate             a candidate batch through significance from remembered losses, gate and packing
    chance           a candidate batch through the random arm's choice and packing

Calibration uses a twin of the learner and a gate, a memory and random numbers of its own, so it does not touch the run.
The model's counted operations, not the clock, decide the number of repetitions, so a repeated run records the same counts.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

from sundew_core.config import Config
from sundew_core.data.transforms import contrast
from sundew_core.events.run import Calibrated
from sundew_core.gate.gate import SundewGate
from sundew_core.gate.significance import MemoryScorer
from sundew_core.measuring.cost import CostModel
from sundew_core.training.arms import RandomArm, SundewArm
from sundew_core.training.choosing import Arm
from sundew_core.training.clock import Clock, synchronize
from sundew_core.training.learner import Learner
from sundew_core.training.packing import Packer

BUDGET_FLOP = 2e10
"""Operations to spend on each measurement with the model: about half a second on two processor cores."""
FORWARD_FLOP = {"cpu": 2e10}
"""The most operations of one forward batch, by type of device; of a larger candidate batch only a part is timed."""
FORWARD_FLOP_ELSEWHERE = 2e12
"""The same on accelerators, which are idle most of the time with small batches."""
STEPS_MIN, STEPS_MAX = 3, 40
WARM_UP_STEPS = 2
"""The first steps allocate memory and choose kernels."""


def calibrate(learner: Learner, config: Config, cost: CostModel) -> Calibrated:
    """Measure seconds per sample of the parts that the arms are made of; medians over the repetitions."""
    size, samples = config.batch_size, len(learner.dataset.train)
    dense_n, single_n = _steps(cost.step_flop * size), _steps(cost.step_flop)
    twin = learner.twin()
    dense_s = _step_s(twin, size, dense_n)
    single_s = _step_s(twin, 1, single_n)
    forward_s, forward_n, forward_batch = _forward_s(twin, config, cost)
    candidates = torch.arange(config.candidate_batch, device=learner.device) % samples
    gate = _gate_arm(learner, config, candidates)
    return Calibrated(
        dense_sample_s=dense_s / size,
        dense_n=dense_n,
        single_sample_s=single_s,
        single_n=single_n,
        batch_size=size,
        forward_sample_s=forward_s,
        forward_n=forward_n,
        forward_batch=forward_batch,
        gate_sample_s=_choice_s(gate, candidates) / config.candidate_batch,
        gate_n=STEPS_MAX,
        chance_sample_s=_choice_s(RandomArm(config), candidates) / config.candidate_batch,
    )


def fitting_batch(learner: Learner, batch_size: int) -> int | None:
    """Largest half, quarter, ... of `batch_size` whose training step fits into the device's memory; None if none fits."""
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
    indices = torch.arange((WARM_UP_STEPS + steps) * batch_size, device=learner.device) % len(learner.dataset.train)
    batches = iter(torch.split(indices, batch_size))
    return _median_s(learner.device, steps, lambda: learner.step(next(batches), progress=0.0))


def _forward_s(learner: Learner, config: Config, cost: CostModel) -> tuple[float | None, int | None, int | None]:
    """Seconds of one candidate's forward pass, the number of batches timed, and the candidates in each.

    None if the memory is too small for a batch: a run with another scorer does not need this number.
    """
    most_flop = FORWARD_FLOP.get(learner.device.type, FORWARD_FLOP_ELSEWHERE)
    size = min(config.candidate_batch, max(config.batch_size, int(most_flop / cost.forward_flop)))
    candidates = torch.arange(size, device=learner.device) % len(learner.dataset.train)
    n = _steps(cost.forward_flop * size)
    try:
        return _median_s(learner.device, n, lambda: learner.forward_losses(candidates)) / size, n, size
    except torch.OutOfMemoryError:
        return None, None, None


def _gate_arm(learner: Learner, config: Config, candidates: Tensor) -> Arm:
    """The gate's arm with the memory scorer, which knows only the `candidates` [B], with made-up losses."""
    device = learner.device
    scorer = MemoryScorer(len(learner.dataset.train), device, growth=config.memory_growth)
    losses = torch.rand(candidates.numel(), generator=torch.Generator().manual_seed(config.seed))
    scorer.learn(candidates, losses.to(device))
    contrasts = None
    if config.contrast_weight:
        contrasts = torch.zeros(len(learner.dataset.train), device=device)
        images = learner.dataset.train.images
        contrasts[candidates] = contrast(images[candidates.to(images.device)]).to(device)
    return SundewArm(config, SundewGate(config, seed=config.seed), scorer, contrasts, Clock(device))


def _choice_s(arm: Arm, candidates: Tensor) -> float:
    """Median seconds in which an arm chooses among candidates [B], and what it chose is packed."""
    packer = Packer(arm.batch_size)

    def choose() -> None:
        proposal = arm.propose(candidates)
        choice = arm.settle(proposal, proposal.readings.tolist())
        packer.put(choice.active)
        for _ in packer.full_batches():
            pass

    return _median_s(candidates.device, STEPS_MAX, choose)


def _median_s(device: torch.device, n: int, work: Callable[[], object]) -> float:
    """Median seconds of `n` repetitions of `work`, after the warm-up."""
    laps_s = []
    for _ in range(WARM_UP_STEPS + n):
        synchronize(device)
        started_s = time.perf_counter()
        work()
        synchronize(device)
        laps_s.append(time.perf_counter() - started_s)
    return statistics.median(laps_s[WARM_UP_STEPS:])
