"""Playback: where a replay stands, by a clock that the test holds."""

import pytest

from pages.panels.replay.playback import PLAY_S, Playback

LENGTH = 10.0
T = 100.0
HALF = PLAY_S / 2


def test_a_run_stands_at_its_end_until_somebody_moves_it():
    end = Playback("r")
    assert end.position(LENGTH, T) == LENGTH
    assert not end.plays(LENGTH, T)


def test_playing_takes_the_same_time_however_long_the_run_was():
    for length in (0.5, 10.0, 10_000.0):
        playing = Playback("r", 0.0, T)
        assert playing.position(length, T + HALF) == pytest.approx(length / 2)
        assert playing.plays(length, T + HALF)
        assert playing.position(length, T + PLAY_S + 5) == length
        assert not playing.plays(length, T + PLAY_S + 5)


def test_play_goes_on_from_where_it_stood_and_from_the_end_anew():
    assert Playback("r").play(LENGTH, T) == Playback("r", 0.0, T)
    stood = Playback("r", 4.0)
    assert stood.play(LENGTH, T) == Playback("r", 4.0, T)
    assert stood.play(LENGTH, T).pause(LENGTH, T + HALF) == Playback("r", 9.0)


def test_seeking_stands_where_it_stood_still_and_plays_on_where_it_played():
    assert Playback("r", 2.0).seek(7.0, LENGTH, T) == Playback("r", 7.0)
    assert Playback("r", 2.0, T).seek(7.0, LENGTH, T + 1) == Playback("r", 7.0, T + 1)
    assert Playback("r", 2.0).seek(99.0, LENGTH, T) == Playback("r", LENGTH)
    assert Playback("r", 2.0, T).seek(-1.0, LENGTH, T + 1) == Playback("r", 0.0, T + 1)
    assert not Playback("r", 2.0, T).seek(LENGTH, LENGTH, T + 1).plays(LENGTH, T + 2)


def test_with_a_speed_it_moves_so_many_of_its_units_a_second():
    for speed in (0.1, 1.0, 100.0):
        playing = Playback("r", 2.0, T, speed)
        assert playing.position(1e6, T + 3) == pytest.approx(2.0 + 3 * speed)
    assert not Playback("r", 2.0, T, 100.0).plays(LENGTH, T + 1)


def test_another_speed_goes_on_from_where_it_is_and_starts_nothing():
    playing = Playback("r", 2.0, T, 1.0)
    assert playing.at_speed(10.0, LENGTH, T + 1) == Playback("r", 3.0, T + 1, 10.0)
    assert Playback("r", 2.0, None, 1.0).at_speed(10.0, LENGTH, T) == Playback("r", 2.0, None, 10.0)
    assert Playback("r", None, None, 1.0).at_speed(10.0, LENGTH, T) == Playback("r", LENGTH, None, 10.0)
