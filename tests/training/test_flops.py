"""Operations are counted as in the textbook."""

import pytest
import torch

from sundew_core.training.flops import count_flop


def test_counted_operations_are_those_of_the_textbook():
    linear = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    forward, step = count_flop(linear, (1, 8, 8))
    assert forward == 2 * 64 * 10
    assert step == 2 * forward  # the first layer needs no gradient of its input


def test_attention_is_counted_in_full():
    from sundew_core.models.building import build

    forward, step = count_flop(build("vit", (3, 32, 32), 10), (3, 32, 32))
    tokens, dim, depth = 64, 256, 6
    attention = depth * 2 * 2 * tokens * tokens * dim
    matrices = depth * 2 * tokens * dim * dim * (4 + 2 * 2)
    assert forward == pytest.approx(attention + matrices, rel=0.05)
    assert step / forward == pytest.approx(3.0, rel=0.02)
