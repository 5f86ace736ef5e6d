"""A training by its events: the whole list of them, the same for the same seed, at its target, and every way to end."""

import dataclasses
import time

import pytest
import torch

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events import commands
from sundew_core.events.commands import Stop
from sundew_core.events.run import BatchSeen, Calibrated, EpochEnded, RunFailed, RunFinished, RunStarted, SamplesSeen
from sundew_core.training.learner import Learner
from sundew_core.training.trainer import prepare, train
from tests.support.small_runs import small, without_times


def test_a_run_is_this_list_of_events():
    events = list(train(small(), run="r"))
    kinds = [type(event) for event in events]
    batches = 23  # 1,437 digits shown twice, in candidate batches of 128
    assert kinds == [RunStarted, Calibrated, *([BatchSeen] * batches + [SamplesSeen, EpochEnded]) * 2, RunFinished]
    started, calibrated, finished = events[0], events[1], events[-1]
    assert (started.run, started.train_samples, started.candidates_per_epoch) == ("r", 1437, 2874)
    assert started.step_flop > 2 * started.forward_flop > 0
    assert started.score_flop == 0
    assert 0 < calibrated.dense_sample_s < calibrated.single_sample_s
    assert calibrated.batch_size == 32
    assert (calibrated.forward_n, calibrated.forward_batch, calibrated.gate_n) == (3, 128, 40)
    assert 0 < calibrated.forward_sample_s < calibrated.dense_sample_s
    assert 0 < calibrated.chance_sample_s < calibrated.gate_sample_s < calibrated.dense_sample_s
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert finished.active == sum(epoch.active for epoch in epochs)
    assert finished.candidates == 2 * 2874
    assert finished.flop == finished.active * started.step_flop
    assert finished.dense_flop == 2 * 2874 * started.step_flop
    assert finished.val_accuracy == epochs[-1].val_accuracy
    assert 0 < finished.training_s < finished.wall_s


def test_batches_add_up_to_their_epoch():
    events = list(train(small(candidate_batch=32, epochs=1)))  # 90 batches: every event sums up more than one
    batches = [event for event in events if isinstance(event, BatchSeen)]
    epoch = events[-2]
    assert len(batches) == 90
    assert sum(batch.candidates for batch in batches) == epoch.candidates == 2874
    assert sum(batch.active for batch in batches) == epoch.active
    expected = sum(batch.expected_rate * batch.candidates for batch in batches) / 2874
    assert epoch.expected_rate == pytest.approx(expected)
    assert batches[-1].progress == 1.0
    assert [batch.batch for batch in batches] == list(range(1, 91))
    assert (batches[-1].threshold, batches[-1].energy_u) == (epoch.threshold, epoch.energy_u)


def test_long_epochs_are_decimated_without_losing_a_candidate():
    events = list(train(small(candidate_batch=8, epochs=1)))
    batches = [event for event in events if isinstance(event, BatchSeen)]
    assert 50 <= len(batches) <= 60
    assert sum(batch.candidates for batch in batches) == 2874
    assert all(sum(batch.significance_histogram) in (8, 2874 % 8) for batch in batches)


@pytest.mark.parametrize(
    "knobs",
    [{}, {"scorer": "fresh"}, {"arm": "random"}, {"arm": "infobatch"}, {"dataset": "shapes", "shapes_samples": 400}],
    ids=str,
)
def test_same_seed_same_events(knobs):
    config = small(**knobs, seed=4)
    assert without_times(train(config)) == without_times(train(config))


def test_another_seed_is_another_run():
    first, second = (without_times(train(small(seed=seed, epochs=1))) for seed in (1, 2))
    assert first[-2]["train_loss"] != second[-2]["train_loss"]


@pytest.mark.parametrize("target", [0.03, 0.06, 0.10, 0.15])
def test_the_run_holds_its_target_from_the_first_epoch_on(target):
    events = list(train(Config(target_activation_rate=target, epochs=2, device="cpu")))
    rates = [event.activation_rate for event in events if isinstance(event, EpochEnded | RunFinished)]
    assert rates == pytest.approx([target] * 3, rel=0.10)


def test_the_default_run_learns():
    finished = list(train(Config(device="cpu")))[-1]
    assert finished.reason == "finished"
    assert finished.val_accuracy >= 0.95
    assert finished.activation_rate == pytest.approx(0.06, rel=0.02)


def test_a_loss_that_is_not_finite_fails_before_the_weights_are_touched():
    session = prepare(small(arm="dense"))
    dataset = session.learner.dataset
    session.learner.dataset = dataclasses.replace(dataset, mean=torch.full_like(dataset.mean, torch.nan))
    before = [parameter.clone() for parameter in session.learner.model.parameters()]
    with pytest.raises(Exception, match=r"NaN or infinite near candidate batch \d+; that step was skipped .* lower it tenfold"):
        list(session.events("r", commands.nothing))
    after = list(session.learner.model.parameters())
    assert all(torch.equal(b, a) for b, a in zip(before, after, strict=True))


def test_failures_under_way_end_the_events_with_run_failed(monkeypatch):
    def explode(*_):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr("sundew_core.training.learner.Learner.validate", explode)
    *_, last = train(small())
    assert isinstance(last, RunFailed)
    assert (last.error, last.kind) == ("the disk is on fire", "RuntimeError")
    assert "in explode" in last.traceback


@pytest.mark.parametrize(("fits", "says"), [(9, "batch_size=8 fits"), (0, "not even a single sample fits")])
def test_running_out_of_device_memory_names_a_batch_size_that_fits(monkeypatch, fits, says):
    step = Learner.step

    def step_in_little_memory(learner, samples, progress, weights=None):
        if len(samples) > fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return step(learner, samples, progress, weights)

    monkeypatch.setattr(Learner, "step", step_in_little_memory)
    *_, last = train(small(scorer="fresh"))
    assert last.error.startswith(f"the device is out of memory with batch_size=32: {says}")
    assert last.error.endswith("; scoring also needs memory: lower candidate_batch=128")
    assert "CUDA out of memory" in last.traceback


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"device": "cuda:7"}, "device=cuda:7 is not available on this machine"),
        ({"dataset": "folder:/no/such/place"}, "/no/such/place"),
        ({"model": "torchvision:resnet81"}, "resnet81"),
    ],
)
def test_bad_input_is_refused_before_the_first_event(knobs, says):
    with pytest.raises(InputError, match=says):
        train(small(**knobs))


def test_stop_ends_the_run_and_keeps_what_there_is():
    asked = []

    def inbox(*, wait):
        asked.append(time.perf_counter())
        return [Stop()] if len(asked) > 30 else []

    *events, last = train(small(epochs=5), inbox=inbox)
    assert isinstance(last, RunFinished)
    assert (last.reason, last.epochs) == ("stopped", 1)
    assert last.candidates == 2874 + 7 * 128
    assert sum(isinstance(event, EpochEnded) for event in events) == 1
    assert len(asked) == 31
