"""The length of a run: in epochs, or in training seconds that only charged time uses up."""

import time

import pytest
import torch

import sundew_core.training.budget
from sundew_core.config import Config
from sundew_core.training.arms import DenseArm
from sundew_core.training.budget import EpochBudget, SecondsBudget, dense_phase
from sundew_core.training.learner import cosine
from sundew_core.training.tally import Tally
from sundew_core.training.trainer import prepare

CPU = torch.device("cpu")
SMALL = {"digits_repeats": 1, "candidate_batch": 128, "batch_size": 32, "device": "cpu"}


def test_a_budget_of_epochs_counts_epochs():
    budget = EpochBudget(4)
    assert [budget.share(done) for done in (0.0, 1.0, 2.5, 4.0)] == [0.0, 0.25, 0.625, 1.0]


def test_a_budget_of_seconds_charges_only_the_marked_blocks():
    began_s = time.perf_counter()
    budget = SecondsBudget(0.5, CPU)
    time.sleep(0.05)
    assert budget.share(3.0) == 0.0
    for _ in range(2):
        with budget.charged():
            time.sleep(0.05)
            assert budget.share(0.0) > 0.0, "time under way counts too: the learning rate follows it"
        time.sleep(0.05)
    assert 0.1 <= budget.spent_s < 0.2 or budget.spent_s < time.perf_counter() - began_s - 0.15
    assert budget.share(0.0) == pytest.approx(budget.spent_s / 0.5)


def broken():
    time.sleep(0.02)
    raise ValueError("broken")


def test_seconds_are_charged_even_if_the_work_fails():
    budget = SecondsBudget(1.0, CPU)
    with pytest.raises(ValueError, match="broken"), budget.charged():
        broken()
    assert budget.spent_s >= 0.02
    spent_s = budget.spent_s
    assert budget.spent_s == spent_s, "the clock has stopped"


@pytest.mark.parametrize("epochs", [1, 3, 7, 10, 30, 49])
def test_dense_phases_are_those_of_whole_epochs(epochs):
    for warm_up in range(epochs + 1):
        for anneal in range(epochs + 1 - warm_up):
            config = Config(epochs=epochs, warmup_epochs=warm_up, anneal_epochs=anneal)
            dense = [dense_phase(config, EpochBudget(epochs).share(float(done))) for done in range(epochs)]
            assert dense == [done < warm_up or done >= epochs - anneal for done in range(epochs)]


def test_an_arm_may_want_a_dense_end_of_its_own():
    config = Config(epochs=10, anneal_epochs=1)
    assert [dense_phase(config, share, 0.25) for share in (0.0, 0.74, 0.75, 0.95)] == [False, False, True, True]
    assert [dense_phase(config, share, 0.05) for share in (0.89, 0.90, 0.99)] == [False, True, True], "the longer one counts"


class Hands:
    """A clock that the test moves by hand, in place of the module `time`."""

    def __init__(self):
        self.now_s = 0.0

    def perf_counter(self):
        return self.now_s


def test_a_session_stretches_its_learning_rate_over_its_seconds_and_ends_with_them(monkeypatch):
    clock = Hands()
    monkeypatch.setattr(sundew_core.training.budget, "time", clock)
    budget = SecondsBudget(0.6, CPU)
    session = prepare(Config(**SMALL), budget=budget)
    rates = []
    tally = Tally()
    advancing = session.advance(tally)
    for batch in range(60):
        clock.now_s += 0.3  # as if another arm had its turn
        with budget.charged():
            assert next(advancing, "over") != "over"
            clock.now_s += 0.01
        assert budget.share(0.0) == pytest.approx((batch + 1) / 60)
        rates.append(session.learner._optimizer.param_groups[0]["lr"])
    assert next(advancing, "over") == "over", "its seconds are used up"
    assert session.epochs_done > 2, "it continues from epoch to epoch"
    assert rates == sorted(rates, reverse=True)
    following = [cosine(session.learner.lr, batch / 60) for batch in range(60)]
    stepped = [batch for batch in range(1, 60) if rates[batch] != rates[batch - 1]]
    assert len(stepped) > 10
    assert [rates[batch] for batch in stepped] == pytest.approx([following[batch] for batch in stepped])
    assert rates[-1] < 0.05 * session.learner.lr
    assert tally.candidates == round(session.epochs_done * session.per_epoch)
    assert tally.scored == tally.candidates
    assert 0 <= session.waiting < 32
    assert tally.active - session.waiting == pytest.approx(32 * tally.steps, rel=0.2), "tails of epochs are smaller batches"


def test_warm_up_is_a_share_of_the_seconds():
    session = prepare(Config(**SMALL, epochs=10, warmup_epochs=2), budget=SecondsBudget(1e9, CPU))
    assert isinstance(session._arm_at(0.19), DenseArm)
    assert session._arm_at(0.2) is session.arm
    tally = Tally()
    next(session.advance(tally))
    assert (tally.candidates, tally.active, tally.scored) == (128, 128, 0)
