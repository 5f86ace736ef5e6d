"""The gate: its law against a slow reference, its selection statistically, its controller by properties."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sundew_core.config import GateConfig
from sundew_core.errors import InputError, KnobError
from sundew_core.gate.gate import (
    SundewGate,
    crossing_positions,
    gate_probabilities,
    running_sum,
    share_ties,
    solve_threshold,
    systematic_sample,
)
from sundew_core.gate.law import threshold_bounds
from sundew_core.gate.reservoir import sustainable_rate

B = 256
"""Candidates in a batch."""
BATCHES, SETTLED = 600, 150
"""Length of a simulated stream, and from which batch on its rate is judged; the jump comes before that."""


def uniform(rng, _t):
    return rng.random(B)


def skewed(rng, _t):
    return rng.beta(1.2, 6.0, B)


def skewed_high(rng, _t):
    return rng.beta(6.0, 1.2, B)


def bimodal(rng, _t):
    return np.where(rng.random(B) < 0.5, rng.normal(0.2, 0.05, B), rng.normal(0.8, 0.05, B))


def ties(rng, _t):
    return np.where(rng.random(B) < 0.9, 0.3, rng.random(B))


def ties_at_the_top(rng, _t):
    return np.where(rng.random(B) < 0.9, 1.0, rng.random(B))


def drifting(rng, t):
    return rng.normal(0.3 + 0.4 * t / BATCHES, 0.1, B)


def jumping(rng, t):
    return rng.random(B) * 0.3 if t < 75 else 0.6 + 0.4 * rng.random(B)


STREAMS = [uniform, skewed, skewed_high, bimodal, ties, ties_at_the_top, drifting, jumping]


def scores(stream, rng, t):
    return torch.from_numpy(np.clip(stream(rng, t), 0.0, 1.0)).float()


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.__name__)
@pytest.mark.parametrize("temperature", [0.0, 0.05, 0.15, 0.3])
@pytest.mark.parametrize("target", [0.01, 0.03, 0.06, 0.10, 0.15])
def test_the_realised_rate_is_within_5_percent_of_the_target(target, temperature, stream):
    gate = SundewGate(GateConfig(target_activation_rate=target, gate_temperature=temperature), seed=0)
    rng = np.random.default_rng(0)
    counts = [gate(scores(stream, rng, t)).count for t in range(BATCHES)]
    assert np.mean(counts[SETTLED:]) / B == pytest.approx(target, rel=0.05)


@pytest.mark.parametrize("stream", [uniform, skewed, bimodal, drifting], ids=lambda stream: stream.__name__)
@pytest.mark.parametrize("temperature", [0.0, 0.05, 0.15, 0.3])
@pytest.mark.parametrize("target", [0.01, 0.06, 0.15])
def test_auto_start_holds_the_target_from_the_first_batch_on(target, temperature, stream):
    gate = SundewGate(GateConfig(target_activation_rate=target, gate_temperature=temperature), seed=0)
    rng = np.random.default_rng(1)
    counts = [gate(scores(stream, rng, t)).count for t in range(100)]
    assert np.mean(counts) / B == pytest.approx(target, rel=0.10)


class SlowGate:
    """The law written out for one sample at a time in plain Python; it takes its random numbers from the gate under test."""

    def __init__(self, config, threshold):
        self.config, self.threshold = config, threshold
        self.integral, self.sensitivity, self.energy = 0.0, None, config.max_energy

    def decide(self, scores, offset, refill):
        c, T = self.config, self.config.gate_temperature  # noqa: N806
        aim = c.target_activation_rate * (1 - c.energy_pressure * (1 - self.energy / c.max_energy))
        p = [1 / (1 + math.exp(-(s - self.threshold) / T)) for s in scores]
        slope = sum(q * (1 - q) for q in p) / T / len(p)
        rate = sum(p) / len(p)
        payable = int(len(p) * min(1, (self.energy + refill) / (c.processing_cost + refill)))
        if sum(p) > payable:
            p = [q * payable / sum(p) for q in p]
        mask, running = [], offset
        for q in p:
            mask.append(math.floor(running + q) > math.floor(running))
            running += q
        a = sum(mask) / len(mask)
        self.energy = min(c.max_energy, max(0, self.energy - c.processing_cost * a + refill * (1 - a)))
        self.sensitivity = slope if self.sensitivity is None else 0.9 * self.sensitivity + 0.1 * slope
        e = aim - rate
        wanted = (c.adapt_kp * e + c.adapt_ki * self.integral) / max(self.sensitivity, max(aim, rate) / 4)
        step = max(-0.05, min(0.05, wanted))
        self.integral = self.integral + e if step == wanted else 0.9 * self.integral
        self.threshold -= step
        return mask, p, aim


def test_the_gate_follows_the_slow_reference():
    config = GateConfig(activation_threshold=0.6, target_activation_rate=0.25, energy_pressure=0.2)
    gate, slow = SundewGate(config, seed=3), SlowGate(config, 0.6)
    rng = np.random.default_rng(3)
    cut = 0
    for t in range(300):
        s = scores(skewed_high, rng, t)
        state = gate.state_dict()
        decision = gate(s)
        mask, p, aim = slow.decide(s.tolist(), state["offset"], state["refill_u"])
        cut += decision.expected_rate < gate_probabilities(s, decision.threshold, 0.15).mean() - 0.01
        assert decision.probabilities.tolist() == pytest.approx(p, abs=2e-4)
        assert decision.set_point == pytest.approx(aim, abs=1e-4)
        assert gate.state_dict()["threshold"] == pytest.approx(slow.threshold, abs=2e-4)
        assert decision.energy_u == pytest.approx(slow.energy, abs=0.1)
        assert abs(sum(mask) - decision.count) <= 1
        slow.energy = decision.energy_u  # or a difference of one sample would add up over the batches
    assert cut > 0, "the stream must also exercise the reservoir's cut"


def test_inclusion_probabilities_are_exact_and_the_count_is_within_one_of_their_sum():
    p = torch.tensor([0.9, 0.05, 0.3, 0.0, 1.0, 0.6, 0.05, 0.35])
    offsets = (torch.arange(4000) + 0.5) / 4000
    masks = torch.stack([systematic_sample(p, float(u)) for u in offsets])
    assert masks.float().mean(0).tolist() == pytest.approx(p.tolist(), abs=5e-4)
    assert set(masks.sum(1).tolist()) <= {3, 4}


def test_selection_through_the_gate_is_unbiased():
    s = torch.linspace(0, 1, 40)
    gate = SundewGate(GateConfig(activation_threshold=0.7, adapt_kp=0, adapt_ki=0, processing_cost=0), seed=0)
    n = 20_000
    hits = torch.zeros(40)
    for _ in range(n):
        decision = gate(s)
        hits += decision.mask
    p = decision.probabilities
    z = (hits / n - p) / (p * (1 - p) / n).sqrt()
    assert z.abs().max() < 4.5  # 40 comparisons at about 1e-5 each


@given(
    p=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=300),
    offset=st.floats(0, 1, exclude_max=True),
)
def test_systematic_samples_count_within_one_of_the_sum(p, offset):
    p = torch.tensor(p)
    mask = systematic_sample(p, offset)
    total = float(p.double().sum())
    assert math.floor(total - 1e-9) <= int(mask.sum()) <= math.ceil(total + 1e-9)
    assert not mask[p == 0].any()
    assert crossing_positions(running_sum(mask), int(mask.sum())).tolist() == mask.nonzero().flatten().tolist()


@given(
    p=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=300),
    offset=st.floats(0, 1, width=32, exclude_max=True),
)
def test_positions_are_where_the_running_sum_crosses_an_integer(p, offset):
    running = running_sum(torch.tensor(p), offset)
    positions = crossing_positions(running, int(running[-1].floor()))
    assert positions.tolist() == systematic_sample(torch.tensor(p), offset).nonzero().flatten().tolist()


unit = st.floats(0, 1, width=32)


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    target=st.floats(0.001, 1),
    temperature=st.one_of(st.just(0.0), st.floats(0, 1), st.floats(0, 0.05)),
    pressure=unit,
    kp=st.floats(0, 2),
    ki=st.floats(0, 1),
    cost=st.floats(0, 50),
    start=st.one_of(st.just("auto"), st.floats(-1, 2)),
)
def test_whatever_the_knobs_and_scores_the_gate_keeps_its_promises(data, target, temperature, pressure, kp, ki, cost, start):
    gate = SundewGate(
        GateConfig(
            target_activation_rate=target, gate_temperature=temperature, energy_pressure=pressure, adapt_kp=kp,
            adapt_ki=ki, processing_cost=cost, activation_threshold=start,
        ),
        seed=data.draw(st.integers(0, 99)),
    )  # fmt: skip
    low, high = threshold_bounds(temperature)
    before = gate.state_dict()
    for _ in range(8):
        s = torch.tensor(data.draw(st.lists(unit, min_size=1, max_size=40)))
        decision = gate(s)
        after = gate.state_dict()
        assert decision.probabilities.min() >= 0
        assert decision.probabilities.max() <= 1
        assert abs(decision.count - float(decision.probabilities.double().sum())) <= 1 + 1e-6
        assert decision.count == int(decision.mask.sum()) == decision.active.numel()
        assert low <= after["threshold"] <= high
        assert abs(after["threshold"] - decision.threshold) <= 0.05 + 1e-6
        assert 0 <= decision.energy_u <= 100
        rate = decision.count / s.numel()
        paid = before["energy_u"] - cost * rate + before["refill_u"] * (1 - rate)
        assert paid >= -1e-9, "no more is activated than the reservoir can pay for"
        assert target * (1 - pressure) - 1e-9 <= decision.set_point <= target + 1e-9
        before = after


@settings(max_examples=30, deadline=None)
@given(kp=st.floats(0.1, 1.2), damping=st.floats(0.4, 1.0), target=st.floats(0.02, 0.15), seed=st.integers(0, 999))
def test_the_loop_settles_on_the_target_for_all_gains_well_inside_the_stable_region(kp, damping, target, seed):
    ki = min((kp / (2 * damping)) ** 2, kp / 2)  # nearer to the boundary ki = kp it rings for long
    gate = SundewGate(
        GateConfig(
            target_activation_rate=target,
            adapt_kp=kp,
            adapt_ki=ki,
            energy_pressure=0.0,
            activation_threshold=0.9,
        ),
        seed=seed,
    )
    s = torch.rand(2048, generator=torch.Generator().manual_seed(seed))
    rates = [gate(s).expected_rate for _ in range(600)]
    assert rates[-1] == pytest.approx(target, rel=0.01)


def test_gains_outside_the_stable_region_oscillate():
    s = torch.rand(2048, generator=torch.Generator().manual_seed(0))
    gate = SundewGate(GateConfig(adapt_kp=0.1, adapt_ki=0.3, energy_pressure=0.0, activation_threshold=1.0), seed=0)
    rates = [gate(s).expected_rate for _ in range(300)]
    assert np.std(rates[-100:]) > 0.01


def test_a_hard_gate_cuts_at_the_threshold():
    s = torch.tensor([0.1, 0.59, 0.61, 0.9])
    decision = SundewGate(GateConfig(gate_temperature=0.0, activation_threshold=0.6))(s)
    assert decision.mask.tolist() == [False, False, True, True]
    assert decision.threshold == pytest.approx(0.6)


def test_candidates_that_tie_at_the_edge_share_what_is_left_of_the_set_point():
    s = torch.tensor([0.9] + [0.5] * 8 + [0.1])
    p = share_ties((s >= 0.3).float(), s, set_point=0.3)
    assert p.tolist() == pytest.approx([1.0] + [0.25] * 8 + [0.0])
    distinct = torch.tensor([0.9, 0.5, 0.1])
    assert share_ties((distinct >= 0.3).float(), distinct, set_point=0.1).tolist() == [1.0, 1.0, 0.0]


def test_the_solved_threshold_meets_the_rate():
    s = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    for temperature in (0.0, 0.05, 0.3, 1.0):
        for rate in (0.001, 0.06, 0.5, 0.99):
            threshold = solve_threshold(s, rate, temperature)
            assert float(gate_probabilities(s, threshold, temperature).mean()) == pytest.approx(rate, rel=1e-3, abs=1.1e-3)


def test_a_target_above_the_sustainable_rate_drains_the_reservoir_and_holds_the_sustainable_rate():
    config = GateConfig(target_activation_rate=0.5, energy_pressure=0.0)
    gate = SundewGate(config, seed=0)
    rng = np.random.default_rng(0)
    decisions = [gate(scores(uniform, rng, t)) for t in range(400)]
    assert sustainable_rate(config.processing_cost, config.dormancy_regen) == pytest.approx(1 / 6)
    assert np.mean([d.count for d in decisions[-200:]]) / B == pytest.approx(1 / 6, rel=0.03)
    assert decisions[-1].energy_u < 2
    gate.retune(target_activation_rate=0.06)
    after = [gate(scores(uniform, rng, t)).count / B for t in range(100)]
    assert max(after[30:]) < 0.10, "a gate held back by its budget must not have wound up"


def test_retuning_does_not_bump_the_rate():
    rng = np.random.default_rng(0)
    gate = SundewGate(GateConfig(), seed=0)
    for t in range(200):
        before = gate(scores(uniform, rng, t)).expected_rate
    gate.retune(gate_temperature=0.3, adapt_kp=0.3, adapt_ki=0.02, max_energy=50.0)
    after = [gate(scores(uniform, rng, t)) for t in range(100)]
    assert after[0].expected_rate == pytest.approx(before, abs=0.012)
    assert after[0].threshold > 1.2, "the threshold moved to where the softer gate lets the same share through"
    assert np.mean([d.expected_rate for d in after]) == pytest.approx(0.06, rel=0.03)
    assert all(d.energy_u <= 50 for d in after)


def test_a_refused_knob_changes_nothing():
    gate = SundewGate(GateConfig(), seed=0)
    before = gate.state_dict()
    with pytest.raises(KnobError, match="gate_temperature=7"):
        gate.retune(target_activation_rate=0.1, gate_temperature=7)
    with pytest.raises(KnobError, match="unknown knob 'gate_temprature': did you mean gate_temperature"):
        gate.retune(gate_temprature=0.1)
    assert gate.state_dict() == before


def test_a_restored_gate_continues_exactly_even_through_json():
    rng = np.random.default_rng(0)
    stream = [scores(drifting, rng, t) for t in range(60)]
    gate = SundewGate(GateConfig(target_activation_rate=0.1), seed=5)
    for s in stream[:30]:
        gate(s)
    gate.retune(gate_temperature=0.05)
    twin = SundewGate(GateConfig(), seed=99)
    twin.load_state_dict(json.loads(json.dumps(gate.state_dict())))
    for s in stream[30:]:
        ours, theirs = gate(s), twin(s)
        assert torch.equal(ours.mask, theirs.mask)
        assert (ours.threshold, ours.energy_u, ours.set_point) == (theirs.threshold, theirs.energy_u, theirs.set_point)
    assert gate.state_dict() == twin.state_dict()


def test_selecting_changes_nothing_until_it_is_settled():
    gate = SundewGate(GateConfig(), seed=0)
    s = torch.rand(64, generator=torch.Generator().manual_seed(0))
    before = gate.state_dict()
    first, second = gate.select(s), gate.select(s)
    assert torch.equal(first.running, second.running)
    assert gate.state_dict() == before


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (torch.tensor([0.1, math.nan]), r"must lie in \[0, 1\], got values from nan"),
        (torch.tensor([0.1, 1.5]), r"got values from 0\.1\d* to 1\.5"),
        (torch.tensor([-0.1, 0.5]), r"must lie in \[0, 1\]"),
        (torch.rand(3, 3), r"shape \[B\] with B >= 1, got torch\.float32 \[3, 3\]"),
        (torch.arange(3), r"got torch\.int64 \[3\]"),
        (torch.empty(0), r"got torch\.float32 \[0\]"),
    ],
)
def test_bad_significance_is_refused_and_nothing_is_lost(bad, says):
    gate = SundewGate(GateConfig(), seed=0)
    gate(torch.rand(8))
    before = gate.state_dict()
    with pytest.raises(InputError, match=says):
        gate(bad)
    assert gate.state_dict() == before
