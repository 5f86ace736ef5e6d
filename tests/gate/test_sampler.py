"""The sampler: what it lets through, the rate that it holds, late losses, saved states, and input that it refuses."""

import dataclasses
import itertools
import math

import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, TensorDataset

from sundew_core.config import Config
from sundew_core.errors import InputError, KnobError
from sundew_core.gate.sampler import NEEDS_MORE, SundewSampler

S = 2_000
"""Samples in the data set."""
TARGET = 0.1
INF = math.inf
NAN = math.nan


def sampler_of(samples=S, **knobs):
    return SundewSampler(samples, Config(**{"target_activation_rate": TARGET, "candidate_batch": 128, **knobs}))


def loader_of(sampler, samples=S, **options):
    return DataLoader(TensorDataset(torch.arange(samples)), **{"batch_size": 16, "sampler": sampler, **options})


def losses_of(indices, epoch):
    """Made-up losses, different for each sample, that fall from epoch to epoch."""
    return (1.0 + indices % 97) / (1.0 + epoch)


def trained(sampler, loader, epochs, first=0):
    """The batches of each epoch in a training loop that gives every loss back."""
    record = []
    for epoch in range(first, first + epochs):
        record.append([])
        for (indices,) in loader:
            record[-1].append(indices.tolist())
            sampler.update(indices, losses_of(indices, epoch))
    return record


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("target", [0.06, 0.12])
def test_the_rate_is_held_within_a_twentieth_of_the_target(workers, target):
    sampler = sampler_of(8_000, target_activation_rate=target)
    loader = loader_of(sampler, 8_000, num_workers=workers, persistent_workers=workers > 0)
    counts = [sum(map(len, batches)) for batches in trained(sampler, loader, epochs=6)]
    assert sum(counts[2:]) / (4 * 8_000) == pytest.approx(target, rel=0.05)
    assert (sampler.active, sampler.candidates) == (sum(counts), 6 * 8_000)
    assert sampler.rate == pytest.approx(target, rel=0.05)


@pytest.mark.parametrize("options", [{}, {"persistent_workers": True, "prefetch_factor": 4}])
def test_workers_that_run_ahead_change_nothing(options):
    """With workers, indices are asked for before the losses of earlier batches are there."""
    record = []
    for workers in ({}, {"num_workers": 2, **options}):
        sampler = sampler_of()
        record.append(trained(sampler, loader_of(sampler, **workers), epochs=3))
    assert record[0] == record[1]


def test_a_loader_with_workers_does_run_ahead():
    sampler = sampler_of()
    batches = iter(loader_of(sampler, num_workers=2, prefetch_factor=4))
    (first,) = next(batches)
    assert sampler.active > 4 * len(first)


def test_a_loss_that_misses_the_next_look_counts_from_the_following_one():
    sampler = sampler_of(64, candidate_batch=64, gate_temperature=0.0, memory_growth=0.0)
    sampler.update(range(64), [float(sample) for sample in range(64)])
    epoch = iter(sampler)
    chosen, late = [next(epoch)], [0, 1, 2, 3, 4, 5]
    sampler.update(late, [99.0] * 6)  # as if from a batch of the previous epoch
    chosen += epoch
    assert set(chosen).isdisjoint(late)
    assert set(late) <= set(sampler)


def test_never_seen_samples_come_first_until_all_were_seen():
    sampler = sampler_of(gate_temperature=0.0, target_activation_rate=0.1)
    seen = [set(itertools.chain(*batches)) for batches in trained(sampler, loader_of(sampler), epochs=8)]
    assert sum(map(len, seen)) == len(set().union(*seen))  # no sample comes twice before every sample has come once


def test_the_hardest_samples_come_next():
    sampler = sampler_of(candidate_batch=S, gate_temperature=0.0)
    sampler.update(torch.arange(S), torch.arange(S) / S)
    chosen = list(sampler)
    assert min(chosen) >= S - len(chosen)
    assert len(chosen) == pytest.approx(S * TARGET, rel=0.05)


def test_the_contrast_counts_if_it_is_given():
    only_contrast = {"loss_weight": 0.0, "contrast_weight": 1.0}
    knobs = Config(candidate_batch=S, gate_temperature=0.0, target_activation_rate=TARGET, **only_contrast)
    chosen = list(SundewSampler(S, knobs, contrasts=torch.arange(S) / S))
    assert min(chosen) >= S - len(chosen)


def test_every_epoch_is_another_shuffle_and_the_same_seed_the_same():
    first, second, other = sampler_of(), sampler_of(), sampler_of(seed=1)
    epochs = trained(first, loader_of(first), epochs=2)
    assert epochs[0] != epochs[1]
    assert trained(second, loader_of(second), epochs=2) == epochs
    assert trained(other, loader_of(other), epochs=1) != epochs[:1]


def test_the_length_is_unknown_and_close_to_the_expected_length():
    sampler = sampler_of()
    loader = loader_of(sampler)
    for whole in (sampler, loader):
        with pytest.raises(TypeError):  # a progress bar reads that as "no total", and a schedule fails at once
            len(whole)
    assert sampler.expected_length == 200
    assert len(list(sampler)) == pytest.approx(200, rel=0.1)
    assert 12 <= len(list(loader)) <= 14


@pytest.mark.parametrize("drop_last", [False, True])
def test_a_batch_sampler_accepts_it_like_any_other_sampler(drop_last):
    sampler, alone = sampler_of(), list(sampler_of())
    loader = DataLoader(TensorDataset(torch.arange(S)), batch_sampler=BatchSampler(sampler, 16, drop_last))
    batches = [batch[0].tolist() for batch in loader]
    whole = len(alone) // 16 * 16
    assert list(itertools.chain(*batches)) == (alone[:whole] if drop_last else alone)
    assert {len(batch) for batch in batches[:-1]} == {16}


def test_a_loader_without_batches_yields_single_samples():
    sampler = sampler_of()
    assert [int(row[0]) for row in loader_of(sampler, batch_size=None)] == list(sampler_of())


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("stop_at", [1, 7, "end"])
def test_a_loaded_state_continues_exactly_where_the_training_was(workers, stop_at, tmp_path):
    options = {"num_workers": workers}
    whole = sampler_of()
    expected = trained(whole, loader_of(whole, **options), epochs=4)
    before = sampler_of()
    done = trained(before, loader_of(before, **options), epochs=1)
    batches = []
    for (indices,) in itertools.islice(loader_of(before, **options), None if stop_at == "end" else stop_at):
        batches.append(indices.tolist())
        before.update(indices, losses_of(indices, 1))
    torch.save(before.state_dict(), tmp_path / "state.pt")

    after = SundewSampler(range(S), Config(seed=9))
    after.load_state_dict(torch.load(tmp_path / "state.pt"))
    if stop_at != "end":
        batches += trained(after, loader_of(after, **options), epochs=1, first=1)[0]
    done += [batches, *trained(after, loader_of(after, **options), epochs=2, first=2)]
    assert done == expected
    assert after.state_dict()["gate"] == whole.state_dict()["gate"]
    assert (after.candidates, after.active) == (whole.candidates, whole.active)


def test_what_a_loader_had_asked_for_in_advance_is_yielded_again():
    sampler = sampler_of()
    batches = iter(loader_of(sampler, num_workers=2))
    (first,) = next(batches)
    sampler.update(first, losses_of(first, 0))
    assert sampler.active > len(first)
    after = sampler_of()
    after.load_state_dict(sampler.state_dict())
    assert [*first.tolist(), *after] == list(sampler_of())


def test_the_loop_may_count_the_epochs():
    counted, numbered = sampler_of(), sampler_of()
    epochs = []
    for epoch in range(2):
        numbered.set_epoch(epoch)
        epochs.append(list(numbered))
    assert epochs == [list(counted), list(counted)]
    again = sampler_of()
    again.set_epoch(1)
    assert list(again)[:5] != epochs[0][:5]


def test_setting_the_epoch_of_a_loaded_state_does_not_begin_it_anew():
    sampler = sampler_of()
    chosen = list(itertools.islice(sampler, 40))
    sampler.update(chosen, [1.0] * 40)
    for epoch, rest in ((0, list(sampler_of())[40:]), (1, None)):
        after = sampler_of()
        after.load_state_dict(sampler.state_dict())
        after.set_epoch(epoch)
        found = list(after)
        assert (found == rest) if rest else len(found) > 150


def test_a_dropped_last_batch_ends_with_its_epoch():
    sampler = sampler_of(seed=3)
    loader = loader_of(sampler, drop_last=True)
    trained(sampler, loader, epochs=1)
    assert len(sampler.state_dict()["waiting"]) == sampler.active % 16 > 0
    after = sampler_of()
    after.load_state_dict(sampler.state_dict())
    after.set_epoch(1)
    assert trained(after, loader_of(after, drop_last=True), 1, 1) == trained(sampler, loader, 1, 1)


def test_a_new_iteration_leaves_the_epoch_and_begins_the_next():
    sampler, whole = sampler_of(), sampler_of()
    list(itertools.islice(sampler, 3))
    second = list(sampler)
    whole.set_epoch(1)
    assert set(second) != set(sampler_of())
    assert len(second) == pytest.approx(len(list(whole)), rel=0.2)


def test_knobs_of_the_gate_can_change_while_it_runs():
    sampler = sampler_of(8_000)
    list(sampler)
    sampler.gate.retune(target_activation_rate=0.05)
    assert sampler.expected_length == 400
    list(sampler)
    assert len(list(sampler)) == pytest.approx(400, rel=0.05)
    with pytest.raises(KnobError, match="unknown knob 'loss_weight'"):
        sampler.gate.retune(loss_weight=0.5)


def test_two_iterations_at_once_are_refused():
    sampler = sampler_of()
    older, newer = iter(sampler), iter(sampler)
    next(older)
    next(newer)
    next(newer)
    with pytest.raises(InputError, match="two iterations of one sampler"):
        next(older)


@pytest.mark.parametrize(
    ("indices", "losses", "said"),
    [
        ([0, 1], [1.0], r"indices of shape \(2,\) do not fit losses of shape \(1,\): give one loss per index"),
        ([0], torch.tensor(1.0), "losses have the shape .*reduction='none'"),
        ([0, S, -1], [1.0] * 3, "indices outside a data set of 2,000 samples: 2000, -1. Give the indices"),
        ([5, 6, 7], [1.0, NAN, INF], "NaN or infinite for the samples 6, 7, so none was remembered"),
        (range(S), [NAN] * S, "for the samples 0, 1, 2 and 1997 more"),
        ([0.5], [1.0], "indices have the type torch.float32: give the whole numbers"),
        (torch.tensor([True]), [1.0], "indices have the type torch.bool"),
        (torch.zeros(2, 2, dtype=torch.int64), torch.ones(2, 2), r"losses have the shape \(2, 2\)"),
    ],
)
def test_losses_that_cannot_be_used_are_refused_and_change_nothing(indices, losses, said):
    sampler = sampler_of()
    with pytest.raises(InputError, match=said):
        sampler.update(indices, losses)
    assert torch.isinf(sampler.state_dict()["memory"]).all()


def test_an_update_without_losses_is_allowed():
    sampler = sampler_of()
    sampler.update([], [])
    assert torch.isinf(sampler.state_dict()["memory"]).all()


def test_losses_of_any_number_type_are_taken_as_they_are():
    sampler = sampler_of()
    sampler.update(torch.tensor([3], dtype=torch.int32), torch.tensor([2.5], dtype=torch.bfloat16, requires_grad=True))
    assert sampler.state_dict()["memory"][3] == 2.5


OTHER = {"arm": "dense", "scorer": "fresh", "memory_refresh": 4, "warmup_epochs": 1, "anneal_epochs": 1}


@pytest.mark.parametrize("name", NEEDS_MORE)
def test_knobs_that_a_sampler_cannot_obey_are_refused(name):
    with pytest.raises(InputError, match=f"^{name}={OTHER[name]} is not allowed for a sampler: "):
        SundewSampler(S, Config(**{name: OTHER[name]}))


@pytest.mark.parametrize(
    ("data", "more", "said"),
    [
        ([], {}, "has 0 samples"),
        (S, {"config": Config(loss_weight=0.0, contrast_weight=1.0)}, "leaves only the contrast"),
        (S, {"contrasts": torch.ones(3)}, r"contrasts of shape \(3,\) do not fit a data set of 2,000"),
        (2, {"contrasts": torch.tensor([1.0, NAN])}, "contrasts must be finite"),
    ],
)
def test_unusable_data_and_contrasts_are_refused(data, more, said):
    with pytest.raises(InputError, match=said):
        SundewSampler(data, **more)


@dataclasses.dataclass
class Wrong:
    change: dict
    said: str


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong({"samples": 10}, "data set with 10 samples, and this one has 2,000"),
        Wrong({"contrasts": True}, "of a sampler with contrasts, and this one is without"),
        Wrong({"memory": None, "gate": None}, "lacks memory, gate"),
    ],
    ids=lambda wrong: next(iter(wrong.change)),
)
def test_a_state_that_does_not_fit_is_refused(wrong):
    sampler = sampler_of()
    state = {**sampler.state_dict(), **wrong.change}
    with pytest.raises(InputError, match=wrong.said):
        sampler.load_state_dict({name: value for name, value in state.items() if value is not None})
    assert list(sampler) == list(sampler_of())
