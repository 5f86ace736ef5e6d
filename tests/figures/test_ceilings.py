"""The figure of the ceilings draws what the cost model allows."""

import plotly.graph_objects as go
import pytest

from sundew_core.figures.lab.ceilings import ceilings
from sundew_core.measuring.cost import CostModel

COSTS = {
    "memory": CostModel(forward_flop=1, step_flop=3, score_flop=0),
    "fresh": CostModel(forward_flop=1, step_flop=3, score_flop=1),
}


@pytest.mark.parametrize("dark", [True, False])
def test_every_scorer_has_its_curve_and_the_ceilings_at_the_rate_are_written(dark):
    figure = go.Figure(ceilings(COSTS, 0.06, dark))
    assert [trace.name for trace in figure.data] == ["memory", "fresh"]
    memory, fresh = (dict(zip(trace.x, trace.y, strict=True)) for trace in figure.data)
    assert memory[1.0] == pytest.approx(100, rel=1e-3)
    assert fresh[100.0] == pytest.approx(3 / 4, rel=1e-3), "scoring everything and skipping nothing is slower than dense"
    written = [annotation.text for annotation in figure.layout.annotations]
    assert "<b>16.7×</b>" in written
    assert "<b>2.5×</b>" in written
