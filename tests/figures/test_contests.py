"""Figures of races and benches draw recorded events, and without events they say why."""

import json
from itertools import combinations

import plotly.graph_objects as go
import pytest

from sundew_core.config import ARMS
from sundew_core.figures.contests import bench as bench_figures
from sundew_core.figures.contests import race as race_figures
from sundew_core.figures.theme import DARK, LIGHT, theme
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import AXES, RaceView
from tests.support.drawing import trace, words
from tests.support.made_up_contests import bench_events, bench_started, race_events, race_started, slice_timed

TALE = {"sundew": [0.5, 0.8, 0.85, 0.86, 0.9], "dense": [0.4, 0.5, 0.6, 0.7, 0.8], "random": [0.6, 0.7, 0.75, 0.78, 0.79]}
MADE_OF = {
    "equal": lambda view, dark: race_figures.equal(view, "seconds", dark),
    "reach": race_figures.reach,
    "compute_saved": race_figures.compute_saved,
    "energy_saved": race_figures.energy_saved,
}
"""The figures of a race's end."""


def race_view(**more):
    return RaceView.of(race_events(TALE, **more))


def uids(figure):
    return [trace["uid"] for trace in figure["data"]]


def values(figure):
    """The numbers of a figure with one trace in rows, by arm."""
    (only,) = figure["data"]
    return dict(zip(only["y"], only["x"], strict=True))


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("along", AXES)
def test_each_arm_has_its_curve_in_its_colour(along, dark):
    view = race_view()
    figure = race_figures.accuracy(view, along, dark)
    go.Figure(figure)  # plotly knows every key of it
    assert uids(figure) == list(view.arms), "one seed: no band"
    for arm in view.arms:
        drawn = trace(figure, arm)
        assert drawn["line"]["color"] == theme(dark).arms[arm]
        assert drawn["y"] == pytest.approx([10.0, *(100 * height for height in TALE[arm])])
    assert figure["layout"]["xaxis"]["title"]["text"] == race_figures.UNITS[along][0]


def test_the_switch_changes_what_is_counted():
    view = race_view()
    ends = {along: trace(race_figures.accuracy(view, along, True), "sundew")["x"][-1] for along in AXES}
    assert ends == pytest.approx({"seconds": 10.0, "samples": 900.0, "epochs": 15.0, "flop": 900 * 300e-12})


def test_several_seeds_have_a_band_from_the_lowest_to_the_highest():
    figure = race_figures.accuracy(race_view(seeds=(0, 1, 2)), "seconds", True)
    go.Figure(figure)
    assert uids(figure) == [uid for arm in TALE for uid in (f"{arm} band", arm)]
    band, line = trace(figure, "dense band"), trace(figure, "dense")
    assert line["y"][-1] == pytest.approx(81.0)
    assert (max(band["y"]), band["y"][5], band["y"][6]) == pytest.approx((82.0, 82.0, 80.0))
    assert band["fill"] == "toself"
    (level,) = figure["layout"]["shapes"]
    assert (level["y0"], level["line"]["dash"]) == (pytest.approx(81.0), "dash")


def test_the_arms_are_named_with_their_latest_accuracy():
    written = words(race_figures.accuracy(race_view(), "seconds", True))
    for arm, number in (("sundew", "90.0 %"), ("dense", "80.0 %"), ("random", "79.0 %")):
        assert f"color:{DARK.arm_texts[arm]}'>— {arm} {number}" in written


def test_a_race_that_has_just_started_is_an_empty_picture_and_no_error():
    for events in ([], [race_started()]):
        view = RaceView.of(events)
        for along in AXES:
            figure = race_figures.accuracy(view, along, True)
            go.Figure(figure)
            assert all(not drawn["x"] for drawn in figure["data"])
            assert not figure["layout"]["shapes"]


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("name", MADE_OF)
def test_the_end_has_a_row_for_every_arm(name, dark):
    figure = MADE_OF[name](race_view(seeds=(0, 1, 2), joules_per_s=20.0), dark)
    go.Figure(figure)
    assert figure["layout"]["yaxis"]["categoryarray"] == list(TALE)
    rows = [label for label in figure["layout"]["annotations"] if label.get("y") in TALE]
    assert len(rows) == 3


def test_numbers_of_the_end_are_those_of_the_metrics():
    view = race_view(joules_per_s=20.0)
    assert values(race_figures.equal(view, "seconds", True)) == {"sundew": 90.0, "dense": 80.0, "random": 79.0}
    assert values(race_figures.reach(view, True)) == {"sundew": 4.0, "dense": 10.0}
    assert values(race_figures.compute_saved(view, True)) == {"sundew": 94.0, "dense": 0.0, "random": 94.0}
    saved = values(race_figures.energy_saved(view, True))
    assert saved == pytest.approx({"sundew": 93.333, "dense": 0.0, "random": 93.75})
    assert "never in 1 of 1 seeds" in words(race_figures.reach(view, True))
    assert "4.00 s · 2.50×" in words(race_figures.reach(view, True))


@pytest.mark.parametrize(
    ("name", "events", "reason"),
    [
        ("energy_saved", race_events(TALE), "no energy meter on this machine"),
        ("energy_saved", race_events({"sundew": [0.5]}, joules_per_s=9.0), "no dense arm raced"),
        ("energy_saved", [race_started(meter="a meter")], "no seed has finished yet"),
        ("reach", race_events({"sundew": [0.5], "random": [0.6]}), "no dense arm raced"),
        ("reach", [race_started()], "no seed has finished yet"),
        ("equal", [race_started()], "no seed has finished yet"),
        ("compute_saved", [race_started()], "no seed has finished yet"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_not_measured_has_no_bar_but_a_reason(name, events, reason):
    """Without the measurement, or without its comparison, there is no bar."""
    figure = MADE_OF[name](RaceView.of(events), True)
    assert values(figure) == {}
    arms = RaceView.of(events).arms
    reasons = [label["text"] for label in figure["layout"]["annotations"] if label.get("y") in arms]
    assert reasons == [reason] * len(arms)


def test_an_accuracy_that_was_not_validated_has_no_point_but_a_reason():
    figure = race_figures.equal(race_view(), "epochs", True)
    assert values(figure) == {"dense": 80.0}
    assert words(figure).count("no validation so early") == 2


@pytest.mark.parametrize("dark", [True, False])
def test_bench_bars_have_their_spread_and_their_ceiling(dark):
    view = BenchView.of(bench_events())
    figure = bench_figures.speedups(view, dark)
    go.Figure(figure)
    assert values(figure) == {"dense": 1.0, "sundew memory": 10.0}
    bars = trace(figure, "bars")
    assert bars["marker"]["color"] == [theme(dark).arms["dense"], theme(dark).arms["sundew"]]
    marks = figure["layout"]["shapes"]
    assert [mark["x0"] for mark in marks] == [1.0, 12.5]
    assert all(mark["line"]["dash"] == "dash" and mark["line"]["width"] <= 1.5 and "fillcolor" not in mark for mark in marks)
    assert "10.0× · 80 % of at most 12.5×, n = 3" in words(figure)


def test_without_a_dense_slice_there_is_no_speed_up_and_no_mark():
    figure = bench_figures.speedups(BenchView.of([bench_started(), slice_timed("sundew memory", 1, 0.1)]), True)
    assert values(figure) == {}
    assert not figure["layout"]["shapes"]
    assert words(figure).count("not timed yet") == 2


def test_a_contestant_that_was_left_out_says_why():
    started = bench_started(left_out={"sundew proxy": "scorer=proxy needs a model that takes half-size images: choose another"})
    figure = bench_figures.speedups(BenchView.of([started]), True)
    assert figure["layout"]["yaxis"]["categoryarray"][-1] == "sundew proxy"
    assert started.left_out["sundew proxy"] in words(figure)


def test_the_gates_growth_is_drawn_from_a_thousand_on():
    figure = bench_figures.gate_growth(BenchView.of(bench_events()), True)
    go.Figure(figure)
    drawn = trace(figure, "gate")
    assert (drawn["x"], drawn["y"]) == ([1_000, 10_000], [1.0, 10.0])
    assert "1,000 ns per candidate" in words(figure)
    empty = bench_figures.gate_growth(BenchView.of([]), True)
    assert trace(empty, "gate")["x"] == []


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=["dark", "light"])
def test_arms_can_be_told_apart_without_seeing_red_green_or_blue(look):
    pairs = {(one, other): difference(look.arms[one], look.arms[other]) for one, other in combinations(ARMS, 2)}
    assert min(pairs.values()) > 0.05, min(pairs, key=pairs.get)
    assert difference(DARK.arms["sundew"], DARK.arms["sundew"]) == 0.0


# Machado, Oliveira, Fernandes (2009): linear RGB as seen without one kind of cone, and OKLab (Ottosson, 2020) to compare.
SEEN = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def difference(one, other):
    """The smallest distance in OKLab over the ways of seeing; neighbours of a palette that work have 0.05 and more."""
    return min(sum((a - b) ** 2 for a, b in zip(oklab(one, eye), oklab(other, eye), strict=True)) ** 0.5 for eye in SEEN.values())


def oklab(colour, eye):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    r, g, b = (min(1.0, max(0.0, sum(weight * c for weight, c in zip(row, linear, strict=True)))) for row in eye)
    cones = [
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    ]
    rows = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    return [sum(weight * cone for weight, cone in zip(row, cones, strict=True)) for row in rows]


def test_figures_are_plain_data():
    drawn = [race_figures.accuracy(race_view(), "seconds", True), bench_figures.speedups(BenchView.of(bench_events()), True)]
    assert json.loads(json.dumps(drawn, allow_nan=False)) == drawn
