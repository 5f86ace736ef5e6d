"""The learner: the course of the learning rate, and losses that do not depend on how a forward pass is cut."""

import pytest
import torch

from sundew_core.training import learner as learning
from sundew_core.training.learner import cosine
from sundew_core.training.trainer import prepare
from tests.support.small_runs import small


def test_the_learning_rate_falls_from_its_peak_to_zero():
    assert [cosine(2.0, progress) for progress in (0, 0.5, 1, 1.1)] == pytest.approx([2.0, 1.0, 0.0, 0.0])


@pytest.mark.parametrize("half_resolution", [False, True])
def test_blocks_give_the_losses_of_one_pass_in_the_order_asked_for(monkeypatch, half_resolution):
    samples = torch.arange(400).flip(0)

    def losses(block):
        monkeypatch.setitem(learning.FORWARD_BLOCK, "cpu", block)
        learner = prepare(small()).learner
        for _ in range(3):  # a new model finds all samples alike
            learner.step(samples[:32], progress=0.0)
        return learner.forward_losses(samples, half_resolution=half_resolution)

    in_blocks = losses(64)
    torch.testing.assert_close(in_blocks, losses(400), rtol=1e-4, atol=1e-5)
    assert in_blocks.unique().numel() > 300
