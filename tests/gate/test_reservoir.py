"""The reservoir and the cost model: worked examples from the text, and books that balance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sundew_core.gate.law import set_point
from sundew_core.gate.reservoir import energy_after, payable_rate, sustainable_rate
from sundew_core.measuring.cost import CostModel


def test_the_default_reservoir_sustains_a_sixth():
    assert sustainable_rate(10.0, (1.0, 3.0)) == pytest.approx(1 / 6)
    assert sustainable_rate(0.0, (0.0, 0.0)) == 1.0


def test_at_the_sustainable_rate_the_reservoir_stays_where_it_is():
    rate = sustainable_rate(10.0, (1.0, 3.0))
    assert energy_after(40.0, rate, 10.0, 2.0, 100.0) == pytest.approx(40.0)


@given(
    energy_u=st.floats(0, 100), cost=st.floats(0, 1000), refill_u=st.floats(0, 100), share=st.floats(0, 1)
)  # fmt: skip
def test_any_rate_up_to_the_payable_one_leaves_the_reservoir_between_empty_and_full(energy_u, cost, refill_u, share):
    rate = share * payable_rate(energy_u, cost, refill_u)
    unclamped = energy_u - cost * rate + refill_u * (1 - rate)
    assert unclamped >= -1e-9
    assert 0 <= energy_after(energy_u, rate, cost, refill_u, 100.0) <= 100


def test_pressure_lowers_the_set_point_as_the_reservoir_empties():
    assert set_point(0.06, 0.3, 100.0, 100.0) == pytest.approx(0.06)
    assert set_point(0.06, 0.3, 50.0, 100.0) == pytest.approx(0.06 * 0.85)
    assert set_point(0.06, 0.3, 0.0, 100.0) == pytest.approx(0.06 * 0.7)


@pytest.mark.parametrize(
    ("score_flop", "ceiling", "saved"),
    [(0.0, 1 / 0.06, 0.94), (1.0, 3 / 1.18, 1 - 1.18 / 3)],
    ids=["memory", "fresh"],
)
def test_ceilings_and_savings_of_the_published_cost_model(score_flop, ceiling, saved):
    cost = CostModel(forward_flop=1.0, step_flop=3.0, score_flop=score_flop)
    assert cost.ceiling(0.06) == pytest.approx(ceiling)
    assert cost.saved(0.06) == pytest.approx(saved)
    assert cost.spent_flop(1000, 60) == pytest.approx((1 - saved) * cost.dense_flop(1000))


def test_scoring_everything_and_skipping_nothing_costs_more_than_dense():
    assert CostModel(forward_flop=1.0, step_flop=3.0, score_flop=1.0).saved(1.0) == pytest.approx(-1 / 3)
