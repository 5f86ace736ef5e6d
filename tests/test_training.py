"""Training: whole event lists, determinism, what the host waits for, and runs that must fail."""

import dataclasses
import json
import time

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from sundew_core import commands
from sundew_core.commands import Stop
from sundew_core.config import ARMS as ARM_NAMES
from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events import BatchSeen, Calibrated, EpochEnded, RunFailed, RunFinished, RunStarted, SamplesSeen, to_json
from sundew_core.training import calibration
from sundew_core.training.arms import ARMS
from sundew_core.training.clock import Clock
from sundew_core.training.flops import count_flop
from sundew_core.training.learner import Learner, cosine
from sundew_core.training.machine import choose_threads
from sundew_core.training.packing import Packer
from sundew_core.training.session import Tally
from sundew_core.training.trainer import prepare, train

SMALL = {"digits_repeats": 2, "candidate_batch": 128, "batch_size": 32, "epochs": 2, "device": "cpu"}


def small(**knobs):
    return Config(**{**SMALL, **knobs})


def without_times(events):
    """The events as JSON, without what a clock or chance decides."""
    records = [json.loads(to_json(event)) for event in events]
    return [{name: value for name, value in record.items() if name != "run" and not name.endswith("_s")} for record in records]


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
    events = list(train(small(candidate_batch=32, epochs=1)))  # 90 batches: every event tells of more than one
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


def test_every_arm_of_the_configuration_is_in_the_registry():
    assert tuple(ARMS) == ARM_NAMES


@pytest.mark.parametrize(
    ("knobs", "rate", "steps"),
    [
        ({"arm": "dense"}, 1.0, 90),
        ({"arm": "per-sample", "digits_repeats": 1}, 1.0, 1437),
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
    assert torch.isfinite(session.arm._scorer.memory).float().mean() > 0.95, "two epochs at 50 % have seen nearly everyone once"


class Crossings(TorchFunctionMode):
    """Counts the calls by which the host asks a tensor for its contents."""

    ASKING = ("tolist", "item", "numpy", "cpu", "__bool__", "__float__", "__int__", "__index__", "nonzero", "is_nonzero", "equal")

    def __init__(self):
        super().__init__()
        self.asked = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if getattr(function, "__name__", "") in self.ASKING:
            self.asked.append(function.__name__)
        return function(*args, **(kwargs or {}))


class Synchronising(TorchDispatchMode):
    """Collects the operators that make the host wait for a device, or that carry host data to it and wait."""

    WAITING = ("_local_scalar_dense", "nonzero", "unique", "masked_select", "lift_fresh", "equal", "is_nonzero", "bincount")

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        # index_select and its like take whole numbers along one dimension, never a mask
        indices = args[1] if name.startswith("index") and isinstance(args[1], list | tuple) else []
        masks = [index for index in indices if isinstance(index, torch.Tensor) and index.dtype == torch.bool]
        moved = name in ("_to_copy", "copy_") and (kwargs or {}).get("device") is not None
        if any(name.startswith(waiting) for waiting in self.WAITING) or masks or moved:
            self.found.append(str(function))
        return function(*args, **(kwargs or {}))


def test_the_counters_of_waiting_operations_do_count():
    with Crossings() as crossings, Synchronising() as synchronising:
        x = torch.ones(3)
        x.tolist()
        x.sum().item()
        x[x > 0]
        float(x[0])
    assert crossings.asked == ["tolist", "item", "__float__"]
    assert [name.split(".")[1] for name in synchronising.found] == ["_local_scalar_dense", "index", "_local_scalar_dense"]


@pytest.mark.parametrize(
    "knobs",
    [
        {}, {"gate_temperature": 0.0}, {"normalisation": "relative"}, {"memory_refresh": 4}, {"scorer": "fresh"},
        {"scorer": "proxy"}, {"arm": "random"}, {"arm": "dense"}, {"arm": "infobatch"}, {"arm": "selective-backprop"},
        {"arm": "selective-backprop", "scorer": "fresh"}, {"model": "vit-nano"},
        {"dataset": "shapes", "shapes_samples": 400}, {"model": "resnet18", "dataset": "shapes", "shapes_samples": 200},
    ],
    ids=str,
)  # fmt: skip
def test_the_host_waits_once_a_candidate_batch_and_never_in_an_optimizer_step(knobs):
    session = prepare(small(**knobs, target_activation_rate=0.5, activation_threshold=0.5))
    batches = session._candidate_batches()[:3]
    tally = Tally()
    session._look_and_train(session.arm, batches[0], tally)  # the first batch builds what stays, such as optimizer state
    tally = Tally()
    with Crossings() as crossings, Synchronising() as synchronising:
        for candidates in batches[1:]:
            session._look_and_train(session.arm, candidates, tally)
    assert tally.steps >= len(batches[1:])
    assert crossings.asked == ["tolist"] * len(batches[1:])
    assert synchronising.found == []


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


@pytest.mark.parametrize("arm", ARM_NAMES)
def test_every_arm_times_the_parts_of_all_arms_before_its_run(arm):
    started, calibrated, *_ = train(small(arm=arm, epochs=1, digits_repeats=1))
    assert started.config["arm"] == arm
    assert all(value > 0 for value in dataclasses.asdict(calibrated).values())


@pytest.mark.parametrize("knobs", [{}, {"arm": "random"}, {"scorer": "fresh"}], ids=str)
def test_calibration_leaves_the_run_and_its_random_numbers_alone(knobs, monkeypatch):
    config = small(**knobs, epochs=1)
    calibrated = without_times(train(config))
    monkeypatch.setattr(
        "sundew_core.training.session.calibrate",
        lambda *_: Calibrated(dense_sample_s=1.0, dense_n=1, single_sample_s=1.0, single_n=1, batch_size=32),
    )
    assert without_times(train(config))[2:] == calibrated[2:]


def test_a_large_candidate_batch_is_timed_by_a_part_of_it(monkeypatch):
    monkeypatch.setitem(calibration.FORWARD_FLOP, "cpu", 2e8)
    session = prepare(small(candidate_batch=4096))
    calibrated = calibration.calibrate(session.learner, session.config, session.cost)
    assert calibrated.forward_batch == int(2e8 / session.cost.forward_flop) < 4096
    assert calibrated.forward_n == int(calibration.BUDGET_FLOP / 2e8)


def test_a_forward_pass_that_does_not_fit_is_not_measured_and_stops_no_run(monkeypatch):
    def out_of_memory(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Learner, "forward_losses", out_of_memory)
    _, calibrated, *_, last = train(small(epochs=1))
    assert (calibrated.forward_sample_s, calibrated.forward_n, calibrated.forward_batch) == (None, None, None)
    assert calibrated.gate_sample_s > 0
    assert isinstance(last, RunFinished)


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
        ({"device": "cuda:7"}, "device=cuda:7 is not on this machine"),
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


def test_packing_gives_full_batches_in_order_and_drops_nothing():
    packer = Packer(4)
    given, taken = torch.arange(23), []
    for part in given.split([3, 0, 9, 1, 10]):
        packer.put(part)
        for batch in packer.full_batches():
            assert len(batch) == 4
            taken.append(batch)
        assert len(packer) < 4
    taken += list(packer.tail())
    assert torch.cat(taken).tolist() == given.tolist()
    assert (len(packer), list(packer.tail())) == (0, [])


def test_the_learning_rate_falls_from_its_peak_to_zero():
    assert [cosine(2.0, progress) for progress in (0, 0.5, 1, 1.1)] == pytest.approx([2.0, 1.0, 0.0, 0.0])


def test_the_clock_adds_up_laps_and_starts_anew():
    clock = Clock(torch.device("cpu"))
    for _ in range(2):
        with clock.lap("outer"), clock.lap("inner"):
            time.sleep(0.01)
    laps_s = clock.read()
    assert 0.02 <= laps_s["inner"] <= laps_s["outer"] < 2.0
    assert clock.read() == {}


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


def test_small_steps_use_one_thread_and_large_ones_all_cores(monkeypatch):
    chosen = []
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    for step_flop in (3e8, 4.5e9, 4e10):
        choose_threads(step_flop)
    assert chosen == [1, 4, 8]


def test_a_compiled_run_is_compared_with_compiled_dense_steps(monkeypatch):
    compiled = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda model: compiled.append(model))
    session = prepare(small(compile=True))
    twin = session.learner.twin()
    assert compiled == [session.learner.model, twin.model]
