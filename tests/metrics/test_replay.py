"""Replay: a run at any moment is the view of its events up to there."""

import pytest

from sundew_core.events.run import BatchSeen, EpochEnded
from sundew_core.metrics import Replay, RunView
from sundew_core.metrics.replay import recorded_s
from sundew_core.records.example import example
from tests.support.made_up import batch, calibrated, ended, failed, finished, intervened, paused, resumed, run_events, started


def test_moments_may_be_looked_at_in_any_order():
    events = [*run_events(4), finished()]
    replay = Replay(events)
    for at_s in (0.0, 3.0, 3.1, 1.0, replay.length_s, 2.5):
        assert replay.view(at_s) == RunView.of(events[: replay.count(at_s)])
    assert replay.view(replay.length_s).finished is not None


def test_a_run_that_failed_at_once_has_a_length_of_nothing():
    replay = Replay([started(), failed()])
    assert (replay.length_s, replay.epochs, replay.view(0.0).failed) == (0.0, 0.0, failed())
    assert Replay([]).view(0.0) == RunView()


def timed(epoch, progress, training_s):
    return batch(epoch, progress, 6, 100, training_s=training_s)


TIMED = [
    started(), calibrated(), timed(1, 0.5, 1.0), paused(0.5), resumed(0.5), timed(1, 1.0, 2.0),
    ended(1, training_s=3.5, validation_s=0.5), timed(2, 1.5, 0.25), timed(2, 2.0, 0.5),
    ended(2, training_s=1.0, validation_s=1.0), finished(),
]  # fmt: skip
SECONDS = [0, 0, 1, 1, 1, 3, 4, 4.25, 4.75, 6, 6]


def test_recorded_seconds_are_those_of_training_and_validation_and_pauses_take_none():
    replay = Replay(TIMED)
    assert (replay.length_s, replay.epochs) == (6.0, 2.0)
    for second in sorted({0.0, 0.5, *SECONDS, 99.0}):
        count = sum(recorded <= second for recorded in SECONDS)
        assert replay.count(second) == count
        assert replay.view(second) == RunView.of(TIMED[:count])
    assert [replay.epochs_at(second) for second in (0.0, 1.0, 2.9, 3.0, 4.5, 6.0)] == [0.0, 0.5, 0.5, 1.0, 1.5, 2.0]


def test_the_end_only_comes_last_and_what_changed_the_run_with_the_batch_before_it():
    events = [started(), timed(1, 0.5, 1.0), intervened(0.5), timed(1, 1.0, 1.0), finished("stopped")]
    replay = Replay(events)
    assert [replay.count(second) for second in (0.0, 0.9, 1.0, 1.9, 2.0)] == [1, 1, 3, 3, 5]
    assert replay.second_of(replay.epochs) == replay.length_s


def test_the_length_is_known_without_all_events():
    for events in (TIMED, TIMED[:-2], TIMED[:3], example(), [started(), failed()]):
        assert recorded_s(RunView.of(events)) == pytest.approx(Replay(events).length_s)


def test_so_many_epochs_have_their_second_and_back():
    replay = Replay(TIMED)
    assert [replay.second_of(epochs) for epochs in (0.0, 0.5, 0.9, 1.0, 1.5, 2.0)] == [0.0, 1.0, 1.0, 4.0, 4.25, 6.0]
    for epochs in (0.0, 0.5, 1.0, 1.5, 2.0):
        assert replay.epochs_at(replay.second_of(epochs)) == epochs
    assert Replay([]).second_of(1.0) == Replay([]).epochs_at(1.0) == Replay([]).length_s == Replay([]).epochs == 0.0


def test_a_step_goes_to_the_next_batch_or_epoch_and_back_to_where_one_less_was_there():
    replay = Replay(TIMED)
    steps = [0.0]
    while steps[-1] < replay.length_s:
        steps.append(replay.next_s(BatchSeen, steps[-1]))
    assert steps == [0.0, 1.0, 3.0, 4.25, 4.75, 6.0], "every batch once, and then the end"
    back = [replay.length_s]
    while back[-1] > 0:
        back.append(replay.previous_s(BatchSeen, back[-1]))
    assert back == steps[::-1]
    assert replay.previous_s(BatchSeen, 1.7) == 0.0, "between two batches, too, there is one less"
    assert [replay.next_s(EpochEnded, second) for second in (0.0, 3.9, 4.0, 6.0)] == [4.0, 4.0, 6.0, 6.0]
    assert [replay.previous_s(EpochEnded, second) for second in (0.5, 4.0, 4.5, 6.0)] == [0.0, 0.0, 4.0, 4.0]


def test_where_batches_were_not_timed_they_share_the_seconds_of_their_epoch():
    replay = Replay([*run_events(2), finished()])  # epochs of 1.0 and 1.1 seconds, five batches each
    assert [round(replay.next_s(BatchSeen, at), 3) for at in (0.0, 0.2, 0.8, 1.0, 1.3)] == [0.2, 0.4, 1.0, 1.22, 1.44]
    assert replay.length_s == pytest.approx(2.1)


def test_the_example_keeps_its_recorded_pace():
    replay = Replay(example())
    epochs = [event for event in example() if isinstance(event, EpochEnded)]
    assert replay.length_s == pytest.approx(sum(epoch.training_s + epoch.validation_s for epoch in epochs))
    assert replay.second_of(1.0) == epochs[0].training_s + epochs[0].validation_s
