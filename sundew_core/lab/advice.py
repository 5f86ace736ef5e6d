"""Advice: what a choice of knobs leads to that the user may not expect, one sentence per knob.

Nothing here is refused: a value may be allowed and still not do what it seems to promise.
"""

from sundew_core.config import GateConfig
from sundew_core.gate.law import set_point
from sundew_core.gate.reservoir import sustainable_rate
from sundew_core.lab.loop import damping

LIGHT_DAMPING = 0.3
"""Below this damping the rate overshoots by more than a third before it settles (Franklin et al., second-order step response)."""
SOFT_GATE = 0.5
"""From this temperature on, the most significant candidate is at most a few times likelier to pass than the least."""


def advice(config: GateConfig) -> dict[str, str]:
    """Sentences by knob, for the knobs that need one."""
    found = {
        "target_activation_rate": _target(config),
        "energy_pressure": _pressure(config),
        "gate_temperature": _temperature(config),
        "adapt_kp": _proportional_gain(config),
        "adapt_ki": _integral_gain(config),
    }
    return {knob: sentence for knob, sentence in found.items() if sentence}


def _target(config: GateConfig) -> str | None:
    sustainable = sustainable_rate(config.processing_cost, config.dormancy_regen)
    if config.target_activation_rate <= sustainable:
        return None
    return (
        f"The reservoir sustains {100 * sustainable:.1f} %: it will drain, and the rate will sink to that. "
        "For more, lower the cost of activation or raise the dormant refill."
    )


def _pressure(config: GateConfig) -> str | None:
    sustainable = sustainable_rate(config.processing_cost, config.dormancy_regen)
    if config.target_activation_rate <= sustainable or config.energy_pressure == 0.0:
        return None
    emptied = set_point(config.target_activation_rate, config.energy_pressure, 0.0, config.max_energy)
    return f"As the reservoir empties, pressure lowers the set-point to as little as {100 * emptied:.1f} %."


def _temperature(config: GateConfig) -> str | None:
    if config.gate_temperature < SOFT_GATE:
        return None
    return "A gate this soft hardly depends on significance: it chooses almost at random."


def _proportional_gain(config: GateConfig) -> str | None:
    kp, ki = config.adapt_kp, config.adapt_ki
    if kp == 0.0 and ki == 0.0:
        return "With both gains at 0 the threshold stays where it is, whatever the rate."
    if kp > 2.0 + ki / 2.0:
        return f"Above {2.0 + ki / 2.0:.2f} the loop is unstable: the rate will swing from batch to batch."
    ratio = damping(kp, ki)
    if 4.0 * ki <= kp * kp and ratio < LIGHT_DAMPING:
        return f"Damping is {ratio:.2f}: the rate will swing from batch to batch before it settles; lower this."
    return None


def _integral_gain(config: GateConfig) -> str | None:
    kp, ki = config.adapt_kp, config.adapt_ki
    if ki == 0.0:
        return None if kp == 0.0 else "Without it the rate may stay off the target while the scores drift."
    if ki >= kp:
        return f"It must stay below the proportional gain ({kp:g}), or the rate will oscillate."
    ratio = damping(kp, ki)
    if 4.0 * ki > kp * kp and ratio < LIGHT_DAMPING:
        return f"Damping is {ratio:.2f}: the rate will swing for many batches; lower this or raise the proportional gain."
    return None
