"""The Sundew gate: lets a target fraction of the candidates through, preferring the significant ones.

Three ideas, each a pure function, and one class that holds their state:

    probability   p = sigmoid((s - theta) / T); T = 0 cuts exactly at theta
    selection     systematic sampling: inclusion probability exactly p, count within one of sum(p)
    controller    theta moves by -(kp e + ki I) / g, e = set-point - mean(p), g = sensitivity of mean(p) to theta

Dividing by g makes the loop the same whatever the scores look like: around the set-point it is the second-order
system `z^2 - (2 - kp) z + (1 - kp + ki)`, stable for 0 < ki < kp < 2 + ki / 2, damping about kp / (2 sqrt(ki)).

    gate = SundewGate(GateConfig(target_activation_rate=0.1), seed=0)
    decision = gate(significance)          # float [B] in [0, 1]
    train_on = samples[decision.mask]      # bool [B]

Everything of size B stays on its device. One small tensor crosses to the host in each decision; a caller with more
numbers to move uses `select` and `settle`, and moves all of them together.

Shapes: B candidates, N of them active.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sundew_core.config import GateConfig
from sundew_core.errors import InputError
from sundew_core.gate.law import (
    SENSITIVITY_TEMPERATURE,
    SOFT_FROM,
    controller_step,
    set_point,
    smoothed_sensitivity,
    threshold_bounds,
)
from sundew_core.gate.reservoir import energy_after, payable_rate


def gate_probabilities(significance: Tensor, threshold: float | Tensor, temperature: float) -> Tensor:
    """Probability [B] that each candidate is let through, from significance [B]."""
    if temperature < SOFT_FROM:
        return (significance >= threshold).to(significance.dtype)
    return torch.sigmoid((significance - threshold) / temperature)


def share_ties(probabilities: Tensor, significance: Tensor, set_point: float) -> Tensor:
    """Let candidates that tie at the edge of a hard gate share what is left of the set-point, so that the rate meets it.

    No threshold splits equal scores: if many are equal (those of easy samples, say), a hard gate swings between
    letting all and none of them through. Here the candidates at the lowest admitted score, if several, share what the
    candidates above them leave. Probabilities [B] in {0, 1} and significance [B] -> probabilities [B] in [0, 1].
    """
    edge = torch.where(probabilities > 0.0, significance, torch.inf).amin()
    tied = significance == edge
    count = tied.sum()
    above = probabilities.sum() - count
    share = ((set_point * significance.numel() - above) / count.clamp(min=1)).clamp(0.0, 1.0)
    return torch.where(tied & (count > 1), share, probabilities)


def slope_sum(probabilities: Tensor, total: Tensor) -> Tensor:
    """Sum of `p (1 - p)` over probabilities [B] that add up to `total`.

    Divided by B T, it says how fast the expected rate falls as the threshold rises.
    """
    return total - torch.dot(probabilities, probabilities)


def solve_threshold(significance: Tensor, rate: float | Tensor, temperature: float) -> Tensor:
    """Threshold at which the expected rate equals `rate`, by bisection between the bounds; a scalar tensor on the device."""
    low, high = (significance.new_full((), bound) for bound in threshold_bounds(temperature))
    for _ in range(24):  # halvings down to the resolution of float32
        middle = (low + high) / 2.0
        too_many = gate_probabilities(significance, middle, temperature).mean() > rate
        low = torch.where(too_many, middle, low)
        high = torch.where(too_many, high, middle)
    return low if temperature < SOFT_FROM else high


def systematic_sample(probabilities: Tensor, offset: float) -> Tensor:
    """Mask [B]: active where the running sum of the probabilities, started at `offset` in [0, 1), crosses an integer.

    Inclusion probabilities over a uniform offset are exactly p, and the count is within one of their sum.
    Source: Madow (1949), On the theory of systematic sampling, II.
    """
    return crossings(running_sum(probabilities, offset))


def running_sum(probabilities: Tensor, offset: float = 0.0) -> Tensor:
    """Running sum of the probabilities [B], or of a mask [B], started at `offset`; exact enough for a million candidates."""
    exact = torch.float32 if probabilities.device.type == "mps" else torch.float64
    return probabilities.cumsum(0, dtype=exact).add_(offset)


def crossings(running: Tensor) -> Tensor:
    """Mask [B] of where a running sum [B], started in [0, 1), crosses an integer."""
    levels = running.floor()
    return torch.diff(levels, prepend=levels.new_zeros(1)) > 0.0


def crossing_positions(running: Tensor, count: int) -> Tensor:
    """Positions [N] of the crossings of a running sum [B], in order; the caller knows `count` = N, so the host need not wait."""
    return torch.searchsorted(running, torch.arange(1, count + 1, dtype=running.dtype, device=running.device))


def _single(number: Tensor) -> Tensor:
    """The number in single precision; a look at its type takes a tenth of the time of a conversion that changes nothing."""
    return number if number.dtype == torch.float32 else number.to(torch.float32)


@dataclass(frozen=True, slots=True)
class Selection:
    """A decision as the device knows it, not yet charged to the gate's state."""

    running: Tensor
    """Running sum [B] that crosses an integer at each active candidate; its last value says how many there are."""
    probabilities: Tensor
    """Inclusion probabilities, [B]."""
    readings: Tensor
    """The few numbers that `settle` needs on the host, float [7]."""


@dataclass(frozen=True, slots=True)
class GateDecision:
    """What the gate decided about one candidate batch, and its state at that time."""

    running: Tensor
    """Running sum [B] that crosses an integer at each active candidate."""
    probabilities: Tensor
    """Inclusion probabilities, [B], after any cut by the reservoir."""
    count: int
    """Active candidates, N."""
    expected_rate: float
    """Mean of the probabilities."""
    set_point: float
    """The rate aimed for in this batch."""
    threshold: float
    """The threshold used in this batch."""
    energy_u: float
    """The reservoir after this batch."""
    sensitivity: float
    """Smoothed change of the expected rate per unit of threshold."""

    @property
    def mask(self) -> Tensor:
        """Active candidates, bool [B]."""
        return crossings(self.running)

    @property
    def active(self) -> Tensor:
        """Positions of the active candidates in the batch, int64 [N]."""
        return crossing_positions(self.running, self.count)


class SundewGate:
    """A gate with a PI controller that holds the expected activation rate at the set-point.

    All state is a handful of host numbers; `state_dict` and `load_state_dict` carry it exactly. Random numbers come
    from the gate's own generator: same seed, same scores, same decisions, on any device.
    """

    def __init__(self, config: GateConfig | None = None, *, seed: int = 0) -> None:
        self.config = config or GateConfig()
        start = self.config.activation_threshold
        self._threshold: float | None = None if start == "auto" else float(start)
        self._temperature_before: float | None = None
        self._integral = 0.0
        self._sensitivity: float | None = None
        self._energy_u = self.config.max_energy
        self._generator = np.random.default_rng(seed)
        self._draw()

    def __call__(self, significance: Tensor) -> GateDecision:
        """Decide about candidates with significance float [B] in [0, 1]. Raises `InputError`, with nothing changed, if not."""
        if significance.is_cpu:  # no device to wait for: single numbers are cheaper than a stacked tensor
            running, probabilities, numbers = self._look(significance)
            return self._decide(running, probabilities, [float(number.item()) for number in numbers])
        selection = self.select(significance)
        return self.settle(selection, selection.readings.tolist())

    @property
    def set_point(self) -> float:
        """The rate that the controller aims for in the next batch."""
        return set_point(self.config.target_activation_rate, self.config.energy_pressure, self._energy_u, self.config.max_energy)

    def select(self, significance: Tensor) -> Selection:
        """Choose among candidates [B] without waiting for the device and without changing the gate."""
        running, probabilities, numbers = self._look(significance)
        return Selection(running, probabilities, torch.stack([_single(number) for number in numbers]))

    def settle(self, selection: Selection, readings: list[float]) -> GateDecision:
        """Charge a selection to the gate: move the threshold, update the reservoir. `readings` are its readings, on the host."""
        return self._decide(selection.running, selection.probabilities, readings)

    def _look(self, significance: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Running sum [B] and probabilities [B] of candidates with significance [B], and the numbers that the decision needs."""
        if significance.dim() != 1 or not significance.is_floating_point() or significance.numel() == 0:
            shape = f"{significance.dtype} {list(significance.shape)}"
            raise InputError(f"significance must be a float tensor of shape [B] with B >= 1, got {shape}")
        temperature, softness = self.config.gate_temperature, self._softness
        threshold = self._current_threshold(significance)
        demanded = gate_probabilities(significance, threshold, temperature)
        softened = demanded if softness == temperature else gate_probabilities(significance, threshold, softness)
        if temperature < SOFT_FROM:
            demanded = share_ties(demanded, significance, self.set_point)
        probabilities = self._cut_to_reservoir(demanded)
        running = running_sum(probabilities, self._offset)
        demanded_sum = demanded.sum()
        expected_sum = demanded_sum if probabilities is demanded else probabilities.sum()
        softened_sum = demanded_sum if softened is demanded else softened.sum()
        count = running[-1].floor()
        numbers = [demanded_sum, slope_sum(softened, softened_sum), count, expected_sum, threshold, *significance.aminmax()]
        return running, probabilities, numbers

    def _decide(self, running: Tensor, probabilities: Tensor, numbers: list[float]) -> GateDecision:
        demanded_sum, slope, count, expected_sum, threshold, low, high = numbers
        if not (low >= 0.0 and high <= 1.0):
            raise InputError(f"significance must lie in [0, 1], got values from {low} to {high}; normalise it first")
        B, aimed = running.numel(), self.set_point  # noqa: N806
        self._threshold = threshold
        self._temperature_before = None
        self._control(aimed, demanded_sum / B, slope / (B * self._softness))
        self._energy_u = energy_after(
            self._energy_u, count / B, self.config.processing_cost, self._refill_u, self.config.max_energy
        )
        self._draw()
        assert self._sensitivity is not None
        return GateDecision(
            running=running,
            probabilities=probabilities,
            count=int(count),
            expected_rate=expected_sum / B,
            set_point=aimed,
            threshold=threshold,
            energy_u=self._energy_u,
            sensitivity=self._sensitivity,
        )

    @property
    def _softness(self) -> float:
        """Temperature at which the sensitivity is evaluated."""
        return max(self.config.gate_temperature, SENSITIVITY_TEMPERATURE)

    def retune(self, **knobs: Any) -> None:
        """Change knobs while the gate runs, without a bump: the change itself does not make the rate jump.

        A new temperature moves the threshold so that the expected rate stays; new gains keep what the integral
        contributes; a new reservoir size keeps the filled share. The controller then moves the rate to a new set-point.
        Raises `KnobError`, with nothing changed, for an unknown knob or a value out of range.
        """
        config: GateConfig = self.config.changed(**knobs)
        if config.gate_temperature != self.config.gate_temperature:
            if self._temperature_before is None:
                self._temperature_before = self.config.gate_temperature
            self._sensitivity = None
        if config.adapt_ki != self.config.adapt_ki:
            self._integral = self._integral * self.config.adapt_ki / config.adapt_ki if config.adapt_ki else 0.0
        if config.activation_threshold != self.config.activation_threshold:
            self._threshold = None if config.activation_threshold == "auto" else float(config.activation_threshold)
        self._energy_u *= config.max_energy / self.config.max_energy
        self.config = config

    def state_dict(self) -> dict[str, Any]:
        """The gate's whole state as plain values, knobs included; survives JSON."""
        return {
            "config": self.config.model_dump(),
            "threshold": self._threshold,
            "temperature_before": self._temperature_before,
            "integral": self._integral,
            "sensitivity": self._sensitivity,
            "energy_u": self._energy_u,
            "offset": self._offset,
            "refill_u": self._refill_u,
            "generator": self._generator.bit_generator.state,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self.config = type(self.config)(**state["config"])
        self._threshold = state["threshold"]
        self._temperature_before = state["temperature_before"]
        self._integral = state["integral"]
        self._sensitivity = state["sensitivity"]
        self._energy_u = state["energy_u"]
        self._offset = state["offset"]
        self._refill_u = state["refill_u"]
        self._generator.bit_generator.state = state["generator"]

    def _draw(self) -> None:
        """Draw the random numbers of the next batch in advance, so that a refused batch uses none."""
        self._offset = float(self._generator.random())
        self._refill_u = float(self._generator.uniform(*self.config.dormancy_regen))

    def _current_threshold(self, significance: Tensor) -> Tensor:
        temperature = self.config.gate_temperature
        if self._threshold is None:
            return solve_threshold(significance, self.set_point, temperature)
        if self._temperature_before is not None:
            current = gate_probabilities(significance, self._threshold, self._temperature_before).mean()
            return solve_threshold(significance, current, temperature)
        return significance.new_full((), self._threshold)

    def _cut_to_reservoir(self, probabilities: Tensor) -> Tensor:
        """Scale probabilities [B] down if their sum exceeds the whole number of activations that the reservoir can pay for."""
        B = probabilities.numel()  # noqa: N806
        payable = int(B * payable_rate(self._energy_u, self.config.processing_cost, self._refill_u))
        if payable >= B:
            return probabilities
        # a hair below the whole number, so that rounding never lets one more through
        return probabilities * ((payable - 1e-3 * min(payable, 1)) / probabilities.sum().clamp(min=1e-12)).clamp(max=1.0)

    def _control(self, aimed: float, demanded_rate: float, sensitivity: float) -> None:
        """Move the threshold by one step of the PI law."""
        assert self._threshold is not None
        self._sensitivity = smoothed_sensitivity(self._sensitivity, sensitivity)
        self._threshold, self._integral = controller_step(
            self._threshold,
            self._integral,
            aimed=aimed,
            expected=demanded_rate,
            sensitivity=self._sensitivity,
            kp=self.config.adapt_kp,
            ki=self.config.adapt_ki,
            temperature=self.config.gate_temperature,
        )
