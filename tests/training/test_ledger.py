"""The ledger: what it counts is what happened, for every arm, and few, well-chosen epochs record it."""

import itertools
import math

import numpy as np
import pytest
import torch

from sundew_core.config import ARMS, Config
from sundew_core.events import commands
from sundew_core.events.arrays import from_text
from sundew_core.events.commands import Stop
from sundew_core.events.run import NEVER, EpochEnded, RunFinished, SamplesSeen
from sundew_core.training.ledger import FEWEST_RECORDS, MOST_RECORDS, RECORDED_SAMPLES, Ledger, is_recorded
from sundew_core.training.trainer import prepare, train
from tests.support.small_runs import small
from tests.support.synchronising import Crossings, Synchronising


def recorded(events):
    return [event for event in events if isinstance(event, SamplesSeen)]


def columns(event):
    return {name: from_text(text) for name, text in event.arrays.items()}


@pytest.mark.parametrize("samples", [10, 1_437, 50_000, 100_000, 2_000_000])
@pytest.mark.parametrize("epochs", [1, 2, 4, 5, 31, 33, 40, 300, 10_000])
def test_the_records_of_a_run_are_few_and_include_its_first_and_its_last_epoch(epochs, samples):
    recorded = [epoch for epoch in range(1, epochs + 1) if is_recorded(epoch, epochs, samples)]
    most = max(FEWEST_RECORDS, min(MOST_RECORDS, RECORDED_SAMPLES // samples))
    assert len(recorded) <= most
    assert {1, epochs} <= set(recorded)
    if epochs <= most:
        assert recorded == list(range(1, epochs + 1))
    factor = epochs ** (1 / (most - 1))
    for earlier, later in itertools.pairwise(recorded):
        assert later <= math.ceil(earlier * factor) + 1, "what a viewer sees is no older than a fraction of the run"


def test_it_counts_like_a_slow_reference_also_if_a_sample_is_there_twice():
    chance = torch.Generator().manual_seed(0)
    S, C = 30, 3  # noqa: N806
    labels = torch.arange(S) % C
    ledger = Ledger(labels, C)
    times, losses, scores, sets = [0] * S, [NEVER] * S, [NEVER] * S, []
    for epoch in range(1, 4):
        ledger.begin_epoch()
        seen, active = [], []
        for _ in range(4):
            candidates = torch.randint(S - 5, (8,), generator=chance)
            significance = torch.rand(8, generator=chance)
            chosen = candidates[::3]
            trained = torch.rand(3, generator=chance)
            ledger.look(candidates, significance)
            ledger.activate(chosen)
            ledger.learn(chosen, trained)
            seen += candidates.tolist()
            active += chosen.tolist()
            for i, score in zip(candidates.tolist(), significance.tolist(), strict=True):
                scores[i] = score
            for i, loss in zip(chosen.tolist(), trained.tolist(), strict=True):
                times[i] += 1
                losses[i] = loss
        sets.append(set(active))
        event = ledger.record(epoch, float(epoch), torch.tensor(seen), whole=True)
        assert event.class_candidates == tuple(sum(i % C == c for i in seen) for c in range(C))
        assert event.class_active == tuple(sum(i % C == c for i in active) for c in range(C))
        assert event.samples_active == len(sets[-1])
        assert event.samples_before == (len(sets[-2]) if epoch > 1 else None)
        assert event.samples_kept == (len(sets[-1] & sets[-2]) if epoch > 1 else None)
        table = columns(event)
        assert table["labels"].tolist() == labels.tolist()
        assert table["times_active"].tolist() == times
        assert table["last_loss"] == pytest.approx(losses, abs=1e-3)
        assert table["significance"] == pytest.approx(scores, abs=1e-3)
    assert NEVER in losses
    assert NEVER in scores


def test_counts_take_the_smallest_type_and_losses_stay_finite():
    ledger = Ledger(torch.tensor([0, 1]), 2)
    ledger.learn(torch.tensor([0]), torch.tensor([1e9]))
    for _ in range(300):
        ledger.activate(torch.tensor([0, 1]))
    table = columns(ledger.record(1, 1.0, torch.tensor([0, 1]), whole=True))
    assert (table["times_active"].dtype, table["labels"].dtype) == (np.uint16, np.uint8)
    assert table["times_active"].tolist() == [300, 300]
    assert table["last_loss"].tolist() == [65_504.0, NEVER]


def test_a_record_brings_everything_to_the_host_at_once():
    ledger = Ledger(torch.arange(6) % 2, 2)
    ledger.begin_epoch()
    with Crossings() as crossings, Synchronising() as synchronising:
        ledger.record(1, 1.0, torch.arange(6), whole=True)
    assert [asked for asked in crossings.asked if asked != "numpy"] == ["cpu"]
    assert synchronising.found == []


@pytest.mark.parametrize("knobs", [*({"arm": arm} for arm in ARMS), {"scorer": "fresh"}, {"memory_refresh": 4}], ids=str)
def test_every_arm_is_recorded_and_the_record_agrees_with_its_epochs(knobs):
    events = list(train(small(**knobs, train_samples=200)))
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    records = recorded(events)
    assert [record.epoch for record in records] == [1, 2]
    for record, epoch in zip(records, epochs, strict=True):
        assert sum(record.class_candidates) == epoch.candidates
        assert sum(record.class_active) == epoch.active
    table = columns(records[-1])
    assert table["times_active"].sum() == sum(epoch.active for epoch in epochs)
    never = table["times_active"] == 0
    assert ((table["last_loss"] == NEVER) == never).all(), "everything active was trained, and nothing else"
    assert (table["last_loss"][~never] >= 0).all()
    if knobs.get("arm", "sundew") == "sundew":
        assert ((table["significance"] >= 0) & (table["significance"] <= 1)).all()
    else:
        assert (table["significance"] == NEVER).all()
    if knobs.get("arm") == "dense":
        assert set(table["times_active"]) == {4}
        assert records[-1].samples_kept == records[-1].samples_before == records[-1].samples_active == 200


def test_the_memory_scorer_and_the_ledger_share_one_record_of_losses():
    session = prepare(small())
    assert session.ledger.losses is session.arm.scorer.memory


@pytest.mark.parametrize("knobs", [{"memory_refresh": 1}, {"arm": "random"}, {}], ids=str)
def test_last_losses_are_those_of_the_samples_own_training_steps(knobs, monkeypatch):
    session = prepare(small(**knobs, epochs=1))
    trained = {}
    step = session.learner.step

    def spy(samples, progress, weights):
        losses = step(samples, progress, weights)
        trained.update(zip(samples.tolist(), losses.tolist(), strict=True))
        return losses

    monkeypatch.setattr(session.learner, "step", spy)
    (record,) = recorded(session.events("r", commands.nothing))
    losses = columns(record)["last_loss"]
    assert losses[list(trained)] == pytest.approx(list(trained.values()), rel=1e-3, abs=1e-4)
    assert (losses == NEVER).sum() == len(losses) - len(trained)


def stopping_after(batches):
    asked = itertools.count(1)
    return lambda *, wait: [Stop()] if next(asked) > batches else []


def test_a_stopped_run_records_its_last_state_and_compares_no_part_of_an_epoch():
    events = list(train(small(epochs=40), inbox=stopping_after(23 + 7)))
    assert [type(event) for event in events[-2:]] == [SamplesSeen, RunFinished]
    first, last = recorded(events)
    assert (first.epoch, last.epoch, last.progress) == (1, 2, pytest.approx(1 + 7 * 128 / 2874))
    assert sum(last.class_candidates) == 7 * 128
    assert sum(last.class_active) == events[-1].active - sum(first.class_active)
    assert last.samples_active > 0
    assert (last.samples_before, last.samples_kept) == (None, None)


@pytest.mark.parametrize(("batches", "records"), [(0, 0), (23, 1)])
def test_nothing_is_recorded_twice_and_nothing_before_anything_was_seen(batches, records):
    assert len(recorded(train(small(epochs=40), inbox=stopping_after(batches)))) == records


def test_a_long_run_records_only_some_of_its_epochs():
    config = Config(dataset="shapes", shapes_samples=40, candidate_batch=40, epochs=40, device="cpu")
    epochs = [record.epoch for record in recorded(train(config))]
    assert epochs == [epoch for epoch in range(1, 41) if is_recorded(epoch, 40, 40)]
    assert len(epochs) < 40


def test_dense_phases_give_no_scores_and_keep_those_there_are():
    records = recorded(train(small(epochs=3, warmup_epochs=1, anneal_epochs=1)))
    scores = [columns(record)["significance"] for record in records]
    assert (scores[0] == NEVER).all()
    assert (scores[1] >= 0).all()
    assert (scores[2] == scores[1]).all()
    assert columns(records[0])["times_active"].tolist() == [2] * 1437
