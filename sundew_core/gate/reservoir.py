"""The reservoir: a budget in Sundew units (u), which are not a physical quantity. Plain numbers; no torch."""


def sustainable_rate(processing_cost: float, dormancy_regen: tuple[float, float]) -> float:
    """Activation rate at which the reservoir neither fills nor drains on average, a fraction in [0, 1].

    With cost c and mean refill m: `E - c a + m (1 - a) = E`, so `a = m / (c + m)`. Without a cost every rate is sustained.
    """
    refill = sum(dormancy_regen) / 2
    return 1.0 if processing_cost == 0.0 else refill / (processing_cost + refill)


def payable_rate(energy_u: float, processing_cost: float, refill_u: float) -> float:
    """Highest activation rate in [0, 1] that leaves the reservoir at or above zero after the batch."""
    if processing_cost == 0.0:
        return 1.0
    return min(1.0, (energy_u + refill_u) / (processing_cost + refill_u))


def energy_after(energy_u: float, rate: float, processing_cost: float, refill_u: float, max_energy: float) -> float:
    """Energy in u, in [0, max_energy], after a batch of which the fraction `rate` was active."""
    return min(max_energy, max(0.0, energy_u - processing_cost * rate + refill_u * (1.0 - rate)))
