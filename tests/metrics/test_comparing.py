"""What differs between runs, the front that no other run beats, and the figures of several runs."""

import json

import plotly.graph_objects as go
import pytest

from sundew_core.arms import ARM_KINDS
from sundew_core.config import KNOBS, Config
from sundew_core.events.run import from_json
from sundew_core.exporting.tables import epochs_csv, events_jsonl
from sundew_core.figures.parts import DASH_PX
from sundew_core.figures.run.panels import PANELS
from sundew_core.figures.runs.overlays import MOST_RUNS, OVERLAYS, Compared, colour_of
from sundew_core.figures.runs.pareto import Outcome, accuracy_against_cost, outcome_words
from sundew_core.metrics import RunView
from sundew_core.metrics.comparing import differing_knobs, knobs_of, pareto_front, searched, titles
from tests.support import made_up
from tests.support.drawing import trace, words

SUNDEW = Compared(title="mine", view=RunView.of(made_up.run_events(epochs=3)))
DENSE = Compared(title="theirs", view=RunView.of(made_up.run_events(epochs=2, arm="dense")))
NOTHING = Compared(title="begun", view=RunView())


def config(**knobs):
    return Config(**knobs).model_dump(mode="json")


def test_only_knobs_that_differ_are_told_in_the_order_of_their_declaration():
    lines = differing_knobs([config(seed=1), config(seed=2, target_activation_rate=0.1), config(dormancy_regen=(1, 2))])
    assert [line.name for line in lines] == [
        name for name in KNOBS if name in ("seed", "target_activation_rate", "dormancy_regen")
    ]
    found = {line.name: line.values for line in lines}
    assert found["seed"] == ("1", "2", "0")
    assert found["dormancy_regen"] == ("1 to 3", "1 to 3", "1 to 2")
    assert differing_knobs([config(), config()]) == []


def test_a_knob_that_a_run_does_not_know_differs():
    older = {**config(), "retired": 3.0}
    del older["memory_refresh"]
    found = {line.name: line.values for line in differing_knobs([config(), older])}
    assert found == {"memory_refresh": ("0", "–"), "retired": ("–", "3")}


def test_changed_knobs_come_first_beside_their_defaults():
    found = knobs_of(config(seed=7, compile=True))
    assert [(line.name, line.values) for line, changed in found if changed] == [("seed", ("7", "0")), ("compile", ("yes", "no"))]
    assert [changed for _, changed in found] == sorted((changed for _, changed in found), reverse=True)
    assert len(found) == len(KNOBS)


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ([], []),
        ([(1.0, 0.5)], [0]),
        ([(2.0, 0.9), (1.0, 0.5), (3.0, 0.8)], [1, 0]),
        ([(1.0, 0.5), (1.0, 0.7)], [1]),
        ([(1.0, 0.5), (1.0, 0.5), (2.0, 0.5)], [0, 1]),
    ],
)
def test_the_front_is_beaten_by_no_other(points, front):
    assert pareto_front(points) == front
    for i in front:
        assert not any(x <= points[i][0] and y >= points[i][1] and (x, y) != points[i] for x, y in points)


def test_names_in_a_figure_are_made_different_and_words_found_anywhere():
    assert titles(["a", "b", "a", "a"]) == ["a", "b", "a (2)", "a (3)"]
    assert searched("", ["x"])
    assert searched("PAPER sun", ["a sundew", "paper"])
    assert not searched("paper moon", ["a sundew", "paper"])


def test_overlays_are_the_six_panels():
    assert list(OVERLAYS) == list(PANELS)
    assert [overlay.title for overlay in OVERLAYS.values()] == [panel.title for panel in PANELS.values()]


@pytest.mark.parametrize("name", OVERLAYS)
@pytest.mark.parametrize("dark", [True, False])
def test_an_overlay_shows_each_run_in_its_colour(name, dark):
    drawn = json.loads(go.Figure(OVERLAYS[name].draw([SUNDEW, DENSE, NOTHING], dark)).to_json(remove_uids=False))
    used = [colour_of(place, dark) for place in (0, 1)]
    if name in ("loss", "accuracy", "activation"):
        assert [trace(drawn, f"run{place}")["line"]["color"] for place in (0, 1)] == used
        assert [trace(drawn, f"run{place}")["line"]["dash"] for place in (0, 1)] == ["solid", "dot"]
        assert [trace(drawn, f"run{place}")["name"] for place in (0, 1)] == ["mine", "theirs"]
    else:
        assert trace(drawn, "bars")["marker"]["color"] == used
        assert trace(drawn, "bars")["y"] == ["mine", "theirs"]


def test_bars_have_measured_numbers_or_say_why_there_is_none():
    saved = words(OVERLAYS["savings"].draw([SUNDEW, DENSE, NOTHING], True))
    assert saved == "94.0 % | 94.0 % | not counted"
    assert "9.1×" in words(OVERLAYS["speed"].draw([SUNDEW, NOTHING], True))
    assert "no epoch timed" in words(OVERLAYS["speed"].draw([SUNDEW, NOTHING], True))


def test_where_no_run_has_anything_a_sentence_stands_instead():
    for overlay in OVERLAYS.values():
        assert overlay.empty([NOTHING]).startswith("None of these runs has ")
        assert overlay.empty([NOTHING, SUNDEW]) is None
        assert "mine" in overlay.alt([NOTHING, SUNDEW])


def test_every_arm_has_a_dash_of_its_own_that_the_legend_can_draw():
    dashes = {kind.dash for kind in ARM_KINDS.values()}
    assert len(dashes) == len(ARM_KINDS)
    assert dashes <= set(DASH_PX)
    for dark in (True, False):
        assert len({colour_of(place, dark) for place in range(MOST_RUNS)}) == MOST_RUNS


def outcome(title, training_s, accuracy):
    return Outcome(title=title, arm="sundew", training_s=training_s, val_accuracy=accuracy)


def test_the_front_is_drawn_through_ringed_and_named_points():
    runs = [outcome("dear", 100.0, 0.9), outcome("beaten", 50.0, 0.4), outcome("cheap", 2.0, 0.5)]
    figure = json.loads(go.Figure(accuracy_against_cost(runs, True)).to_json(remove_uids=False))
    assert (trace(figure, "front")["x"], trace(figure, "front")["y"]) == ([2.0, 100.0], [50.0, 90.0])
    assert trace(figure, "runs")["marker"]["size"] == [11, 8, 11]
    assert words(figure, "front") == "cheap | dear"
    assert figure["layout"]["xaxis"]["type"] == "log"
    found = outcome_words(runs)
    assert found.startswith("No other run beats 2 of these 3 runs")
    assert "cheap 50.0 % after 2.00 s" in found
    assert "beaten 40" not in found


def test_exports_carry_every_event_and_every_number():
    events = [*made_up.run_events(epochs=2), made_up.finished()]
    assert [from_json(line) for line in events_jsonl(events).splitlines()] == events
    head, first, second = epochs_csv(RunView.of(events).epochs).splitlines()
    found = dict(zip(head.split(","), second.split(","), strict=True))
    assert (found["epoch"], found["val_accuracy"], found["energy_j"], found["training_s"]) == ("2", "0.4", "", "1.1")
    assert len(first.split(",")) == len(head.split(","))
