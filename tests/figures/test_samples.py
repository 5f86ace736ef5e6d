"""Figures of samples: they draw the table, are small enough to be sent, and are valid for plotly."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from sundew_core.events.run import NEVER
from sundew_core.figures.samples.classes import MOST_CLASSES, active_set, active_set_words, class_rates, class_words
from sundew_core.figures.samples.map import MOST_POINTS, MOST_RINGS, map_words, significance_map
from sundew_core.figures.samples.panels import ONE_EPOCH, SAMPLES, SamplesSubject
from sundew_core.metrics import RunView
from sundew_core.metrics.sample_table import read_table, suspects
from tests.metrics.test_sample_table import crowd, table
from tests.support import made_up
from tests.support.drawing import trace, words

LARGEST_MAP = 150_000
"""Bytes."""
VIEW = RunView.of([made_up.started(), *(made_up.samples_seen(epoch) for epoch in (1, 2, 3))])


def checked(figure):
    """The figure as the browser gets it, after plotly has checked every key."""
    return json.loads(go.Figure(figure).to_json(remove_uids=False))


def starved(classes=("a", "b"), poor=1):
    labels = [0] * 300 + [poor] * 100
    return table(labels=labels, times=[4] * 300 + [1] * 100, losses=[1] * 400, scores=[0.5] * 400, classes=classes)


@pytest.mark.parametrize("dark", [True, False])
def test_every_figure_is_plotly(dark):
    for figure in (
        class_rates(VIEW, table(), dark), significance_map(table(), dark, 1), significance_map(crowd(), dark),
        active_set(VIEW, dark), class_rates(RunView(), table(times=(0, 0, 0, 0)), dark), active_set(RunView(), dark),
    ):  # fmt: skip
        assert checked(figure)["layout"]["title"]["text"]


def test_classes_show_their_part_of_the_activations_beside_that_of_the_data():
    figure = checked(class_rates(VIEW, table(), True))
    assert trace(figure, "got")["x"] == ["disc", "square"]
    assert trace(figure, "got")["y"] == pytest.approx([62.5, 37.5])
    assert trace(figure, "fair")["y"] == [50.0, 50.0]
    assert "0.75×" in words(figure, "headline")
    assert words(figure, "starved") == ""
    assert class_words(table()) == (
        "No class is starved: each got from 0.75× (square) to 1.25× (disc) of its part of the data set."
    )


def test_a_starved_class_is_named_in_the_figure_and_in_words():
    figure = checked(class_rates(VIEW, starved(), True))
    assert words(figure, "starved") == "0.3×"
    assert "starved: b<" in words(figure, "note")
    assert "least: b" in words(figure, "headline")
    assert class_words(starved()) == "Starved, with less than half of their part of the data set: b (0.31×)."


def test_of_many_classes_those_that_got_least_and_most_are_shown():
    labels = np.arange(4_000) % 100
    many = read_table(
        made_up.samples_seen(labels=labels, times=labels + 1, losses=[1] * 4_000, scores=[0.5] * 4_000),
        [f"class {i}" for i in range(100)],
    )
    figure = checked(class_rates(VIEW, many, True))
    half = MOST_CLASSES // 2
    assert trace(figure, "got")["x"] == [f"class {i}" for i in (*range(half), *range(100 - half, 100))]
    assert "of 100" in figure["layout"]["xaxis"]["title"]["text"]
    assert "and 21 more" in class_words(many)


def test_an_arm_that_chooses_nothing_starves_no_class():
    even = table(times=(4, 4, 4, 4), losses=[1] * 4, scores=[NEVER] * 4)
    assert "equally often" in class_words(even)
    assert class_words(table(times=(0, 0, 0, 0), losses=[NEVER] * 4)) == "No sample has been active yet."


def test_a_point_of_the_map_is_its_sample():
    figure = checked(significance_map(table(), True, picked=3))
    points = trace(figure, "samples")
    assert points["customdata"] == [0, 2, 3]
    assert points["x"] == pytest.approx([4, 1, 3], abs=0.33), "moved a little, so that points do not hide each other"
    assert points["y"] == [0.75, 0.5, 0.25]
    assert points["marker"]["color"] == [2.0, 0.5, 0.25]
    assert trace(figure, "suspects")["customdata"] == [0]
    assert trace(figure, "picked")["customdata"] == [3]
    assert trace(figure, "picked")["x"] == [points["x"][2]], "the mark is on the point"
    assert "suspect" in words(figure, "note")
    (mean,) = figure["layout"]["shapes"]
    assert (mean["x0"], mean["line"]["dash"]) == (2.0, "dash")


def test_a_picked_sample_is_marked_though_its_point_was_thinned_out():
    many = crowd()
    shown = set(significance_map(many, True)["data"][1]["customdata"])
    hidden = next(i for i in range(len(many)) if i not in shown)
    assert checked(significance_map(many, True, hidden))["data"][-1]["customdata"] == [hidden]


def test_without_scores_the_map_is_of_losses_and_says_so():
    blind = table(scores=(NEVER,) * 4)
    figure = checked(significance_map(blind, True, picked=1))
    assert "loss" in figure["layout"]["yaxis"]["title"]["text"]
    assert trace(figure, "samples")["y"] == [2.0, 0.5, 0.25]
    assert trace(figure, "picked")["customdata"] == [], "sample 1 was never trained: it has no place"
    assert "gives no scores" in map_words(blind)


def test_a_map_of_many_samples_is_small_enough_to_be_sent():
    many = crowd(100_000)
    figure = significance_map(many, True)
    assert len(trace(figure, "samples")["x"]) <= MOST_POINTS
    assert len(trace(figure, "suspects")["x"]) <= MOST_RINGS <= len(suspects(many))
    assert trace(figure, "ground")["z"]
    assert len(json.dumps(figure, separators=(",", ":"))) < LARGEST_MAP
    assert "100,000 samples, active 0 to 60 times" in map_words(many)


def test_the_map_in_words_counts_suspects():
    assert map_words(table()) == "4 samples, active 0 to 4 times, 2.0 on average. 1 suspect: always active, never learned."
    assert "No suspects" in map_words(table(losses=[0.1] * 4))
    assert map_words(table(times=[3] * 4)).startswith("All 4 samples were active 3 times.")


def test_the_active_set_is_drawn_beside_one_drawn_at_random():
    figure = checked(active_set(VIEW, True))
    changed, chance = trace(figure, "changed"), trace(figure, "chance")
    assert changed["x"] == chance["x"] == [2, 3]
    assert changed["y"] == [87.5, 87.5]
    assert chance["y"] == [97.73, 97.73]
    assert chance["line"]["dash"] == "dash"
    assert "modelled" in words(figure, "note")
    assert active_set_words(VIEW) == (
        "88 % of the samples active in epoch 3 or the one before were active in only one of the two; "
        "if drawn at random, 98 % would be."
    )


def test_one_epoch_has_nothing_to_compare_with():
    run = RunView.of([made_up.started(), made_up.samples_seen(1)])
    assert SAMPLES["active-set"].empty(SamplesSubject(run=run, table=table(), picked=None)) == ONE_EPOCH
