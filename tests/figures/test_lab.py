"""The lab's figures draw the trace, and the map draws the analysis, in both themes."""

import json
import math
import re

import pytest

from sundew_core.config import GateConfig
from sundew_core.figures.lab.panels import LAB, LabSubject
from sundew_core.figures.lab.stability import KI_RANGE, KP_RANGE
from sundew_core.figures.theme import DARK, blend
from sundew_core.lab.loop import is_stable, settling_batches
from sundew_core.lab.simulation import experiment
from sundew_core.lab.trace import respond
from tests.support.drawing import checked, trace, words

PLAIN = GateConfig()


@pytest.fixture(scope="module")
def settled():
    return experiment(PLAIN, "uniform", "target step", batches=300, candidates=128)


def drawn(name, config, run, dark=True):
    return checked(LAB[name].draw(LabSubject(config=config, trace=run), dark))


def lines(figure, name):
    return [shape for shape in figure["layout"]["shapes"] if shape["name"] == name]


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("name", LAB)
def test_every_figure_is_in_plotlys_words_and_has_units_an_aid_and_an_alternative(name, dark, settled):
    figure = drawn(name, PLAIN, settled, dark)
    assert figure["layout"]["title"]["text"] == f"<b>{LAB[name].title}</b>"
    assert all(figure["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis"))
    assert LAB[name].look_for.startswith("Look for: ")
    subject = LabSubject(config=PLAIN, trace=settled)
    assert LAB[name].alt(subject).startswith(f"{LAB[name].title}. ")
    assert len(LAB[name].alt(subject)) > 40
    uids = [trace["uid"] for trace in figure["data"]]
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", uid) for uid in uids), "plotly makes selectors of them"
    assert len(set(uids)) == len(uids)
    assert "NaN" not in json.dumps(LAB[name].draw(subject, dark))


def test_the_figures_fill_two_rows_of_three_columns():
    assert sum(figure.span for figure in LAB.values()) == 6


def test_the_response_has_every_rate_and_marks_the_change_and_where_it_settled(settled):
    figure = drawn("response", PLAIN, settled)
    assert trace(figure, "expected")["y"] == pytest.approx([100 * rate for rate in settled.expected_rate], abs=0.01)
    assert trace(figure, "realised")["y"] == pytest.approx([100 * rate for rate in settled.realised_rate], abs=0.01)
    assert trace(figure, "set-point")["y"][-1] == pytest.approx(9.0, abs=0.01)
    assert trace(figure, "target")["line"]["dash"] == "dash"
    after = respond(settled).settled_after
    assert [line["x0"] for line in lines(figure, "change")] == [151]
    assert [line["x0"] for line in lines(figure, "settled")] == [151 + after]
    assert f"settled after {after}" in words(figure, "settled")
    assert f"{100 * respond(settled).steady_rate:.2f} %" in words(figure, "headline")
    assert "sustainable 16.7" in words(figure, "note")


def test_what_has_not_settled_is_not_marked_as_settled():
    config = GateConfig(adapt_ki=0.2)
    ringing = experiment(config, "uniform", "target step", batches=200, candidates=64)
    figure = drawn("response", config, ringing)
    assert lines(figure, "settled") == []
    assert "not settled" in LAB["response"].alt(LabSubject(config=config, trace=ringing))
    assert max(trace(figure, "expected")["y"]) < figure["layout"]["yaxis"]["range"][1] * 1.2, "the ringing is in view"


def test_a_sustainable_rate_beyond_the_axis_is_stated_with_an_arrow(settled):
    generous = PLAIN.changed(processing_cost=0.0)
    figure = drawn("response", generous, settled)
    assert "sustainable 100.0 ↑" in words(figure, "note")
    assert lines(figure, "sustainable") == []


def test_threshold_and_reservoir_are_those_of_the_trace(settled):
    assert trace(drawn("threshold", PLAIN, settled), "threshold")["y"] == pytest.approx(settled.threshold, abs=1e-3)
    figure = drawn("reservoir", PLAIN, settled)
    assert trace(figure, "energy")["y"] == pytest.approx(settled.energy_u, abs=0.1)
    assert figure["layout"]["yaxis"]["range"][0] == 0
    assert "of 100 u" in words(figure, "headline")


def test_a_bound_is_drawn_where_the_threshold_comes_near_it(settled):
    assert lines(drawn("threshold", PLAIN, settled), "bound") == []
    at_bound = experiment(
        GateConfig(activation_threshold=2.0, adapt_kp=0.0, adapt_ki=0.0), "uniform", "none", batches=20, candidates=32
    )
    assert [line["y0"] for line in lines(drawn("threshold", PLAIN, at_bound), "bound")] == pytest.approx([2.036], abs=1e-3)


def test_the_area_let_through_and_the_dormant_add_up_to_all_candidates(settled):
    figure = drawn("significance", PLAIN, settled)
    active, dormant = trace(figure, "let-through")["y"], trace(figure, "dormant")["y"]
    assert sum(active) + sum(dormant) == pytest.approx(100, abs=0.01)
    assert sum(active) == pytest.approx(100 * sum(settled.spread.active) / sum(settled.spread.candidates), abs=0.01)
    curve = trace(figure, "probability")
    assert curve["y"] == pytest.approx([100 * p for p in settled.spread.probabilities], abs=0.01)
    assert curve["yaxis"] == "y2"


def test_a_threshold_inside_the_scores_is_drawn_and_one_beyond_them_has_an_arrow(settled):
    assert settled.threshold[-1] > 1.0
    assert "threshold →" in words(drawn("significance", PLAIN, settled), "note")
    config = GateConfig(gate_temperature=0.05)
    inside = experiment(config, "uniform", "none", batches=20, candidates=64)
    figure = drawn("significance", config, inside)
    assert [line["x0"] for line in lines(figure, "threshold")] == pytest.approx([inside.threshold[-1]], abs=1e-4)


def test_the_cells_of_the_map_are_the_analysis(settled):
    cells = trace(drawn("stability", PLAIN, settled), "settling")
    kp, ki = cells["x"], cells["y"]
    assert (kp[0], kp[-1], ki[0], ki[-1]) == (*KP_RANGE, *KI_RANGE)
    assert len(cells["z"]) == len(ki) - 1
    assert len(cells["z"][0]) == len(kp) - 1
    for i in range(0, len(ki) - 1, 7):
        for j in range(0, len(kp) - 1, 7):
            middle = math.sqrt(kp[j] * kp[j + 1]), math.sqrt(ki[i] * ki[i + 1])
            if abs(middle[0] - middle[1]) > 0.05 * middle[0] and abs(middle[0] - 2 - middle[1] / 2) > 0.02:
                assert (cells["z"][i][j] is not None) == is_stable(*middle)
            if cells["z"][i][j] is not None:
                assert cells["z"][i][j] == pytest.approx(min(400, float(settling_batches(*middle))), rel=0.02, abs=1)


def test_the_boundary_is_where_the_loop_ceases_to_be_stable(settled):
    edge = trace(drawn("stability", PLAIN, settled), "boundary")
    points = [(x, y) for x, y in zip(edge["x"], edge["y"], strict=True) if x is not None]
    assert len(points) > 10
    for kp, ki in points:
        assert is_stable(kp * 0.999, ki * 0.99 if kp < 2 else ki)
        assert not is_stable(kp * 1.001 if kp > 2 else kp, ki if kp > 2 else ki * 1.01)


@pytest.mark.parametrize("batches", [20, 50, 100, 200])
def test_on_a_line_of_the_map_the_loop_settles_in_so_many_batches(batches, settled):
    line = trace(drawn("stability", PLAIN, settled), f"settles-{batches}")
    points = [(x, y) for x, y in zip(line["x"], line["y"], strict=True) if x is not None]
    assert len(points) > 5
    for kp, ki in points:
        assert float(settling_batches(kp, ki)) == pytest.approx(batches, rel=0.03)


@pytest.mark.parametrize(
    ("knobs", "place", "expected"),
    [
        ({}, (0.12, 0.008), "50 batches"),
        ({"adapt_kp": 0.0, "adapt_ki": 0.0}, (0.01, 0.001), "unstable"),
        ({"adapt_ki": 0.5}, (0.12, 0.5), "unstable"),
        ({"adapt_kp": 2.0, "adapt_ki": 1.0}, (2.0, 1.0), "batches"),
    ],
)
def test_the_point_stands_at_the_current_gains_or_at_the_edge_of_the_map(knobs, place, expected, settled):
    config = GateConfig(**knobs)
    figure = drawn("stability", config, settled)
    point = trace(figure, "present")
    assert (point["x"], point["y"]) == ([place[0]], [place[1]])
    assert expected in words(figure, "headline")
    assert ("unstable" in LAB["stability"].alt(LabSubject(config=config, trace=settled))) == (expected == "unstable")


def test_blending_is_like_a_transparent_colour_on_its_ground():
    assert blend("#FFFFFF", "#000000", 0.5) == "#808080"
    assert blend(DARK.active, DARK.panel, 0.0) == DARK.panel
    assert blend(DARK.active, DARK.panel, 1.0) == DARK.active
