"""The gate's law as plain numbers, without torch.

    probability   p = sigmoid((s - theta) / T); below `SOFT_FROM` the gate cuts exactly at theta
    set-point     r_set = r* (1 - w (1 - E / E_max))
    controller    theta moves by -(kp e + ki I) / g, with e = r_set - mean(p) and I the sum of e

Dividing by the sensitivity g makes the loop the same whatever the scores look like (`sundew_core.lab.loop` analyses it).
`sundew_core.gate.gate` applies the law to batches of scores on any device.
"""

import math

RATE_MIN = 0.001
"""Lowest rate that every gate must be able to reach, whatever its temperature and whatever the scores."""
SOFT_FROM = 1e-3
"""Lowest temperature of a soft gate. A gate below it is the hard gate: no user could tell it from T = 0."""
HISTOGRAM_BINS = 20
"""Equal bins of [0, 1] in which significance is counted, in a run's events and in a trace."""

STEP_MAX = 0.05
"""Largest move of the threshold in one batch."""
LEAK = 0.9
"""Share of the integral that is left after a batch in which the threshold could not move freely."""
NEGLIGIBLE_ERROR = 1e-6
"""A rate error up to this is only rounding; it occurs if ties share the set-point."""

SMOOTHING = 0.1
"""Weight of the newest batch in the smoothed sensitivity."""
SENSITIVITY_TEMPERATURE = 0.02
"""Lowest temperature at which the sensitivity is evaluated: a harder gate has almost no slope to measure."""
SENSITIVITY_FLOOR = 0.25
"""Lowest sensitivity, as a share of the larger of the set-point and the expected rate."""


def probability(significance: float, threshold: float, temperature: float) -> float:
    """Probability in [0, 1] that a candidate with this significance is let through."""
    if temperature < SOFT_FROM:
        return float(significance >= threshold)
    x = (significance - threshold) / temperature
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))


def gate_curve(threshold: float, temperature: float, points: int = 41) -> list[tuple[float, float]]:
    """The probability over the significance from 0 to 1, as (significance, probability); a hard gate is a step."""
    if temperature < SOFT_FROM:
        edge = min(1.0, max(0.0, threshold))
        below, above = float(threshold <= 0.0), float(threshold <= 1.0)
        return [(0.0, below), (edge, below), (edge, above), (1.0, above)]
    scores = [i / (points - 1) for i in range(points)]
    return [(score, probability(score, threshold, temperature)) for score in scores]


def threshold_bounds(temperature: float) -> tuple[float, float]:
    """Lowest and highest threshold: [-1, 2], and wider for a gate too soft to reach low and high rates there.

    If all candidates score 1, `p = RATE_MIN` needs `theta = 1 + T ln(1 / RATE_MIN - 1)`; if all score 0, the mirror image.
    """
    reach = temperature * math.log(1.0 / RATE_MIN - 1.0)
    return min(-1.0, -reach), max(2.0, 1.0 + reach)


def set_point(target: float, pressure: float, energy_u: float, max_energy: float) -> float:
    """Activation rate to aim for: the target, lowered by `pressure` in [0, 1] as the reservoir empties."""
    return target * (1.0 - pressure * (1.0 - energy_u / max_energy))


def smoothed_sensitivity(before: float | None, newest: float) -> float:
    """Sensitivity of the expected rate to the threshold, smoothed over batches; `before` is None in the first batch."""
    return newest if before is None else before + SMOOTHING * (newest - before)


def controller_step(
    threshold: float, integral: float, *, aimed: float, expected: float, sensitivity: float,
    kp: float, ki: float, temperature: float,
) -> tuple[float, float]:  # fmt: skip
    """One step of the PI law: the next threshold and the next integral.

    `aimed` is the set-point, `expected` the mean probability before the reservoir's cut: a gate held back by its budget
    does not push against it. The integral grows only while the threshold moves freely; otherwise it leaks.
    """
    gain = max(sensitivity, SENSITIVITY_FLOOR * max(aimed, expected))
    error = aimed - expected
    wanted = (kp * error + ki * integral) / gain
    step = min(STEP_MAX, max(-STEP_MAX, wanted))
    low, high = threshold_bounds(temperature)
    moved = min(high, max(low, threshold - step))
    # Within a tie the rate is met at any threshold: an integral kept there would push on until the rate is missed.
    free = step == wanted and low < moved < high and abs(error) > NEGLIGIBLE_ERROR
    return moved, integral + error if free else integral * LEAK
