"""The linear loop: the gate's loop around its set-point, analysed from its two gains alone. No torch.

Around the set-point the loop is the second-order system `z^2 - (2 - kp) z + (1 - kp + ki)`, one step per candidate
batch. By Jury's criterion it is stable for `0 < ki < kp < 2 + ki / 2`. Its poles are

    z = ((2 - kp) +- sqrt(kp^2 - 4 ki)) / 2

so it rings for `ki > kp^2 / 4`, and is quickest along that edge. A pole z decays like `exp(s)` in one batch with
`s = ln z`, which gives it a damping `-Re s / |s|` and a natural period `2 pi / |s|`. Source: Franklin, Powell and
Workman, Digital Control of Dynamic Systems, 3rd edition, 1998, chapter 4.
"""

import cmath
import math
from typing import Any

import numpy as np

BAND = 0.05
"""A rate that stays within this share of the set-point has settled."""


def is_stable(kp: Any, ki: Any) -> Any:
    """Whether the loop with these gains returns to its set-point; without an integral it is of first order.

    Takes numbers or arrays of one shape, and returns a truth value or an array of them.
    """
    return (kp > 0.0) & (kp < 2.0 + ki / 2.0) & ((ki == 0.0) | ((ki > 0.0) & (ki < kp)))


def poles(kp: float, ki: float) -> tuple[complex, ...]:
    """The loop's poles, the slowest to decay first. Without an integral there is one."""
    if ki == 0.0:
        return (complex(1.0 - kp),)
    root = cmath.sqrt(kp * kp - 4.0 * ki)
    return tuple(sorted(((2.0 - kp + root) / 2.0, (2.0 - kp - root) / 2.0), key=abs, reverse=True))


def damping(kp: float, ki: float) -> float:
    """Damping of the pole that rings the most: 1 does not overshoot, 0 rings for ever, less than 0 grows."""
    return min(-decay.real / abs(decay) if decay else 0.0 for decay in _decays(kp, ki))


def natural_period(kp: float, ki: float) -> float | None:
    """Batches of one swing of the slowest pole, had it no damping; None if the loop does not move at all."""
    slowest = _decays(kp, ki)[0]
    return 2.0 * math.pi / abs(slowest) if slowest else None


def _decays(kp: float, ki: float) -> tuple[complex, ...]:
    """The poles' logarithms: growth and turn in one batch. A pole at 0 decays at once; it counts as a very quick one."""
    return tuple(cmath.log(pole or 1e-300) for pole in poles(kp, ki))


def settling_batches(kp: Any, ki: Any) -> Any:
    """Batches until the linear loop stays within `BAND`, from the radius of its slowest pole; infinite if it is unstable.

    Takes numbers or arrays that broadcast together, and returns an array of their common shape.
    """
    kp, ki = np.broadcast_arrays(np.asarray(kp, float), np.asarray(ki, float))
    square = kp * kp - 4.0 * ki
    root = np.sqrt(np.maximum(square, 0.0))
    real = np.maximum(np.abs(2.0 - kp + root), np.abs(2.0 - kp - root)) / 2.0
    turning = np.sqrt(np.maximum(1.0 - kp + ki, 0.0))
    radius = np.where(ki == 0.0, np.abs(1.0 - kp), np.where(square < 0.0, turning, real))
    stable = is_stable(kp, ki)
    with np.errstate(divide="ignore"):
        decay = np.log(np.where(stable, np.minimum(radius, 1.0 - 1e-12), 0.5))
    return np.where(stable, math.log(BAND) / decay, math.inf)


def settling_triangle(batches: float) -> tuple[tuple[float, float], ...]:
    """Corners (kp, ki) of the triangle of gains with which the linear loop settles in at most `batches`.

    On its sides the slowest pole has the radius `r = 0.05^(1 / batches)`: it is r itself on `ki = (1 - r) (kp - (1 - r))`,
    -r on `ki = (1 + r) (kp - (1 + r))`, and one of a pair that turns on `ki = kp - (1 - r^2)`. The corners are the gains
    with the poles r and r, -r and -r, and r and -r. For infinitely many batches it is the triangle of stability.
    """
    r = BAND ** (1.0 / batches)
    return (2.0 - 2.0 * r, (1.0 - r) ** 2), (2.0 + 2.0 * r, (1.0 + r) ** 2), (2.0, 1.0 - r * r)
