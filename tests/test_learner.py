"""The course of the learning rate."""

import pytest

from sundew_core.training.learner import cosine


def test_the_learning_rate_falls_from_its_peak_to_zero():
    assert [cosine(2.0, progress) for progress in (0, 0.5, 1, 1.1)] == pytest.approx([2.0, 1.0, 0.0, 0.0])
