"""The reservoir: a worked example, and energy that stays between empty and full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sundew_core.gate.reservoir import energy_after, payable_rate, sustainable_rate


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
