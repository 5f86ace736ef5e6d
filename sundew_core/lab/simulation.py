"""Simulation: the closed loop of the actual gate, without a training, on scores that are made up or recorded.

`simulate` hands scores to a `SundewGate`, batch after batch, and records what it does: there is no second gate here.
`QUANTILES` is the registry of score sources. Each source is a quantile function, fed with one number from each of B
equal parts of [0, 1], in random order: every batch follows its distribution as closely as B scores can, just as ranks
do, the default normalisation of a training. So a trace shows the movement of the loop and not the luck of the draw;
with a recorded run, it is the draw that was recorded.

Same arguments, same trace. Shapes: B candidates, n batches.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from sundew_core.config import GateConfig
from sundew_core.errors import InputError
from sundew_core.gate.gate import GateDecision, SundewGate, gate_probabilities
from sundew_core.gate.law import HISTOGRAM_BINS
from sundew_core.lab.scenario import DISTURBANCES, RECORDED
from sundew_core.lab.trace import Spread, Trace, scatter

SPREAD_BATCHES = 50
"""How many of the last batches the histograms of a trace count."""
CURVE_POINTS = 101
"""Points of the gate's curve."""

Histograms = tuple[tuple[int, ...], ...]
"""Significance of a run's candidate batches as it evolved, each as counts in equal bins of [0, 1]."""


def simulate(
    config: GateConfig,
    scores: Iterable[Tensor],
    *,
    seed: int = 0,
    changes: Mapping[int, Mapping[str, Any]] = MappingProxyType({}),
    disturbed_at: int = 0,
) -> Trace:
    """Run a gate over batches of scores, each float [B] in [0, 1], and trace it.

    `changes` are knobs that change on the way, as if the user moved sliders, by the number of batches seen before.
    `disturbed_at` says after how many batches the scores themselves change. Raises `InputError` for scores out of range
    or no scores at all, and `KnobError` for a change that is not allowed.
    """
    gate = SundewGate(config, seed=seed)
    targets: list[float] = []
    decisions: list[GateDecision] = []
    latest: deque[tuple[Tensor, GateDecision]] = deque(maxlen=SPREAD_BATCHES)
    with torch.inference_mode():
        for i, batch in enumerate(scores):
            if i in changes:
                gate.retune(**changes[i])
            targets.append(gate.config.target_activation_rate)
            decision = gate(batch)
            decisions.append(decision)
            latest.append((batch, decision))
        if not decisions:
            raise InputError("there are no scores to simulate with: give at least one batch")
        temperature = gate.config.gate_temperature
        return Trace(
            batch=tuple(range(1, len(decisions) + 1)),
            target=tuple(targets),
            set_point=tuple(decision.set_point for decision in decisions),
            expected_rate=tuple(decision.expected_rate for decision in decisions),
            realised_rate=tuple(decision.count / decision.probabilities.numel() for decision in decisions),
            threshold=tuple(decision.threshold for decision in decisions),
            energy_u=tuple(decision.energy_u for decision in decisions),
            sensitivity=tuple(decision.sensitivity for decision in decisions),
            candidates=max(decision.probabilities.numel() for decision in decisions),
            changed_at=max([disturbed_at, *(i for i in changes if i < len(decisions))]),
            scatter=_scatter([batch for batch, _ in latest], decisions[-1].threshold, temperature),
            spread=_spread(latest, decisions[-1].threshold, temperature),
        )


def _scatter(batches: Sequence[Tensor], threshold: float, temperature: float) -> float:
    """Scatter of the expected rate with the threshold held still."""
    sizes = [batch.numel() for batch in batches]
    probabilities = gate_probabilities(torch.cat(tuple(batches)), threshold, temperature)
    return scatter([float(batch.mean()) for batch in torch.split(probabilities, sizes)])


def _spread(latest: Collection[tuple[Tensor, GateDecision]], threshold: float, temperature: float) -> Spread:
    """Count the candidates of the latest batches and those let through, and follow the gate's curve."""
    scores = torch.cat([batch for batch, _ in latest])
    active = scores[torch.cat([decision.mask for _, decision in latest])]
    grid = torch.linspace(0.0, 1.0, CURVE_POINTS)
    return Spread(
        candidates=_counts(scores),
        active=_counts(active),
        batches=len(latest),
        scores=tuple(grid.tolist()),
        probabilities=tuple(gate_probabilities(grid, threshold, temperature).tolist()),
    )


def _counts(scores: Tensor) -> tuple[int, ...]:
    return tuple(int(count) for count in scores.histc(HISTOGRAM_BINS, min=0.0, max=1.0).tolist())


# Where scores come from

Quantile = Callable[[Tensor, Tensor], Tensor]
"""Numbers [n, B] in (0, 1) and the time of each batch [n, 1] in [0, 1) -> their scores [n, B] in [0, 1]."""


def _loss_like(u: Tensor, _time: Tensor) -> Tensor:
    """Many small, few large: Kumaraswamy's distribution with a = 1.2, b = 6, near Beta(1.2, 6)."""
    return (1.0 - (1.0 - u) ** (1.0 / 6.0)) ** (1.0 / 1.2)


def _bimodal(u: Tensor, _time: Tensor) -> Tensor:
    """Half of the samples are learned, around 0.2, and half are not, around 0.8."""
    return torch.where(u < 0.5, _normal(2.0 * u, 0.2, 0.05), _normal(2.0 * u - 1.0, 0.8, 0.05))


def _mostly_easy(u: Tensor, _time: Tensor) -> Tensor:
    """Nine in ten scores tie at 0.3, the others are uniform."""
    return torch.where(u < 0.9, 0.3, (u - 0.9) * 10.0)


def _normal(u: Tensor, mean: float | Tensor, deviation: float) -> Tensor:
    # In float32 a number may round to 1, where the quantile is infinite: the far tails are cut off.
    standard: Tensor = torch.special.ndtri(u.clamp(1e-6, 1.0 - 1e-6))
    return (mean + deviation * standard).clamp(0.0, 1.0)


JUMP_AT = 0.5
"""When the scores jump, as a share of the batches."""
QUANTILES: Mapping[str, Quantile] = MappingProxyType(
    {
        "uniform": lambda u, _time: u,
        "loss-like": _loss_like,
        "bimodal": _bimodal,
        "90 % easy": _mostly_easy,
        "drifting": lambda u, time: _normal(u, 0.3 + 0.4 * time, 0.1),
        "sudden jump": lambda u, time: torch.where(time < JUMP_AT, 0.3 * u, 0.6 + 0.4 * u),
    }
)
"""Every name of `scenario.SOURCES` but `recorded`, which needs the histograms of a run."""


@lru_cache(maxsize=6)
def draw(source: str, batches: int, candidates: int, seed: int, histograms: Histograms = ()) -> Tensor:
    """Scores [n, B] of a source: n batches of B candidates. The same arguments return the same object: do not write to it.

    Raises `InputError` for an unknown source, and for `recorded` without any histogram that counts something.
    """
    u, time = _strata(batches, candidates, seed), torch.arange(batches)[:, None] / batches
    if source == RECORDED:
        return _recorded(u, time, tuple(counts for counts in histograms if sum(counts)))
    if source not in QUANTILES:
        raise InputError(f"unknown score source {source!r}: choose one of {', '.join((RECORDED, *QUANTILES))}")
    return QUANTILES[source](u, time)


@lru_cache(maxsize=2)
def _strata(batches: int, candidates: int, seed: int) -> Tensor:
    """One number from each of B equal parts of (0, 1), in random order, for each batch: [n, B]."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(batches, candidates, generator=generator).argsort(1)
    return (order + torch.rand(batches, candidates, generator=generator)) / candidates


def _recorded(u: Tensor, time: Tensor, histograms: Histograms) -> Tensor:
    """Scores [n, B] with the shares of the recorded bins, uniform within a bin; the run's course spans the batches."""
    if not histograms:
        raise InputError("the run has recorded no significance: choose another score source")
    counts = torch.tensor(histograms, dtype=torch.float32)[(time[:, 0] * len(histograms)).long()]  # [n, bins]
    shares = counts / counts.sum(1, keepdim=True)
    upto = shares.cumsum(1)
    bins = torch.searchsorted(upto, u).clamp(max=counts.shape[1] - 1)
    within = (u - (upto - shares).gather(1, bins)) / shares.gather(1, bins).clamp(min=1e-9)
    return ((bins + within.clamp(0.0, 1.0)) / counts.shape[1]).clamp(0.0, 1.0)


# What may happen half-way

STEP = 1.5
"""Factor of the step in target; the step goes down if the target is too high for a step up."""


def experiment(
    config: GateConfig,
    source: str,
    disturbance: str,
    *,
    batches: int = 400,
    candidates: int = 512,
    seed: int = 0,
    histograms: Histograms = (),
) -> Trace:
    """Simulate a gate on a source, disturbed half-way. Raises `InputError` for an unknown source or disturbance."""
    if disturbance not in DISTURBANCES:
        raise InputError(f"unknown disturbance {disturbance!r}: choose one of {', '.join(DISTURBANCES)}")
    scores = draw(source, batches, candidates, seed, histograms)
    half = batches // 2
    changes: dict[int, dict[str, Any]] = {}
    disturbed_at = int(JUMP_AT * batches) if source == "sudden jump" else 0
    if disturbance == "target step":
        target = config.target_activation_rate
        changes[half] = {"target_activation_rate": target * STEP if target * STEP <= 1.0 else target / STEP}
    elif disturbance == "score shift":
        scores = torch.cat((scores[:half], (1.0 + scores[half:]) / 2.0))
        disturbed_at = half
    return simulate(config, scores.unbind(), seed=seed, changes=changes, disturbed_at=disturbed_at)
