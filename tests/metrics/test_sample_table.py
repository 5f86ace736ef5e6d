"""Numbers about samples: who is shown, which class is passed over, what changes; and that wrong labels come to light."""

import json
import math

import numpy as np
import pytest

from sundew_core.config import Config
from sundew_core.data.loading import load
from sundew_core.events.run import NEVER, SamplesSeen, from_json, to_json
from sundew_core.metrics import RunView
from sundew_core.metrics.sample_map import CELLS, place
from sundew_core.metrics.sample_table import (
    ORDERS,
    class_shares,
    facts,
    least_active,
    most_active,
    ordered,
    read_table,
    suspects,
    turnover,
)
from sundew_core.training.trainer import train
from tests.support import made_up

CLASSES = ("disc", "square")
MANY = 20_000


def table(classes=CLASSES, **columns):
    return read_table(made_up.samples_seen(**columns), classes)


def crowd(samples=MANY, seed=0):
    """Many samples, most of them at a few places, and one alone."""
    chance = np.random.default_rng(seed)
    times = chance.poisson(3, samples)
    times[17] = 60
    scores = np.round(chance.beta(2, 5, samples), 3)
    return table(labels=chance.integers(2, size=samples), times=times, losses=chance.exponential(0.5, samples), scores=scores)


# The table


def test_a_record_becomes_a_table_also_after_it_was_stored():
    event = from_json(to_json(made_up.samples_seen()))
    read = read_table(event, CLASSES)
    assert len(read) == 4
    assert read.labels.tolist() == [0, 1, 0, 1]
    assert read.times_active.tolist() == [4, 0, 1, 3]
    assert read.last_loss == pytest.approx([2.0, math.nan, 0.5, 0.25], nan_ok=True)
    assert read.significance == pytest.approx([0.75, math.nan, 0.5, 0.25], nan_ok=True)
    assert (read.scored, read.even) == (True, False)
    assert read.guessing_loss == pytest.approx(math.log(2))


def test_an_arm_without_scores_and_one_that_chooses_nothing_are_known():
    dense = table(times=(4, 4, 4, 4), losses=(1, 1, 1, 1), scores=(NEVER,) * 4)
    assert (dense.scored, dense.even) == (False, True)
    assert [fact.significance for fact in facts(dense, np.array([0]))] == [None]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (made_up.samples_seen(arrays={}), "epoch 1 lacks labels, last_loss, significance, times_active"),
        (made_up.samples_seen(times=(1, 2)), "do not fit each other"),
        (made_up.samples_seen(labels=(0, 1, 2, 0)), "or the 2 classes"),
    ],
)
def test_a_record_that_cannot_be_read_says_why(event, says):
    with pytest.raises(ValueError, match=says):
        read_table(event, CLASSES)


def test_a_view_keeps_the_arrays_of_the_latest_record_and_the_facts_of_all():
    events = [made_up.started(), *(made_up.samples_seen(epoch) for epoch in (1, 2, 3))]
    view = RunView.of(events)
    assert [bool(seen.arrays) for seen in view.samples_seen] == [False, False, True]
    assert [seen.epoch for seen in view.samples_seen] == [1, 2, 3]
    assert view.samples_seen[0].class_active == (35, 25)
    pieces = RunView()
    for event in events:
        pieces = pieces.extended([event])
    assert pieces == view


# Who is shown


def test_the_most_active_come_first_and_among_equals_the_highest_loss():
    tied = table(times=(3, 3, 5, 3), losses=(0.5, 2.0, 0.1, NEVER))
    assert most_active(tied).tolist() == [2, 1, 0, 3]


def test_the_least_active_come_first_and_among_equals_the_least_significant():
    tied = table(times=(1, 1, 0, 1), scores=(0.5, 0.25, 0.75, NEVER))
    assert least_active(tied).tolist() == [2, 1, 0, 3]


def test_a_suspect_is_often_active_and_no_better_than_a_guess():
    doubtful = table(
        labels=[0] * 10,
        times=(8, 8, 1, 4, 1, 1, 1, 1, 1, 1),  # 2.7 on average
        losses=(3.0, 0.2, 5.0, 2.0, 0.1, 0.1, 0.1, 0.1, 0.1, NEVER),
        scores=[0.5] * 10,
    )
    assert suspects(doubtful).tolist() == [0], "sample 1 is learned, 2 is rarely active, 3 not half as often again as the average"
    assert [fact.suspect for fact in facts(doubtful, np.arange(4))] == [True, False, False, False]


def test_suspects_are_in_the_order_of_the_effort_in_vain():
    times = [6, 10, 6, *[0] * 20]
    found = suspects(table(labels=[0] * 23, times=times, losses=[1.0, 1.0, 2.0, *[0.0] * 20], scores=[0.5] * 23))
    assert found.tolist() == [2, 1, 0]


def test_an_order_can_be_had_of_one_class():
    seen = table()
    for order in ORDERS:
        assert ordered(seen, order).tolist() == ORDERS[order](seen).tolist()
        assert all(seen.labels[i] == 1 for i in ordered(seen, order, 1))
    assert ordered(seen, "most", 1).tolist() == [3, 1]


def test_facts_are_those_of_the_table():
    first, second = facts(table(), np.array([0, 1]))
    assert (first.index, first.label, first.times_active, first.over_mean) == (0, "disc", 4, 2.0)
    assert (first.significance, first.last_loss, first.learned, first.suspect) == (0.75, 2.0, False, True)
    assert (second.label, second.times_active, second.over_mean) == ("square", 0, 0.0)
    assert (second.significance, second.last_loss, second.learned, second.suspect) == (None, None, None, False)
    (fact,) = facts(table(times=(0, 0, 0, 0)), np.array([3]))
    assert fact.over_mean is None


# Classes


def test_class_shares_are_counted_and_a_class_that_gets_little_is_starved():
    labels = [0] * 300 + [1] * 100
    shares = class_shares(
        table(labels=labels, times=[4] * 300 + [1] * 100, losses=[1] * 400, scores=[0.5] * 400, classes=("a", "b", "c"))
    )
    assert [share.name for share in shares] == ["a", "b"], "there is no sample of c"
    rich, poor = shares
    assert (poor.samples, poor.share, poor.active) == (100, 0.25, 100)
    assert poor.active_share == pytest.approx(100 / 1300)
    assert poor.fair == pytest.approx(325)
    assert poor.ratio == pytest.approx(100 / 325)
    assert (rich.starved, poor.starved) == (False, True)


def test_small_numbers_accuse_nobody():
    labels = [0] * 30 + [1] * 10
    shares = class_shares(table(labels=labels, times=[1] * 34 + [0] * 6, losses=[1] * 40, scores=[0.5] * 40))
    assert shares[1].ratio < 0.5
    assert not shares[1].starved


def test_before_anything_was_active_there_are_no_shares():
    assert class_shares(table(times=(0, 0, 0, 0))) == []


# What changes


def test_turnover_is_the_jaccard_distance_beside_that_of_two_sets_drawn_by_lot():
    view = RunView.of([made_up.started(), made_up.samples_seen(1), made_up.samples_seen(2)])
    (change,) = turnover(view)
    assert change.epoch == 2
    assert change.changed == pytest.approx(1 - 10 / (50 + 40 - 10))
    assert change.by_chance.value == pytest.approx(1 - 2 / (50 + 40 - 2)), "50 x 40 / 1000 are shared on average"
    nothing = made_up.samples_seen(3, samples_active=0, samples_before=0, samples_kept=0)
    assert len(turnover(view.extended([nothing]))) == 1


def test_the_random_arm_turns_over_as_if_by_lot_and_the_dense_one_not_at_all():
    view = RunView.of(train(Config(arm="random", target_activation_rate=0.2, digits_repeats=1, epochs=6, device="cpu")))
    changes = turnover(view)
    assert len(changes) == 5
    for change in changes:
        assert change.changed == pytest.approx(change.by_chance.value, abs=0.06)
    dense = turnover(RunView.of(train(Config(arm="dense", digits_repeats=1, epochs=2, device="cpu"))))
    assert [change.changed for change in dense] == [0.0]


# The map


def test_few_samples_all_have_their_point():
    placed = place(table(), 3_000)
    assert placed.measure == "significance"
    assert placed.indices.tolist() == [0, 2, 3], "sample 1 has no score"
    assert (placed.x.tolist(), placed.y.tolist()) == ([4, 1, 3], [0.75, 0.5, 0.25])
    assert placed.counts is None


def test_without_scores_the_map_is_of_losses():
    placed = place(table(scores=(NEVER,) * 4), 3_000)
    assert placed.measure == "last_loss"
    assert placed.y.tolist() == [2.0, 0.5, 0.25]


def test_of_many_samples_crowds_are_thinned_and_loners_stay():
    many = crowd()
    placed = place(many, 2_000)
    assert 1_500 < len(placed.indices) <= 2_000
    assert 17 in placed.indices
    assert len(set(placed.indices.tolist())) == len(placed.indices)
    assert placed.counts.sum() == MANY, "the ground behind the points counts all of them"
    assert placed.counts.shape == (len(placed.y_centres), len(placed.x_centres))
    assert len(placed.x_centres) <= CELLS[0]
    column = np.abs(placed.x_centres[:, None] - many.times_active).argmin(axis=0)
    assert (np.bincount(column, minlength=len(placed.x_centres)) == placed.counts.sum(axis=0)).all()
    assert (placed.y == many.significance[placed.indices]).all()


def test_which_samples_are_kept_hardly_changes_while_the_run_goes_on():
    before = crowd()
    later = table(
        labels=before.labels,
        times=before.times_active,
        losses=before.last_loss,
        scores=np.clip(before.significance + 0.001, 0, 1),
    )
    kept, kept_later = (set(place(one, 2_000).indices.tolist()) for one in (before, later))
    assert len(kept & kept_later) > 0.8 * len(kept)


# Wrong labels


def noisy_run(arm):
    config = Config(
        dataset="shapes", shapes_samples=1_500, shapes_redundancy=0.7, shapes_label_noise=0.1, arm=arm,
        target_activation_rate=0.15, batch_size=16, epochs=16, seed=0, device="cpu",
    )  # fmt: skip
    view = RunView.of(event for event in train(config) if type(event).__name__ in ("RunStarted", "SamplesSeen"))
    return read_table(view.samples_seen[-1], view.started.classes), load(config).noisy.numpy()


@pytest.fixture(scope="module")
def noisy_runs():
    return {arm: noisy_run(arm) for arm in ("sundew", "random")}


def test_wrong_labels_are_among_the_suspects(noisy_runs):
    seen, noisy = noisy_runs["sundew"]
    base = noisy.mean()
    assert base == pytest.approx(0.1)
    worst = suspects(seen)[:20]
    assert len(worst) == 20
    assert noisy[worst].mean() >= 6 * base, "measured: 0.95"
    assert noisy[suspects(seen)].mean() >= 5 * base, "all of them, some 40; measured: 0.81"


def test_the_gates_choice_alone_points_at_wrong_labels(noisy_runs):
    seen, noisy = noisy_runs["sundew"]
    often = np.argsort(-seen.times_active, kind="stable")[:20]
    assert noisy[often].mean() >= 3 * noisy.mean(), "measured: 0.45"


def test_without_the_gates_choice_how_often_a_sample_was_active_tells_nothing_of_its_label(noisy_runs):
    seen, noisy = noisy_runs["random"]
    often = np.argsort(-seen.times_active, kind="stable")[:100]
    assert noisy[often].mean() < 2 * noisy.mean()
    by_the_gate, told_right = noisy_runs["sundew"]
    assert noisy[suspects(seen)].mean() < 0.6 * told_right[suspects(by_the_gate)].mean(), "chance accuses more of the innocent"


# What reading costs


def test_nothing_of_a_record_is_decoded_until_somebody_looks_at_samples():
    line = to_json(
        made_up.samples_seen(labels=[0] * 50_000, times=np.arange(50_000) % 60, losses=[1] * 50_000, scores=[0.5] * 50_000)
    )
    event = from_json(line)
    assert isinstance(event, SamplesSeen)
    assert all(isinstance(text, str) for text in event.arrays.values())
    assert json.loads(line)["arrays"] == event.arrays
