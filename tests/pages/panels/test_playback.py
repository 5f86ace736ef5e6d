"""Playback: where a replay stands, by a clock that the test holds."""

import pytest

from pages.panels.replay.playback import PLAY_S, SPEEDS, Playback, recorded
from sundew_core.events.run import BatchSeen
from sundew_core.metrics import Replay
from sundew_core.records.example import example
from tests.support import made_up
from tests.support.acting import record

LENGTH = 10.0
SPEED = 0.25  # at which so short a run takes PLAY_S
T = 100.0
HALF = PLAY_S / 2


def test_a_run_stands_at_its_end_until_the_user_moves_it():
    end = Playback("r")
    assert end.second(LENGTH, T) == LENGTH
    assert not end.plays(LENGTH, T)


@pytest.mark.parametrize("length_s", [0.5, 4.1, 40.0, 410.0, 4_000.0, 100_000.0])
def test_the_whole_takes_about_as_long_as_everywhere_however_long_the_run_was(length_s):
    playing = Playback("r", 0.0, T)
    assert playing.speed(length_s) in SPEEDS
    whole_s = length_s / playing.speed(length_s)
    if SPEEDS[0] <= length_s / PLAY_S <= SPEEDS[-1]:
        assert PLAY_S / 2 < whole_s < PLAY_S * 2
    assert playing.second(length_s, T + whole_s / 2) == pytest.approx(length_s / 2)
    assert playing.plays(length_s, T + whole_s / 2)
    assert playing.second(length_s, T + whole_s + 5) == length_s
    assert not playing.plays(length_s, T + whole_s + 5)


def test_play_goes_on_from_where_it_stood_and_from_the_end_anew():
    assert Playback("r").play(LENGTH, T) == Playback("r", 0.0, T)
    stood = Playback("r", 4.0)
    assert stood.play(LENGTH, T) == Playback("r", 4.0, T)
    assert stood.play(LENGTH, T).pause(LENGTH, T + HALF) == Playback("r", 4.0 + HALF * SPEED)


def test_seeking_stands_where_it_stood_still_and_plays_on_where_it_played():
    assert Playback("r", 2.0).seek(7.0, LENGTH, T) == Playback("r", 7.0)
    assert Playback("r", 2.0, T).seek(7.0, LENGTH, T + 1) == Playback("r", 7.0, T + 1)
    assert Playback("r", 2.0).seek(99.0, LENGTH, T) == Playback("r", LENGTH)
    assert Playback("r", 2.0, T).seek(-1.0, LENGTH, T + 1) == Playback("r", 0.0, T + 1)
    assert not Playback("r", 2.0, T).seek(LENGTH, LENGTH, T + 1).plays(LENGTH, T + 2)


def test_at_a_chosen_speed_it_moves_so_many_recorded_seconds_a_second():
    for speed in (0.1, 1.0, 100.0):
        playing = Playback("r", 2.0, T, speed)
        assert playing.second(1e6, T + 3) == pytest.approx(2.0 + 3 * speed)
    assert not Playback("r", 2.0, T, 100.0).plays(LENGTH, T + 1)


def test_another_speed_goes_on_from_where_it_is_and_starts_nothing():
    playing = Playback("r", 2.0, T, 1.0)
    assert playing.at_speed(10.0, LENGTH, T + 1) == Playback("r", 3.0, T + 1, 10.0)
    assert Playback("r", 2.0, None, 1.0).at_speed(10.0, LENGTH, T) == Playback("r", 2.0, None, 10.0)
    assert Playback("r", None, None, 1.0).at_speed(10.0, LENGTH, T) == Playback("r", LENGTH, None, 10.0)


def test_a_step_adds_exactly_one_batch_and_back_takes_it_away():
    replay = Replay(example())

    def stepped(playback, to, back=False, times=1):
        return playback.steered([{"do": "step", "to": to, "back": back}] * times, replay, T)

    def batches(playback):
        return sum(isinstance(event, BatchSeen) for event in example()[: replay.count(playback.second(replay.length_s, T))])

    begun = Playback("example", 1.0, T - 1.0, 0.1)
    before = batches(begun)
    for added in (1, 2, 3):
        assert batches(stepped(begun, "batch", times=added)) == before + added
    assert not stepped(begun, "batch").plays(replay.length_s, T)
    assert batches(stepped(stepped(begun, "batch", times=3), "batch", back=True, times=3)) == before
    here = begun.position(replay, T)
    assert stepped(begun, "epoch").position(replay, T).epoch == int(here.epoch) + 1


def test_wishes_in_order():
    replay = Replay(example())
    hurried = Playback("example").steered([{"do": "play"}, {"do": "speed", "at": 100.0}], replay, T)
    assert hurried == Playback("example", 0.0, T, 100.0)
    stood = hurried.steered([{"do": "pause"}], replay, T + 0.02)
    assert stood.at_s == pytest.approx(2.0)
    sought = stood.steered([{"do": "seek", "at": 5.0}], replay, T)
    assert sought.position(replay, T).epoch == 5.0
    unknown = [{"do": "speed", "at": 3.0}, {"do": "step", "to": "year", "back": False}, {"do": "dance"}]
    assert sought.steered(unknown, replay, T) == sought, "what the bar does not offer changes nothing"


def test_a_position_is_described_for_the_bar_and_the_diagram():
    replay = Replay(example())
    begun = Playback("example", 0.0, T).position(replay, T)
    assert (begun.at_s, begun.epoch, begun.epochs, begun.speed, begun.motion) == (0.0, 0.0, 10.0, 0.1, "moving")
    assert Playback("example", 1.0).position(replay, T).motion == "standing"
    end = Playback("example").position(replay, T)
    assert (end.at_s, end.epoch, end.playing, end.motion) == (replay.length_s, 10.0, False, "calm")


def test_events_are_read_once_for_all(runner):
    events = [*made_up.run_events(epochs=2), made_up.finished()]
    record(*events)
    run = made_up.started().run
    assert recorded(run, len(events)) is recorded(run, len(events))
    assert list(recorded(run, len(events))) == events
