"""The cost model: ceilings and savings of the published configuration."""

import pytest

from sundew_core.measuring.cost import CostModel


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
