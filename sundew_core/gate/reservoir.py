"""Energy as arithmetic: the gate's reservoir in Sundew units, and the cost model in floating-point operations.

Two things that are never mixed: *u*, the reservoir's own unit, is a budget and not a physical quantity;
*flop* are counted operations from which compute is modelled. Joules are measured, in `meters`.
"""

from __future__ import annotations

from dataclasses import dataclass


def sustainable_rate(processing_cost: float, dormancy_regen: tuple[float, float]) -> float:
    """Activation rate at which the reservoir neither fills nor drains on average, a fraction in [0, 1].

    With cost c and mean refill m: `E - c a + m (1 - a) = E`, so `a = m / (c + m)`. A reservoir without cost
    sustains every rate.
    """
    refill = sum(dormancy_regen) / 2
    return 1.0 if processing_cost == 0.0 else refill / (processing_cost + refill)


def payable_rate(energy_u: float, processing_cost: float, refill_u: float) -> float:
    """Highest activation rate in [0, 1] that leaves the reservoir at or above zero after the batch."""
    if processing_cost == 0.0:
        return 1.0
    return min(1.0, (energy_u + refill_u) / (processing_cost + refill_u))


def energy_after(energy_u: float, rate: float, processing_cost: float, refill_u: float, max_energy: float) -> float:
    """Energy of the reservoir after a batch of which the fraction `rate` was active, in [0, max_energy]."""
    return min(max_energy, max(0.0, energy_u - processing_cost * rate + refill_u * (1.0 - rate)))


def set_point(target: float, pressure: float, energy_u: float, max_energy: float) -> float:
    """Activation rate to aim for: the target, lowered by `pressure` as the reservoir empties."""
    return target * (1.0 - pressure * (1.0 - energy_u / max_energy))


@dataclass(frozen=True, kw_only=True, slots=True)
class CostModel:
    """Operations of one sample, counted on the model itself. The three numbers of every saving and ceiling."""

    forward_flop: float
    """One forward pass."""
    step_flop: float
    """One forward and backward pass."""
    score_flop: float
    """Scoring one candidate."""

    def spent_flop(self, candidates: int, active: int) -> float:
        """Operations of gating `candidates` and training on `active` of them."""
        return candidates * self.score_flop + active * self.step_flop

    def dense_flop(self, candidates: int) -> float:
        """Operations of training on every candidate."""
        return candidates * self.step_flop

    def saved(self, rate: float) -> float:
        """Fraction of a dense epoch's compute that is not spent at an activation rate; below 0 where scoring costs more."""
        return 1.0 - (self.score_flop + rate * self.step_flop) / self.step_flop

    def ceiling(self, rate: float) -> float:
        """Largest possible speed-up per epoch over dense training: everything but counted operations free."""
        return self.step_flop / (self.score_flop + rate * self.step_flop)
