"""Steering a run: a change is applied or refused, recorded either way, and a pause waits."""

import itertools
import time
from dataclasses import replace

import pytest

from sundew_core.config import Config
from sundew_core.events.commands import Pause, Resume, Retune, Step, Stop
from sundew_core.events.run import BatchSeen, EpochEnded, Intervened, Paused, Resumed, RunFinished
from sundew_core.training.trainer import train

CONFIG = {"digits_repeats": 2, "candidate_batch": 128, "epochs": 2, "device": "cpu"}  # 23 candidate batches per epoch
WAITED_S = 1.0


class Script:
    """An inbox that plays commands: those of a plan before given batches, those of `waiting` one by one in pauses."""

    def __init__(self, plan, waiting=()):
        self.plan = plan
        self.waiting = iter(waiting)
        self.looked = itertools.count()

    def __call__(self, *, wait):
        return [next(self.waiting)] if wait else self.plan.get(next(self.looked), [])


def telemetry(events):
    """The gate's telemetry, times aside."""
    return [replace(event, training_s=None) for event in events if isinstance(event, BatchSeen)]


def steered(plan, waiting=(), **knobs):
    return list(train(Config(**{**CONFIG, **knobs}), inbox=Script(plan, waiting)))


def test_a_changed_target_is_recorded_and_the_rate_follows():
    events = steered({23: [Retune({"target_activation_rate": 0.12}, "test")]}, candidate_batch=64, epochs=2, digits_repeats=1)
    (change,) = [event for event in events if isinstance(event, Intervened)]
    assert (change.knob, change.old, change.new, change.who) == ("target_activation_rate", 0.06, 0.12, "test")
    assert (change.batch, change.progress, change.applied, change.reason) == (23, 1.0, True, None)
    first, second = (event.activation_rate for event in events if isinstance(event, EpochEnded))
    assert first == pytest.approx(0.06, rel=0.10)
    assert 0.08 < second < 0.13
    assert events[-2].set_point == pytest.approx(0.12, rel=0.02)


def test_the_next_batch_is_decided_with_the_new_value():
    events = steered({5: [Retune({"target_activation_rate": 0.15}, "test")]}, energy_pressure=0.0)
    points = {event.batch: event.set_point for event in events if isinstance(event, BatchSeen)}
    assert (points[5], points[6]) == (0.06, 0.15)


@pytest.mark.parametrize(
    ("knobs", "asked", "says"),
    [
        ({}, {"gate_temperature": 7}, "gate_temperature=7 is not allowed: give 0 to 1"),
        ({}, {"dataset": "shapes"}, "dataset cannot change during a run: stop it and start another"),
        ({}, {"gate_temprature": 0.1}, "did you mean gate_temperature"),
        ({"arm": "dense"}, {"adapt_kp": 0.2}, "this arm trains on every candidate and has no gate"),
        ({"arm": "random"}, {"adapt_kp": 0.2}, "the random arm has a target, but no gate"),
        ({"arm": "random"}, {"target_activation_rate": 5}, "target_activation_rate=5 is not allowed"),
    ],
    ids=str,
)
def test_what_cannot_be_applied_is_refused_recorded_and_changes_nothing(knobs, asked, says):
    refused = steered({3: [Retune(asked, "test")]}, epochs=1, **knobs)
    (change,) = [event for event in refused if isinstance(event, Intervened)]
    assert change.applied is False
    assert says in change.reason
    untouched = steered({}, epochs=1, **knobs)
    assert [e.train_loss for e in refused if isinstance(e, EpochEnded)] == [
        e.train_loss for e in untouched if isinstance(e, EpochEnded)
    ]


def test_asking_for_what_is_already_so_is_no_intervention():
    events = steered({3: [Retune({"gate_temperature": 0.15}, "test")]})
    assert not [event for event in events if isinstance(event, Intervened)]


def test_the_random_arm_takes_another_target():
    events = steered({23: [Retune({"target_activation_rate": 0.5}, "test")]}, arm="random")
    first, second = (event.activation_rate for event in events if isinstance(event, EpochEnded))
    assert (first, second) == (pytest.approx(0.06, rel=0.02), pytest.approx(0.5, rel=0.02))


def test_a_pause_waits_and_changes_nothing_but_the_record():
    paused = steered({4: [Pause()]}, waiting=[Pause(), Resume()])
    marks = [event for event in paused if isinstance(event, Paused | Resumed)]
    assert marks == [Paused(batch=4, progress=marks[0].progress), Resumed(batch=4, progress=marks[0].progress)]
    assert telemetry(paused) == telemetry(steered({}))


def test_a_pause_is_no_training_time():
    inbox = Script({4: [Pause()]}, waiting=[Resume()])

    def slow_person(*, wait):
        if wait:
            time.sleep(WAITED_S)
        return inbox(wait=wait)

    events = list(train(Config(**CONFIG), inbox=slow_person))
    assert max(event.training_s for event in events if isinstance(event, BatchSeen)) < WAITED_S


def test_knobs_can_change_during_a_pause():
    events = steered({4: [Pause()]}, waiting=[Retune({"gate_temperature": 0.3}, "test"), Resume()])
    kinds = [type(event).__name__ for event in events if isinstance(event, Paused | Resumed | Intervened)]
    assert kinds == ["Paused", "Intervened", "Resumed"]


def test_a_step_lasts_one_candidate_batch():
    events = steered({4: [Pause()]}, waiting=[Step("batch"), Step("batch"), Resume()], candidate_batch=8)
    pauses = [event.batch for event in events if isinstance(event, Paused)]
    assert pauses == [4, 5, 6]
    seen = [event.batch for event in events if isinstance(event, BatchSeen)]
    assert {5, 6} <= set(seen), "a stepped batch is shown even if telemetry is decimated"


def test_a_step_of_an_epoch_lasts_to_its_end():
    events = steered({4: [Pause()]}, waiting=[Step("epoch"), Resume()], epochs=3)
    assert [event.batch for event in events if isinstance(event, Paused)] == [4, 23]
    at = [type(event).__name__ for event in events if isinstance(event, EpochEnded | Paused)]
    assert at == ["Paused", "EpochEnded", "Paused", "EpochEnded", "EpochEnded"]


def test_a_run_can_be_stopped_while_it_is_paused():
    events = steered({4: [Pause()]}, waiting=[Stop()])
    assert isinstance(events[-1], RunFinished)
    assert (events[-1].reason, events[-1].candidates) == ("stopped", 4 * 128)
