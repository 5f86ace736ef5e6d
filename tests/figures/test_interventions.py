"""Interventions in the figures: the same quiet markers on every panel, however many there are."""

from itertools import pairwise

import pytest

from sundew_core.config import KNOBS
from sundew_core.figures.run.interventions import CHARACTER_PX, MOST_MARKERS, PLOT_PX, SHORT_NAMES
from sundew_core.figures.run.panels import PANELS
from sundew_core.figures.theme import DARK
from sundew_core.metrics import RunView
from tests.support.drawing import OVER_EPOCHS, draw, markers, trace, words
from tests.support.made_up import batch, calibrated, ended, intervened, run_events, started


@pytest.mark.parametrize("name", OVER_EPOCHS)
def test_an_intervention_is_a_thin_dotted_line_with_its_words_above_the_plot(name):
    figure = draw(name, [*run_events(epochs=8), intervened(4.2)])
    (line,) = markers(figure)
    assert line["x0"] == line["x1"] == (4.7 if name == "savings" else 4.2)
    assert line["line"] == {"color": DARK.change, "width": 1, "dash": "dot"}
    (label,) = [label for label in figure["layout"]["annotations"] if label.get("name") == "intervention"]
    assert (label["text"], label["y"], label["yanchor"]) == ("target 6 → 12 %", 1, "bottom")


@pytest.mark.parametrize("name", ["speed", "samples"])
def test_panels_without_a_time_axis_name_the_latest_change(name):
    events = [*run_events(epochs=8), intervened(1.0, new=0.3, knob="adapt_kp"), intervened(4.2), intervened(5.0, reason="no")]
    figure = draw(name, events)
    assert words(figure, "intervention") == "last change: target 6 → 12 % at epoch 4.2"
    assert not markers(figure)
    assert not words(draw(name, run_events()), "intervention")


@pytest.mark.parametrize("name", PANELS)
def test_a_refused_change_is_not_drawn(name):
    assert draw(name, [*run_events(), intervened(1.5, new=9.0, reason="no")]) == draw(name, run_events())


@pytest.mark.parametrize(
    ("knob", "old", "new", "expected"),
    [
        ("target_activation_rate", 0.06, 0.125, "target 6 → 12.5 %"),
        ("gate_temperature", 0.15, 0.3, "T 0.15 → 0.3"),
        ("energy_pressure", 0.3, 0.0, "pressure 0.3 → 0"),
        ("adapt_kp", 0.12, 0.3, "kp 0.12 → 0.3"),
        ("adapt_ki", 0.008, 0.01, "ki 0.008 → 0.01"),
        ("max_energy", 100.0, 250.0, "reservoir 100 → 250 u"),
        ("processing_cost", 10.0, 2.5, "cost 10 → 2.5 u"),
        ("dormancy_regen", (1.0, 3.0), (2.0, 4.0), "refill 1 to 3 → 2 to 4 u"),
    ],
)
def test_every_live_knob_has_short_words_with_its_unit(knob, old, new, expected):
    assert words(draw("loss", [*run_events(), intervened(1.5, new=new, old=old, knob=knob)]), "intervention") == expected
    assert set(SHORT_NAMES) == {name for name, knob in KNOBS.items() if knob.live}


def test_a_dragged_slider_is_one_marker():
    drag = [intervened(1.5 + i / 1000, old=0.06 + i / 1000, new=0.061 + i / 1000) for i in range(30)]
    figure = draw("loss", [*run_events(), *drag])
    assert [marker["x0"] for marker in markers(figure)] == [1.529]
    assert words(figure, "intervention") == "target 6 → 9 % (30×)"


@pytest.mark.parametrize("count", [3, 30, 2_000])
@pytest.mark.parametrize("name", OVER_EPOCHS)
def test_words_of_many_interventions_stay_few_and_apart(name, count):
    knobs = ("target_activation_rate", "gate_temperature", "adapt_kp")
    changes = [intervened(9.9 * (i + 1) / count, new=0.1, old=0.2, knob=knobs[i % 3]) for i in range(count)]
    figure = draw(name, [*run_events(epochs=10), *changes])
    assert 1 <= len(markers(figure)) <= MOST_MARKERS
    labels = [label for label in figure["layout"]["annotations"] if label.get("name") == "intervention"]
    assert 1 <= len(labels) <= 3
    start = 0.5 if name == "savings" else 0
    lefts = [PLOT_PX * (label["x"] - start) / 10 + label["xshift"] for label in labels]
    edges = sorted((left, left + CHARACTER_PX * len(label["text"])) for left, label in zip(lefts, labels, strict=True))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(edges))
    assert edges[0][0] >= -2
    assert edges[-1][1] <= PLOT_PX + 2


def test_the_markers_of_all_panels_stand_at_the_same_epochs():
    changes = [intervened(0.33 * i) for i in range(1, 25)]
    events = [*run_events(epochs=8), *changes]
    at = {name: [marker["x0"] for marker in markers(draw(name, events))] for name in OVER_EPOCHS}
    assert at["loss"] == at["accuracy"] == at["activation"] == pytest.approx([x - 0.5 for x in at["savings"]])


def test_a_change_in_the_running_epoch_is_inside_the_axes():
    events = [*run_events(epochs=9), intervened(9.4)]
    for name in OVER_EPOCHS:
        figure = draw(name, events)
        low, high = figure["layout"]["xaxis"]["range"]
        assert low < markers(figure)[0]["x0"] <= high


def test_speed_is_silent_until_an_epoch_has_begun_and_ended_since_the_target_changed():
    events = [started(), calibrated(), ended(1), intervened(1.5), ended(2)]
    outdated = draw("speed", events)
    assert trace(outdated, "epochs")["y"] == ["dense", "per-sample"]
    assert "no epoch since the last change" in words(outdated)
    assert "×" not in words(outdated)
    later = draw("speed", [*events, ended(3, active=120, training_s=2.0)])
    assert f"2.00 s · n=1 · 5.0× of at most {1 / 0.12:.1f}×" in words(later)
    assert "no epoch of this run since the last change" in PANELS["speed"].alt(RunView.of(events)).lower()


def test_the_alternative_of_the_rate_reports_what_was_held_since_the_change():
    events = [started(), batch(1, 1.0, 60, 1000), intervened(1.0)]
    assert PANELS["activation"].alt(RunView.of(events)) == (
        "Activation rate. 6.00 % of 1,000 candidates active; target changed to 12.0 %, nothing counted since."
    )
    events.append(batch(2, 1.5, 11, 100))
    assert PANELS["activation"].alt(RunView.of(events)).endswith("target changed to 12.0 %, 11.00 % of 100 since.")
