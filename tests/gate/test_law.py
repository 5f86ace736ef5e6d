"""The gate's law: its numbers against values computed by hand, and against the gate at work."""

from itertools import pairwise

import pytest
import torch

from sundew_core.config import GateConfig
from sundew_core.gate.gate import SundewGate, gate_probabilities
from sundew_core.gate.law import (
    LEAK,
    RATE_MIN,
    SENSITIVITY_TEMPERATURE,
    SOFT_FROM,
    STEP_MAX,
    controller_step,
    gate_curve,
    probability,
    set_point,
    smoothed_sensitivity,
    threshold_bounds,
)

STEP = {"aimed": 0.06, "expected": 0.1, "sensitivity": 0.5, "kp": 0.12, "ki": 0.008, "temperature": 0.15}
"""One ordinary step: more candidates pass than are wanted."""


@pytest.mark.parametrize(
    ("significance", "temperature", "expected"),
    [
        (0.6, 0.15, 0.5),
        (0.75, 0.15, 0.7310585786),
        (0.45, 0.15, 0.2689414214),
        (0.9, 0.15, 0.8807970780),
        (0.6, 0.0, 1.0),
        (0.5999, 0.0, 0.0),
        (0.5999, SOFT_FROM / 2, 0.0),
    ],
)
def test_the_probability_is_a_sigmoid_and_a_step_below_the_lowest_soft_temperature(significance, temperature, expected):
    assert probability(significance, 0.6, temperature) == pytest.approx(expected)


def test_the_probability_does_not_overflow_far_from_the_threshold():
    assert probability(1.0, -1.0, SOFT_FROM) == 1.0
    assert probability(0.0, 2.0, SOFT_FROM) == 0.0


@pytest.mark.parametrize(
    ("temperature", "low", "high"), [(0.0, -1.0, 2.0), (0.1, -1.0, 2.0), (0.3, -2.0720, 3.0720), (1.0, -6.9068, 7.9068)]
)
def test_the_bounds_of_the_threshold_widen_with_the_temperature(temperature, low, high):
    assert threshold_bounds(temperature) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("temperature", [0.0, 0.05, 0.15, 0.3, 1.0])
def test_between_its_bounds_the_threshold_reaches_the_lowest_and_the_highest_rate_on_any_scores(temperature):
    low, high = threshold_bounds(temperature)
    assert probability(1.0, high, temperature) <= RATE_MIN * (1 + 1e-9)
    assert probability(0.0, low, temperature) >= 1.0 - RATE_MIN * (1 + 1e-9)


def test_pressure_lowers_the_set_point_as_the_reservoir_empties():
    assert set_point(0.06, 0.3, 100.0, 100.0) == pytest.approx(0.06)
    assert set_point(0.06, 0.3, 50.0, 100.0) == pytest.approx(0.06 * 0.85)
    assert set_point(0.06, 0.3, 0.0, 100.0) == pytest.approx(0.06 * 0.7)


def test_the_sensitivity_starts_at_the_first_batch_and_moves_by_a_tenth():
    assert smoothed_sensitivity(None, 0.4) == 0.4
    assert smoothed_sensitivity(0.4, 0.9) == pytest.approx(0.45)


def test_a_free_step_moves_by_both_gains_over_the_sensitivity_and_integrates():
    # (0.12 * -0.04 + 0.008 * 1.0) / 0.5 = 0.0064
    assert controller_step(0.6, 1.0, **STEP) == pytest.approx((0.5936, 0.96))
    # without an integral the threshold rises: -(0.12 * -0.04) / 0.5 = 0.0096
    assert controller_step(0.6, 0.0, **STEP) == pytest.approx((0.6096, -0.04))


def test_a_small_sensitivity_counts_as_a_quarter_of_the_larger_rate():
    # 0.02 * 0.04 / (0.25 * 0.1) = 0.032, whichever of the two rates is the larger one
    flat = {**STEP, "sensitivity": 0.0, "kp": 0.02, "ki": 0.0}
    assert controller_step(0.6, 0.0, **flat) == pytest.approx((0.632, -0.04))
    assert controller_step(0.6, 0.0, **{**flat, "aimed": 0.1, "expected": 0.06}) == pytest.approx((0.568, 0.04))


@pytest.mark.parametrize(
    ("threshold", "changed", "moved"),
    [
        (0.6, {"aimed": 0.5, "expected": 0.0}, 0.6 - STEP_MAX),
        (0.6, {"aimed": 0.0, "expected": 0.5}, 0.6 + STEP_MAX),
        (2.0, {"temperature": 0.1, "ki": 0.0}, 2.0),
        (-1.0, {"temperature": 0.1, "aimed": 0.2}, -1.0),
        (0.6, {"aimed": 0.1, "expected": 0.1 + 1e-7, "ki": 0.0}, 0.6),
    ],
    ids=["clipped down", "clipped up", "highest threshold", "lowest threshold", "error of rounding"],
)
def test_the_integral_leaks_where_the_threshold_does_not_move_freely(threshold, changed, moved):
    after, integral = controller_step(threshold, 1.0, **{**STEP, **changed})
    assert after == pytest.approx(moved, abs=1e-6)
    assert integral == LEAK


@pytest.mark.parametrize("temperature", [0.0, 0.05, 0.15, 0.3])
def test_the_running_gate_makes_exactly_the_steps_of_the_law(temperature):
    config = GateConfig(
        gate_temperature=temperature, activation_threshold=0.7, target_activation_rate=0.1, energy_pressure=0.8,
        processing_cost=30.0,
    )  # fmt: skip
    gate, generator, integral, sensitivity = SundewGate(config, seed=1), torch.Generator().manual_seed(1), 0.0, None
    softness = max(temperature, SENSITIVITY_TEMPERATURE)
    for _ in range(80):
        energy_u = gate.state_dict()["energy_u"]
        scores = torch.rand(256, generator=generator)
        decision = gate(scores)
        assert decision.set_point == set_point(0.1, 0.8, energy_u, 100.0)
        if temperature:
            law = [probability(score, decision.threshold, temperature) for score in scores.tolist()]
            assert decision.probabilities.tolist() == pytest.approx(law, abs=1e-5)
        soft = [probability(score, decision.threshold, softness) for score in scores.tolist()]
        sensitivity = smoothed_sensitivity(sensitivity, sum(p * (1.0 - p) for p in soft) / 256 / softness)
        assert decision.sensitivity == pytest.approx(sensitivity, rel=1e-3)
        threshold, integral = controller_step(
            decision.threshold, integral, aimed=decision.set_point, expected=decision.expected_rate,
            sensitivity=decision.sensitivity, kp=config.adapt_kp, ki=config.adapt_ki, temperature=temperature,
        )  # fmt: skip
        assert (gate.state_dict()["threshold"], gate.state_dict()["integral"]) == (threshold, integral)
    assert 0.0 < energy_u < 95.0, "the set-point must have moved, and the reservoir must not have cut"


@pytest.mark.parametrize("temperature", [0.0, SOFT_FROM / 2, SOFT_FROM, 0.05, 0.15, 1.0])
@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.37, 0.9, 2.0])
def test_the_curve_is_the_gates_own_law(threshold, temperature):
    scores = torch.tensor([i / 40 for i in range(41)], dtype=torch.float64)
    law = gate_probabilities(scores, threshold, temperature)
    curve = gate_curve(threshold, temperature)
    if temperature >= SOFT_FROM:
        assert [s for s, _ in curve] == pytest.approx(scores.tolist())
        assert [p for _, p in curve] == pytest.approx(law.tolist())
    else:
        flat = [(low, high, p) for (low, p), (high, q) in pairwise(curve) if p == q]
        for s, p in zip(scores.tolist(), law.tolist(), strict=True):
            assert s == threshold or {q for low, high, q in flat if low <= s <= high} == {p}
