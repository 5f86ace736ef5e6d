"""The cost model: compute modelled from counted floating-point operations. Joules are measured, in `meters`.

A forward pass costs 1, a backward pass 2: training on a sample costs 3, scoring it `c_score`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CostModel:
    """Floating-point operations of one sample, counted on the model itself: the basis of every saving and ceiling."""

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
        """Fraction of a dense epoch's compute that is saved at an activation rate in [0, 1]; below 0 if scoring costs more."""
        return 1.0 - (self.score_flop + rate * self.step_flop) / self.step_flop

    def ceiling(self, rate: float) -> float:
        """Largest possible speed-up per epoch over dense training at an activation rate: only counted operations take time."""
        return self.step_flop / (self.score_flop + rate * self.step_flop)
