"""The clock adds up laps."""

import time

import torch

from sundew_core.training.clock import Clock


def test_the_clock_adds_up_laps_and_starts_again_from_0():
    clock = Clock(torch.device("cpu"))
    for _ in range(2):
        with clock.lap("outer"), clock.lap("inner"):
            time.sleep(0.01)
    laps_s = clock.read()
    assert 0.02 <= laps_s["inner"] <= laps_s["outer"] < 2.0
    assert clock.read() == {}
