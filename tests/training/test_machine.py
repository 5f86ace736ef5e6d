"""How many threads a step uses."""

import torch

from sundew_core.training.machine import choose_threads


def test_small_steps_use_one_thread_and_large_ones_all_cores(monkeypatch):
    chosen = []
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    for step_flop in (3e8, 4.5e9, 4e10):
        choose_threads(step_flop)
    assert chosen == [1, 4, 8]
