"""The published rules do what their papers say."""

import numpy as np
import pytest
import torch

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events import commands
from sundew_core.events.run import EpochEnded
from sundew_core.gate.significance import MemoryScorer
from sundew_core.training.clock import Clock
from sundew_core.training.published_rules import PRUNED, InfoBatchArm, SelectiveBackpropArm
from sundew_core.training.tally import Tally
from sundew_core.training.trainer import prepare, train

CPU = torch.device("cpu")
S = 4_000


def choose(arm, candidates):
    proposal = arm.propose(candidates)
    return arm.settle(proposal, proposal.readings.tolist())


def infobatch(losses=None, **knobs):
    arm = InfoBatchArm(Config(**knobs), S, CPU, Clock(CPU))
    if losses is not None:
        arm.learn(torch.arange(S), losses)
    return arm


def selective(losses, rate, seed=0):
    arm = SelectiveBackpropArm(Config(target_activation_rate=rate, seed=seed), MemoryScorer(S, CPU), CPU, Clock(CPU))
    arm.learn(torch.arange(S), losses)
    return arm


def test_infobatch_leaves_out_half_of_what_is_easier_than_the_mean():
    losses = torch.linspace(0.0, 1.0, S) ** 3  # mean 1/4: easy up to the 0.63 quantile
    arm = infobatch(losses)
    choice = choose(arm, torch.randperm(S))
    easy = losses < losses.mean()
    active = torch.zeros(S, dtype=torch.bool)
    active[choice.active] = True
    assert len(choice.active) == active.sum(), "no sample twice"
    assert active[~easy].all()
    assert active[easy].float().mean() == pytest.approx(1 - PRUNED, abs=0.03)
    assert choice.expected_rate == pytest.approx(1 - PRUNED * easy.float().mean().item())


def test_infobatch_weighs_the_kept_easy_ones_so_that_the_expected_gradient_is_that_of_all():
    losses = torch.rand(S, generator=torch.Generator().manual_seed(1))
    arm = infobatch(losses)
    active = choose(arm, torch.arange(S)).active
    weights = arm.weights(active)
    assert torch.equal(weights, torch.where(losses[active] < losses.mean(), 1 / (1 - PRUNED), 1.0))
    assert (weights * losses[active]).sum() == pytest.approx(losses.sum().item(), rel=0.03)
    assert torch.equal(arm.weights(active), torch.ones(len(active))), "a weight counts for one step"


def test_infobatch_keeps_samples_it_has_never_seen():
    assert len(choose(infobatch(), torch.arange(S)).active) == S
    arm = infobatch()
    arm.learn(torch.arange(100), torch.cat((torch.zeros(90), torch.ones(10))))
    active = choose(arm, torch.arange(S)).active
    assert (active >= 90).sum() == S - 90, "harder than the mean, or unseen"
    assert 25 <= (active < 90).sum() <= 65


def test_a_weighted_step_is_a_step_on_the_weighted_mean():
    one, other = (prepare(Config(digits_repeats=1, device="cpu")).learner for _ in range(2))
    samples = torch.arange(32)
    one.step(samples, 0.0)
    other.step(samples, 0.0, torch.ones(32))
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    weights = torch.zeros(32)
    weights[0] = 32.0
    losses = other.forward_losses(samples)
    other.model.train()
    other._optimizer.zero_grad()
    returned = other.step(samples, 0.0, weights)
    assert returned.shape == losses.shape
    gradient = other.model.head.bias.grad
    label = other.dataset.train.labels[0]
    assert gradient.argmin() == label, "only the first sample pulled"
    assert (gradient < 0).sum() == 1


def test_the_session_hands_the_weights_to_the_step(monkeypatch):
    session = prepare(Config(digits_repeats=1, device="cpu", arm="infobatch"))
    given = []
    step = session.learner.step
    monkeypatch.setattr(session.learner, "step", lambda *a: given.append(a[2]) or step(*a))
    for _ in range(3):
        for candidates in session._candidate_batches():
            session._look_and_train(session.arm, candidates, Tally(), report=False)
    assert set(torch.cat(given[:30]).tolist()) == {1.0}, "all new"
    assert set(torch.cat(given[-30:]).tolist()) == {1.0, 2.0}
    dense = prepare(Config(digits_repeats=1, device="cpu", arm="dense"))
    assert dense.arm.weights(torch.arange(3)) is None


def test_the_last_eighth_of_an_infobatch_run_is_dense():
    events = train(Config(digits_repeats=1, device="cpu", arm="infobatch", epochs=8))
    phases = [event.phase for event in events if isinstance(event, EpochEnded)]
    assert phases == ["sparse"] * 7 + ["dense"]


@pytest.mark.parametrize("rate", [0.06, 1 / 3, 0.9])
def test_selective_backprop_chooses_by_a_power_of_the_percentile_and_holds_its_rate(rate):
    losses = torch.rand(S, generator=torch.Generator().manual_seed(2)) * 9
    arm = selective(losses, rate)
    counts = torch.zeros(S)
    rounds = 200
    for _ in range(rounds):
        choice = choose(arm, torch.arange(S))
        counts[choice.active] += 1
        assert choice.expected_rate == pytest.approx(rate, rel=0.02)
    assert counts.sum() / (rounds * S) == pytest.approx(rate, rel=0.02)
    percentiles = losses.argsort().argsort().float() / S
    expected = (percentiles ** (1 / rate - 1)).numpy()
    by_hundred = np.add.reduceat(counts.numpy()[losses.argsort()], range(0, S, S // 10)) / (rounds * S / 10)
    should = np.add.reduceat(np.sort(expected), range(0, S, S // 10)) / (S / 10)
    assert by_hundred == pytest.approx(should, abs=0.02)


def test_a_third_is_the_papers_square():
    arm = selective(torch.arange(S, dtype=torch.float32), 1 / 3)
    proposal = arm.propose(torch.arange(S))
    assert proposal.selection.probabilities[S // 2 - 1].item() == pytest.approx(0.25, rel=1e-3)


def test_selective_backprop_pays_for_the_scorer_it_uses():
    fresh = prepare(Config(digits_repeats=1, device="cpu", arm="selective-backprop", scorer="fresh"))
    stale = prepare(Config(digits_repeats=1, device="cpu", arm="selective-backprop"))
    assert (fresh.cost.score_flop, stale.cost.score_flop) == (fresh.cost.forward_flop, 0.0)


def test_a_target_can_be_changed_if_there_is_one():
    arm = selective(torch.rand(S), 0.1)
    assert arm.retune("target_activation_rate", 0.2) == 0.1
    assert choose(arm, torch.arange(S)).expected_rate == pytest.approx(0.2, rel=0.02)
    with pytest.raises(InputError, match="has a target, but no gate"):
        arm.retune("gate_temperature", 0.2)
    with pytest.raises(InputError, match="has no target"):
        infobatch().retune("target_activation_rate", 0.2)


@pytest.mark.parametrize("arm", ["infobatch", "selective-backprop"])
def test_they_learn(arm):
    *_, finished = train(Config(device="cpu", arm=arm, epochs=3, digits_repeats=4, target_activation_rate=0.3))
    assert finished.val_accuracy > 0.8
    assert list(prepare(Config(arm=arm, digits_repeats=1, device="cpu", epochs=1)).events("r", commands.nothing))
