"""The tally counts, and compares itself with an earlier state."""

import torch

from sundew_core.training.choosing import Choice
from sundew_core.training.tally import Tally


def test_what_was_counted_after_an_earlier_state():
    later = Tally(candidates=30, active=6, expected=4.0, trained=5, loss_sum=10.0, training_s=2.5)
    since = later.since(Tally(candidates=10, active=2, expected=1.0, trained=1, loss_sum=2.0, training_s=1.0))
    assert since == Tally(candidates=20, active=4, expected=3.0, trained=4, loss_sum=8.0, training_s=1.5)
    assert since.train_loss == 2.0
    assert since.expected_rate(Choice(torch.empty(0), expected_rate=0.1)) == 0.15


def test_without_trained_samples_or_a_gate_there_is_no_number():
    assert Tally().train_loss is None
    assert Tally(candidates=5).expected_rate(None) is None
    assert Tally(candidates=5).expected_rate(Choice(torch.empty(0))) is None
