"""What the architecture flow shows of a run: its words and numbers, without a screen."""

import dataclasses
import json

import plotly.graph_objects as go
import pytest

from sundew_core.arms import STAGES, VARIANTS, stage_of, stages_of
from sundew_core.figures.flow import panels
from sundew_core.figures.flow import stage_figures as flow
from sundew_core.figures.flow.diagram import CELLS, DENSE_DOTS, choices, describe, facts, own_variant, palettes
from sundew_core.figures.flow.panels import SERIES
from sundew_core.figures.flow.stage_words import PART_NAMES
from sundew_core.figures.theme import DARK, LIGHT
from sundew_core.metrics import RunView
from sundew_core.records.example import example
from tests.support.made_up import N, batch, calibrated, ended, failed, started

LARGEST = 10_000
"""Bytes of a message with news."""


def view(*events, **knobs):
    return RunView.of([started(**knobs), calibrated(), *events])


def frame(run, variant=None, motion="moving"):
    return describe(run, variant or own_variant(run), motion=motion, caption="a caption")


def stage(run, name, variant=None):
    return next(stage for stage in frame(run, variant)["stages"] if stage["name"] == name)


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_shows_its_own_stages_in_order(variant):
    found = frame(RunView.of(example()), variant)
    assert tuple(stage["name"] for stage in found["stages"]) == stages_of(variant, RunView.of(example()).knobs)
    assert (found["variant"], found["arm"]) == (variant, VARIANTS[variant].arm)
    assert all(stage["title"] == stage_of(variant, stage["name"]).title for stage in found["stages"])
    assert all(stage["alt"].startswith(stage["title"]) for stage in found["stages"])


@pytest.mark.parametrize("count", [1, 2, 3, 40, 400, None])
@pytest.mark.parametrize("variant", VARIANTS)
def test_any_moment_of_a_run_is_drawn_from_its_events_alone_and_stays_small(variant, count):
    run = RunView.of(example()[:count])
    text = json.dumps(frame(run, variant), allow_nan=False)
    assert text == json.dumps(frame(RunView.of(example()[:count]), variant))
    assert len(text.encode()) + len(json.dumps(palettes())) < LARGEST


def test_the_stages_show_the_latest_telemetry():
    run = view(batch(1, 0.256, 30, 256, threshold=-0.5, energy_u=42.0, batch=7, train_loss=0.25), batch_size=32)
    assert stage(run, "data")["lines"] == ["digits", "1,000 per epoch"]
    assert stage(run, "gate")["lines"] == ["p = σ((s − θ) / T)", "expected 7.0 %", "set-point 5.8 %"]
    assert stage(run, "controller")["lines"] == ["θ ← θ − (kp e + ki I) / g", "e = −1.20 %", "kp 0.12   ki 0.008"]
    assert stage(run, "reservoir")["lines"] == ["42 u of 100", "sustains 16.7 %"]
    assert stage(run, "mask")["lines"] == ["256 → 30 active", "11.7 %"]
    assert stage(run, "pack")["lines"] == ["30 of 32 wait"]
    assert stage(run, "step")["lines"] == ["cnn, AdamW", "loss 0.250"]
    assert stage(run, "memory")["lines"] == ["1,000 losses", "no forward pass"]
    found = frame(run)
    assert found["gate"]["threshold"] == -0.5
    assert found["gate"]["word"] == "θ −0.500"
    assert found["level"] == 0.42
    assert found["histogram"] == [0.5, 1.0]
    assert found["queue"] == {"waiting": 30, "of": 32}
    assert found["labels"] == {"candidates": "[256]", "active": "[30]", "batch": "[32]", "dormant": "226 dormant"}
    assert found["mask"] == {"cells": CELLS, "lit": 12, "turn": 7}


def test_times_are_measured_in_epochs_or_marked_as_computed():
    before = view(batch(1, 0.5, 30, 500))
    assert stage(before, "gate")["time"] == "51.2 ms · 25 %"
    assert stage(before, "step")["time"] == "≈ 154 ms · 75 %"
    assert stage(before, "significance")["time"] == ""
    after = before.extended([ended(1, training_s=1.0, scoring_s=0.1, gating_s=0.3)])
    assert stage(after, "significance")["time"] == "25.6 ms · 10 %"
    assert stage(after, "gate")["time"] == "76.8 ms · 30 %"
    assert stage(after, "step")["share"] == pytest.approx(0.6)
    assert stage(after, "step")["alt"].endswith("154 ms per candidate batch, 60 % of the time.")
    assert frame(after)["note"] == "seconds measured in the epochs of this run"
    assert frame(after, "dense")["note"] == "timed before this run, which trains sundew, memory"
    assert frame(after, "random")["note"].startswith("≈ computed from parts timed before this run, which trains sundew")
    fresh = stage(after, "forward", "sundew-fresh")
    assert fresh["time"] == "768 ms · 79 %"
    assert stage(after, "step", "sundew-fresh")["time"].startswith("≈ ")


def test_the_comparison_is_the_measured_one():
    run = view(*[ended(i, training_s=1.0, scoring_s=0.1, gating_s=0.3) for i in (1, 2)])
    cost = frame(run)["cost"]
    assert [row["label"] for row in cost["rows"]] == ["dense", "sundew, memory"]
    assert [row["epoch_s"] for row in cost["rows"]] == [10.0, 1.0]
    assert [row["words"] for row in cost["rows"]] == [
        "10.0 s per epoch · calibrated · n = 30",
        "1.00 s per epoch · measured · n = 2",
    ]
    assert [(part["name"], part["epoch_s"]) for part in cost["rows"][1]["parts"]] == [
        ("scoring", 0.1), ("gate, packing", 0.3), ("train steps", 0.6),
    ]  # fmt: skip
    assert (cost["number"], cost["words"]) == ("10.0×", "faster than dense · 60 % of its ceiling 16.7×")
    single = frame(run, "per-sample")["cost"]
    assert (single["number"], single["words"]) == ("5.0×", "slower than dense")
    dense = frame(run, "dense")["cost"]
    assert (dense["number"], len(dense["rows"])) == ("1.0×", 1)
    chance = frame(run, "random")["cost"]
    assert chance["number"].startswith("≈ ")
    assert [part["name"] for part in chance["rows"][1]["parts"]] == ["choice, packing", "train steps"]


@pytest.mark.parametrize(
    ("arm", "active", "rate"), [("dense", N, 1.0), ("per-sample", N, 1.0), ("random", 60, 0.06), ("sundew", 60, 0.06)]
)
def test_the_numbers_are_right_for_a_run_of_every_arm(arm, active, rate):
    gated = {} if arm == "sundew" else {"threshold": None, "energy_u": None, "sensitivity": None, "significance_histogram": None}
    chance = (
        {"expected_rate": 0.06, "set_point": 0.06}
        if arm in ("random", "sundew")
        else dict.fromkeys(("expected_rate", "set_point"))
    )
    seen = batch(1, 1.0, active, N, **{**gated, **chance})
    run = view(seen, ended(1, active=active, phase="dense" if rate == 1 else "sparse", training_s=5.0), arm=arm)
    found = frame(run)
    assert found["arm"] == arm
    assert found["flow"]["rate"] == rate
    assert found["cost"]["rows"][-1]["epoch_s"] == 5.0
    assert found["cost"]["number"] == ("1.0×" if arm == "dense" else "2.0×")
    assert found["mask"]["lit"] == round(100 * rate)
    assert (found["gate"] is not None) == (found["level"] is not None) == (arm == "sundew")
    assert all("–" not in line for stage in found["stages"] for line in stage["lines"])
    if arm in ("dense", "per-sample"):
        memory = frame(run, "sundew-memory")
        assert memory["gate"] is memory["histogram"] is memory["level"] is None
        assert memory["flow"]["rate"] == 0.06
        assert stage(run, "mask", "sundew-memory")["lines"][0] == "256 → ≈ 15 active"


def test_what_is_not_known_is_a_dash_and_no_dot_is_drawn_of_it():
    nothing = frame(RunView())
    assert {line for stage in nothing["stages"] for line in stage["lines"]} == {"–"}
    assert nothing["flow"] == {"motion": "moving", "rate": None, "dots": None, "per_dot": None}
    assert nothing["cost"] == {"rows": [], "number": "", "words": ""}
    untimed = frame(RunView.of([started()]))
    assert (untimed["cost"]["number"], untimed["note"]) == ("–", "this run did not time this arm")
    old = calibrated(forward_sample_s=None, forward_n=None, gate_sample_s=None, gate_n=None, chance_sample_s=None)
    run = RunView.of([started(), old])
    assert stage(run, "forward", "sundew-fresh")["time"] == "not timed"


def test_a_dense_epoch_lets_the_gate_rest():
    dense = dict.fromkeys(("expected_rate", "set_point", "threshold", "energy_u", "sensitivity", "significance_histogram"))
    run = view(batch(1, 0.5, 500, 500, **dense), warmup_epochs=1)
    assert stage(run, "gate")["lines"][1] == "expected –"
    assert frame(run)["gate"] is frame(run)["level"] is None
    assert frame(run)["flow"]["rate"] == 1.0, "every candidate passes in this epoch"


def test_dots_of_all_arms_are_to_the_scale_of_dense():
    run = view(ended(1, training_s=1.0))
    flows = {variant: frame(run, variant)["flow"] for variant in choices(run)}
    assert {flow["per_dot"] for flow in flows.values()} == {33}
    assert flows["dense"]["dots"] == pytest.approx(DENSE_DOTS, rel=0.02)
    assert flows["sundew-memory"]["dots"] == pytest.approx(10 * DENSE_DOTS, rel=0.02)
    assert flows["per-sample"]["dots"] == pytest.approx(DENSE_DOTS / 5, rel=0.02)


def test_proxy_is_offered_only_where_a_run_has_timed_it():
    assert "sundew-proxy" not in choices(view())
    proxy = view(ended(1, scoring_s=0.2), scorer="proxy", score_flop=25.0)
    assert "sundew-proxy" in choices(proxy)
    assert stage(proxy, "forward")["lines"] == ["half the pixels of each"]
    refreshed = view(memory_refresh=4)
    assert stage(refreshed, "forward")["lines"] == ["of one candidate in 4"]
    assert frame(refreshed)["refreshed"]


def test_the_detail_of_a_stage_says_how_its_time_is_known():
    run = view(ended(1, training_s=1.0, scoring_s=0.1, gating_s=0.3))
    assert facts(run, "sundew-memory", "gate") == [
        "76.8 ms per candidate batch, 30 % of the time", "measured, median of its epochs, n = 1",
    ]  # fmt: skip
    fresh = facts(run, "sundew-fresh", "step")
    assert fresh[1].startswith("computed: 6.0 % of the candidates, realised")
    assert fresh[2] == "the figure shows this run, which trains sundew, memory"
    assert facts(run, "sundew-memory", "mask") == ["its time is part of the gate's"]
    assert facts(run, "sundew-memory", "data") == []
    assert facts(RunView(), "sundew-memory", "gate") == []


def test_both_themes_have_all_colours():
    found = palettes()
    assert found["dark"]["arms"]["sundew"]["mark"] == DARK.arms["sundew"]
    assert found["light"]["dormant"] == LIGHT.dormant
    assert found["dark"].keys() == found["light"].keys()


# The time series


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("dark", [True, False])
def test_every_stage_has_a_figure_that_plotly_accepts(name, dark):
    first, *others = example()
    scorer = "fresh" if name == "forward" else "memory"
    run = RunView.of([dataclasses.replace(first, config={**first.config, "scorer": scorer}), *others])
    assert SERIES[name].empty(run) is None
    figure = go.Figure(SERIES[name].draw(run, dark))
    assert all(len(trace.x) > 1 for trace in figure.data)
    assert figure.layout.yaxis.title.text
    assert len(SERIES[name].numbers(run)) > 10


@pytest.mark.parametrize("name", STAGES)
def test_a_series_has_a_sentence_for_every_state(name):
    assert "No run yet" in SERIES[name].empty(RunView())
    assert "First epoch under way" in SERIES[name].empty(view()) or name in panels.NOT_HERE
    assert "failed: the loss became NaN" in SERIES[name].empty(view(failed()))


def test_a_stage_that_the_run_does_not_have_says_so():
    dense = view(batch(1, 1.0, N, N, threshold=None, expected_rate=None), ended(1, active=N, phase="dense"), arm="dense")
    assert {name for name in STAGES if (sentence := SERIES[name].empty(dense)) and sentence.startswith("This run")} == set(
        panels.NOT_HERE
    )


def test_series_hold_the_numbers_of_the_events():
    run = view(
        batch(1, 0.5, 30, 500, training_s=0.25, energy_u=50.0), batch(1, 1.0, 20, 500, training_s=0.5, energy_u=40.0),
        ended(1, training_s=1.0, scoring_s=0.1, gating_s=0.3),
    )  # fmt: skip
    assert flow.of_batches(run, flow.realised) == [(0.5, 6.0), (1.0, 4.0)]
    assert flow.of_batches(run, flow.pace) == [(0.5, 2000.0), (1.0, 1000.0)]
    assert [flow.part_ms(run, part) for part in PART_NAMES] == [
        [(1.0, pytest.approx(1000 * 0.256 * share))] for share in (0.1, 0.3, 0.6)
    ]
    assert list(flow.energy(run, True)["data"][0]["y"]) == [50.0, 40.0]
    assert list(flow.waiting(run, True)["data"][0]["y"]) == [30.0, 18.0]
    heat = flow.scores(run, True)["data"][0]
    assert heat["z"] == [[1, 1], [2, 2]]
