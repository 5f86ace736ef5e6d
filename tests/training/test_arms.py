"""What each arm trains on, and what its choice is charged."""

import time

import pytest
import torch

from sundew_core.config import ARMS as ARM_NAMES
from sundew_core.events import commands
from sundew_core.events.run import EpochEnded
from sundew_core.training.choosing import Arm
from sundew_core.training.trainer import prepare, train
from tests.support.small_runs import small


def test_every_arm_of_the_configuration_is_in_the_registry():
    assert set(Arm.classes) == set(ARM_NAMES)


@pytest.mark.parametrize(
    ("knobs", "rate", "steps"),
    [
        ({"arm": "dense"}, 1.0, 90),
        ({"arm": "per-sample", "digits_repeats": 1, "train_samples": 200}, 1.0, 200),
        ({"arm": "random", "target_activation_rate": 0.1}, 0.1, 9),
        ({"warmup_epochs": 1}, 1.0, 90),
    ],
    ids=str,
)
def test_arms_and_phases_train_on_what_they_say(knobs, rate, steps):
    epoch = next(event for event in train(small(**knobs)) if isinstance(event, EpochEnded))
    assert epoch.activation_rate == pytest.approx(rate, rel=0.01)
    assert epoch.steps == steps
    assert epoch.flop / epoch.dense_flop == pytest.approx(epoch.activation_rate)
    assert epoch.threshold is None
    assert epoch.phase == ("sparse" if rate < 1 else "dense")


def test_warm_up_and_annealing_are_dense_and_the_gate_rules_between():
    epochs = [e for e in train(small(epochs=4, warmup_epochs=1, anneal_epochs=2)) if isinstance(e, EpochEnded)]
    assert [epoch.phase for epoch in epochs] == ["dense", "sparse", "dense", "dense"]
    assert [epoch.expected_rate is None for epoch in epochs] == [True, False, True, True]


@pytest.mark.parametrize(("scorer", "share"), [("fresh", 1.0), ("proxy", 0.25)])
def test_scoring_by_a_forward_pass_is_charged(scorer, share):
    started, *_, epoch, _ = train(small(scorer=scorer, epochs=1))
    assert started.score_flop == pytest.approx(share * started.forward_flop, rel=0.05)
    assert epoch.flop == pytest.approx(epoch.candidates * started.score_flop + epoch.active * started.step_flop)
    assert 0 < epoch.scoring_s < epoch.training_s


def test_what_the_arm_settles_and_packs_counts_as_gating(monkeypatch):
    session = prepare(small(epochs=1, digits_repeats=1))
    settle = session.arm.settle

    def slow(*args):
        time.sleep(0.01)
        return settle(*args)

    monkeypatch.setattr(session.arm, "settle", slow)
    (epoch,) = (event for event in session.events("r", commands.nothing) if isinstance(event, EpochEnded))
    assert 0.01 * 12 <= epoch.gating_s < epoch.training_s  # 1,437 candidates in batches of 128


def test_a_sample_never_seen_comes_before_all_others():
    config = small(digits_repeats=1, contrast_weight=0.0, loss_weight=1.0, gate_temperature=0.0, target_activation_rate=0.5,
                   processing_cost=0.0)  # fmt: skip
    session = prepare(config)
    list(session.events("r", commands.nothing))
    assert torch.isfinite(session.arm.scorer.memory).float().mean() > 0.95, "two epochs at 50 % train nearly every sample"
