"""The panels of a run draw what its events say."""

import json
import math
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sundew_core.config import ARMS, KNOBS
from sundew_core.figures.parts import short, shorts
from sundew_core.figures.run.beside_dense import ON_BAR
from sundew_core.figures.run.panels import PANELS
from sundew_core.figures.theme import DARK, LIGHT, theme
from sundew_core.metrics import RunView
from sundew_core.wording import seconds, times
from tests.support.drawing import OVER_EPOCHS, checked, draw, trace, words
from tests.support.made_up import N, batch, calibrated, ended, failed, finished, intervened, run_events, started

TITLES = ["Training loss", "Validation accuracy", "Activation rate", "Energy savings", "Speed", "Samples"]


def contrast(one, other):
    """Contrast ratio of WCAG 2.2."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_there_are_six_panels_with_these_titles():
    assert [panel.title for panel in PANELS.values()] == TITLES
    for name, panel in PANELS.items():
        assert draw(name, run_events())["layout"]["title"]["text"] == f"<b>{panel.title}</b>"
        assert panel.look_for.startswith("Look for: ")


def test_loss_is_that_of_batches_and_epochs():
    events = run_events(epochs=3)
    figure = draw("loss", events)
    view = RunView.of(events)
    assert trace(figure, "batches")["y"] == pytest.approx([event.train_loss for event in view.batches])
    assert trace(figure, "batches")["x"] == pytest.approx([event.progress for event in view.batches], rel=1e-4)
    assert (trace(figure, "epochs")["x"], trace(figure, "epochs")["y"]) == ([1, 2, 3], [1.9, 1.8, 1.7])
    assert "1.700" in words(figure)


def test_accuracy_is_in_percent_and_the_last_one_is_written():
    figure = draw("accuracy", [started(), ended(1, val_accuracy=0.31), ended(2, val_accuracy=0.518), ended(3, val_accuracy=0.4)])
    assert trace(figure, "epochs")["y"] == pytest.approx([31.0, 51.8, 40.0])
    assert "40.0 %" in words(figure)
    assert "best 51.8 %" in words(figure)


def test_rates_are_drawn_with_target_set_point_and_sustainable_rate():
    figure = draw("activation", run_events(epochs=1))
    assert trace(figure, "realised")["y"] == [6.0, 6.0, 9.0, 6.0, 6.0]
    assert trace(figure, "expected")["y"] == [7.0] * 5
    assert trace(figure, "set-point")["y"] == [5.8] * 5
    assert trace(figure, "epochs")["y"] == [6.0]
    assert (trace(figure, "target")["x"], trace(figure, "target")["y"]) == ([0, 1], [6.0, 6.0])
    assert trace(figure, "target")["line"]["dash"] == "dash"
    assert "target 6.0" in words(figure, "note")
    assert "set-point 5.8" in words(figure, "note")
    assert "sustainable 16.7 ↑" in words(figure, "note"), "it is beyond the axis"
    assert not figure["layout"].get("shapes")


def test_a_sustainable_rate_near_the_others_is_a_thin_dashed_line():
    figure = draw("activation", run_events(target_activation_rate=0.12))
    (line,) = figure["layout"]["shapes"]
    assert (line["name"], line["y0"], line["y1"], line["line"]["dash"]) == ("sustainable", 16.667, 16.667, "dash")
    assert "fillcolor" not in line
    assert "sustainable 16.7<" in words(figure, "note")


def test_the_sustainable_rate_is_that_of_the_knobs_in_force():
    cheaper = intervened(0.9, new=2.0, old=10.0, knob="processing_cost")
    assert "sustainable 50.0 ↑" in words(draw("activation", [*run_events(), cheaper]), "note")


def test_a_set_point_on_the_target_shares_its_name():
    figure = draw("activation", [started(), batch(1, 0.5, 6, 100, set_point=0.06)])
    assert "target = set-point 6.0" in words(figure, "note")
    assert words(figure, "note").count("set-point") == 1


def test_the_target_is_drawn_in_steps():
    figure = draw("activation", [*run_events(epochs=3), intervened(1.5, new=0.12), intervened(2.0, new=9.0, reason="no")])
    target = trace(figure, "target")
    assert (target["x"], target["y"], target["line"]["shape"]) == ([0, 1.5, 3], [6.0, 12.0, 12.0], "hv")
    assert "since the change" in words(figure, "headline")
    assert "whole run" in words(draw("activation", run_events()), "headline")


def test_the_rate_axis_begins_at_zero_and_neither_a_spike_nor_a_dense_phase_flattens_it():
    spike = [batch(1, (i + 1) / 100, 80 if i == 0 else 6, 100) for i in range(100)]
    low, high = draw("activation", [started(), *spike])["layout"]["yaxis"]["range"]
    assert low == 0
    assert 9 <= high <= 12
    dense = [batch(1, 0.5, 100, 100, expected_rate=None, set_point=None), ended(1, active=N, phase="dense")]
    warmed = draw("activation", [started(warmup_epochs=1), *dense, batch(2, 1.5, 6, 100)])
    assert warmed["layout"]["yaxis"]["range"][1] <= 12
    assert "dense ones are above the axis" in warmed["layout"]["xaxis"]["title"]["text"]
    only_dense = draw("activation", [started(arm="dense"), *dense])
    assert only_dense["layout"]["yaxis"]["range"][1] >= 100
    assert only_dense["layout"]["xaxis"]["title"]["text"] == "epochs"


@pytest.mark.parametrize("score_flop", [0.0, 100.0])
def test_savings_include_scoring_and_samples_skipped_do_not(score_flop):
    rates = (0.06, 0.10)
    epochs = [ended(i + 1, active=int(N * rate), score_flop=score_flop) for i, rate in enumerate(rates)]
    figure = draw("savings", [started(score_flop=score_flop), *epochs])
    assert trace(figure, "saved")["y"] == pytest.approx([100 * (1 - score_flop / 300 - rate) for rate in rates], rel=1e-3)
    assert trace(figure, "skipped")["y"] == [94.0, 90.0, 90.0]
    assert f"{100 * (1 - score_flop / 300 - 0.08):.1f} %" in words(figure)
    assert "modelled from FLOPs" in words(figure)
    assert "samples skipped 92.0 %" in words(figure)


def test_bars_of_a_long_run_stand_for_several_epochs_and_say_so():
    figure = draw("savings", [started(), *(ended(i, active=i) for i in range(1, 201))])
    saved = trace(figure, "saved")
    assert len(saved["y"]) == 50
    assert saved["y"][0] == pytest.approx(100 * (1 - (1 + 2 + 3 + 4) / 4 / N), rel=1e-3)
    assert "4 per bar" in figure["layout"]["xaxis"]["title"]["text"]


def test_joules_are_named_only_where_a_meter_read_them():
    read = draw("savings", [started(meter="NVML"), ended(1, energy_j=70.0), ended(2, energy_j=50.0)])
    assert "NVML read 120 J" in read["layout"]["xaxis"]["title"]["text"]
    assert " J" not in draw("savings", run_events())["layout"]["xaxis"]["title"]["text"]


def test_speed_compares_measured_seconds_and_draws_the_ceiling():
    figure = draw("speed", run_events(epochs=3))
    own, dense, single = median([1.0, 1.1, 1.2]), 0.01 * N, 0.05 * N
    end = figure["layout"]["xaxis"]["range"][1]
    bars = trace(figure, "epochs")
    assert dict(zip(bars["y"], bars["x"], strict=True)) == {"sundew": own, "dense": dense, "per-sample": min(single, end)}
    assert f"1.10 s · n=3 · {dense / own:.1f}× of at most {1 / 0.06:.1f}×" in words(figure)
    assert "10.0 s · calibrated, n=30" in words(figure)
    assert "50.0 s · calibrated, n=20, off the axis" in words(figure)
    assert figure["layout"]["shapes"][0]["x0"] == pytest.approx(dense * 0.06)


def test_words_that_do_not_fit_beside_their_bar_take_two_lines():
    slow = draw("speed", [started(), calibrated(), ended(1, training_s=12.0)])
    assert f"12.0 s · n=1<br>0.8× of at most {1 / 0.06:.1f}×" in words(slow)


def test_a_measurement_beyond_the_model_is_not_called_at_most():
    assert "20.0× (model: 16.7×)" in words(draw("speed", [started(), calibrated(), ended(1, training_s=0.5)]))


def test_no_bar_without_an_event_behind_it():
    not_calibrated = draw("speed", [started(), ended(1)])
    assert trace(not_calibrated, "epochs")["y"] == ["sundew"]
    assert words(not_calibrated).count("not timed in this run") == 2
    assert "×" not in words(not_calibrated)
    no_epoch = draw("speed", [started(), calibrated()])
    assert trace(no_epoch, "epochs")["y"] == ["dense", "per-sample"]
    assert "no epoch timed yet" in words(no_epoch)
    assert "×" not in words(no_epoch)


def test_no_panel_shows_a_number_before_any_event():
    for panel in PANELS.values():
        figure = checked(panel.draw(RunView(), True))
        assert not any(character.isdigit() for character in words(figure).replace("font-size:11px", ""))
        assert not any(trace.get("y") or trace.get("values") for trace in figure["data"] if trace["type"] != "bar")


def test_samples_are_counted():
    figure = draw("samples", [started(), *(ended(i, active=66) for i in range(1, 8))])
    assert trace(figure, "samples")["values"] == [462, 7 * N - 462]
    assert "6.6 %" in words(figure)
    assert "462 of 7,000 candidates" in words(figure)


def test_a_dense_run_honestly_saves_nothing():
    events = [started(arm="dense"), calibrated(), ended(1, active=N, phase="dense", training_s=10.1)]
    assert trace(draw("savings", events), "saved")["y"] == [0.0]
    assert trace(draw("samples", events), "samples")["values"] == [N, 0]
    assert trace(draw("speed", events), "epochs")["y"] == ["this run", "dense", "per-sample"]
    assert "target" not in words(draw("activation", events))


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_has_a_sentence_for_every_state(name):
    empty = PANELS[name].empty
    assert empty(RunView()).startswith("No run yet")
    assert empty(RunView.of([started()])).startswith("First epoch under way: ")
    assert empty(RunView.of([started(), failed()])) == "The run failed: the loss became NaN"
    nothing = finished(reason="stopped", active=0, candidates=1)
    ended_early = empty(RunView.of([started(), nothing]))
    assert ended_early is None or ended_early.startswith("The run ended before")
    assert empty(RunView.of(run_events())) is None
    assert empty(RunView.of([*run_events(), failed()])) is None


def test_text_alternatives_hold_the_numbers():
    view = RunView.of(run_events(epochs=3))
    assert [panel.alt(view) for panel in PANELS.values()] == [
        "Training loss. Mean cross-entropy 1.700 in epoch 3, 1.900 in epoch 1.",
        "Validation accuracy. 50.0 % of the held-out samples after epoch 3, at best 50.0 % after epoch 3.",
        "Activation rate. 6.00 % of 3,000 candidates active, target 6.0 %.",
        "Energy savings. Compute saved 94.0 %, modelled from counted FLOPs, scoring included; samples skipped 94.0 %.",
        "Speed. This run 1.10 s per epoch (n = 3); dense 10.0 s (n = 30); per-sample 50.0 s (n = 20); "
        "speed-up 9.1×, modelled ceiling 16.7×.",
        "Samples. 180 of 3,000 candidates processed, 2,820 skipped.",
    ]
    under_way = RunView.of([started(), batch(1, 0.1, 6, 100)])
    assert PANELS["loss"].alt(under_way) == "Training loss. Cross-entropy 2.000 in the latest batches of the first epoch."
    assert PANELS["accuracy"].alt(under_way).startswith("Validation accuracy. First epoch under way")


def test_a_redraw_keeps_zoom_and_traces():
    for name in PANELS:
        early, late = draw(name, run_events(epochs=1)), draw(name, run_events(epochs=60))
        assert early["layout"]["uirevision"] == late["layout"]["uirevision"]
        assert [trace["uid"] for trace in early["data"]] == [trace["uid"] for trace in late["data"]]


def test_the_same_events_give_the_same_figure():
    assert all(draw(name, run_events()) == draw(name, run_events()) for name in PANELS)


def test_the_line_under_the_cursor_is_thin():
    for name in OVER_EPOCHS:
        layout = draw(name, run_events())["layout"]
        assert (layout["xaxis"]["spikethickness"], layout["xaxis"]["spikedash"]) == (1, "solid")
        assert "showspikes" not in layout["yaxis"]


def test_figures_stay_small_however_long_the_run_and_however_often_the_user_intervenes():
    def size(epochs, changes=0):
        events = [started(epochs=epochs), calibrated()]
        for epoch in range(1, epochs + 1):
            for i in range(60):
                wave = math.sin(1.7 * i * epoch) / 7
                more = {"train_loss": 2 + wave, "expected_rate": 0.2 + wave, "set_point": 0.06 + wave / 100}
                events.append(batch(epoch, epoch - 1 + (i + 1) / 60, int(2_000 + 1_000 * wave), 10_007, **more))
            events.append(ended(epoch, val_accuracy=0.5 + math.sin(epoch) / 7))
        knobs = [name for name, knob in KNOBS.items() if knob.live and name != "dormancy_regen"]
        events.extend(
            intervened(epochs * i / changes, new=0.05 + i / 30_000, old=0.123456, knob=knobs[i % len(knobs)])
            for i in range(changes)
        )
        view = RunView.of(events)
        return sum(len(json.dumps(panel.draw(view, True), separators=(",", ":"))) for panel in PANELS.values())

    assert size(200) < 100_000
    assert size(800) < 1.2 * size(200)
    assert size(200, changes=2_000) < 150_000


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
def test_text_is_legible_and_marks_are_visible(look):
    for ground in (look.ground, look.panel):
        assert all(
            contrast(text, ground) >= 4.5 for text in (look.text, look.secondary, look.change_text, *look.arm_texts.values())
        )
        assert all(contrast(mark, ground) >= 3.0 for mark in (*look.arms.values(), look.active, look.saved, look.change))
    assert all(contrast(ON_BAR, bar) >= 4.5 for bar in look.arms.values())
    assert set(look.arms) == set(look.arm_texts) == set(ARMS)


def test_the_dark_theme_has_the_colours_that_were_chosen():
    chosen = {"sundew": "#E8505B", "dense": "#8FA3B0", "random": "#F5B841", "per-sample": "#9B7EDE"}
    assert chosen.items() <= dict(DARK.arms).items()
    assert (DARK.active, DARK.dormant) == ("#E8505B", "#3D5A4C")
    assert (theme(True), theme(False)) == (DARK, LIGHT)


@given(st.lists(st.floats(-1e7, 1e7).filter(lambda value: value == 0.0 or abs(value) > 1e-9)), st.integers(2, 7))
def test_many_numbers_are_rounded_as_one_is(values, digits):
    for many, one in zip(shorts(values, digits), [short(value, digits) for value in values], strict=True):
        assert many == pytest.approx(one, rel=1.001 * 10.0 ** (1 - digits), abs=0), "ties may be rounded either way"
        assert float(f"{many:.{digits}g}") == many, "and never more digits than asked for"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (seconds(0.0432), "0.043 s"), (seconds(0.85), "0.85 s"), (seconds(12.44), "12.4 s"), (seconds(1240.3), "1,240 s"),
        (times(14.62), "14.6×"), (times(120.4), "120×"), (short(1.23456789), 1.2346), (short(123456.0), 123460.0),
    ],
)  # fmt: skip
def test_numbers_have_the_precision_that_they_deserve(written, expected):
    assert written == expected
