"""The machine is timed before a run, for every arm, and the run is the same as without."""

import dataclasses
import itertools

import pytest
import torch

from sundew_core.config import ARMS as ARM_NAMES
from sundew_core.events.run import Calibrated, RunFinished
from sundew_core.training import calibration
from sundew_core.training.learner import Learner
from sundew_core.training.trainer import prepare, train
from tests.support.small_runs import small, without_times


@pytest.mark.parametrize("arm", ARM_NAMES)
def test_every_arm_times_the_parts_of_all_arms_before_its_run(arm):
    started, calibrated = itertools.islice(train(small(arm=arm)), 2)
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


def test_a_forward_pass_that_does_not_fit_is_not_measured_and_does_not_stop_the_run(monkeypatch):
    def out_of_memory(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Learner, "forward_losses", out_of_memory)
    _, calibrated, *_, last = train(small(epochs=1))
    assert (calibrated.forward_sample_s, calibrated.forward_n, calibrated.forward_batch) == (None, None, None)
    assert calibrated.gate_sample_s > 0
    assert isinstance(last, RunFinished)


def test_a_compiled_run_is_compared_with_compiled_dense_steps(monkeypatch):
    compiled = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda model: compiled.append(model))
    session = prepare(small(compile=True))
    twin = session.learner.twin()
    assert compiled == [session.learner.model, twin.model]
