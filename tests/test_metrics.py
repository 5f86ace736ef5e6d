import subprocess
import sys

import pytest
from made_up import N, batch, calibrated, ended, failed, finished, run_events, started

from sundew_core import metrics
from sundew_core.metrics import Measured, Modelled, RunView


def test_a_view_gathers_events_by_kind():
    events = [started(), calibrated(), batch(1, 0.5, 6, 100), ended(1), finished(), failed()]
    view = RunView.of(events)
    assert [view.started, view.calibrated, *view.batches, *view.epochs, view.finished, view.failed] == events


def test_a_view_extended_piece_by_piece_equals_the_view_of_all():
    events = run_events()
    view = RunView()
    for event in events:
        view = view.extended([event])
    assert view == RunView.of(events)


def test_an_empty_run_has_no_numbers():
    numbers = (
        metrics.samples, metrics.activation_rate, metrics.samples_skipped, metrics.energy_saved, metrics.dense_epoch_s,
        metrics.single_epoch_s, metrics.epoch_s, metrics.speedup, metrics.speedup_ceiling,
    )  # fmt: skip
    assert [number(RunView()) for number in numbers] == [None] * len(numbers)
    assert metrics.summary_lines(RunView()) == []


def test_samples_count_ended_epochs_once_and_the_running_epoch_by_its_batches():
    view = RunView.of([started(), batch(1, 1.0, 999, 1000), ended(1, active=60), batch(2, 1.1, 9, 100), batch(2, 1.2, 7, 100)])
    assert metrics.samples(view) == metrics.Samples(60 + 9 + 7, N + 200)
    assert metrics.activation_rate(view) == Measured(76 / 1200, 1200, "candidates counted")
    assert metrics.samples_skipped(view).value == pytest.approx(1 - 76 / 1200)


def test_the_summary_of_a_finished_run_is_its_count():
    assert metrics.samples(RunView.of([started(), ended(1), ended(2), finished(active=150)])) == metrics.Samples(150, 2 * N)


@pytest.mark.parametrize(("score_flop", "saved", "most"), [(0.0, 0.94, 1 / 0.06), (100.0, 0.94 - 1 / 3, 1 / (1 / 3 + 0.06))])
def test_savings_and_ceiling_include_scoring(score_flop, saved, most):
    view = RunView.of([started(score_flop=score_flop), calibrated(), ended(1, score_flop=score_flop)])
    assert metrics.energy_saved(view).value == pytest.approx(saved)
    assert metrics.speedup_ceiling(view).value == pytest.approx(most)
    assert isinstance(metrics.energy_saved(view), Modelled)
    assert isinstance(metrics.speedup_ceiling(view), Modelled)


def test_scoring_everything_and_skipping_nothing_saves_less_than_nothing():
    assert metrics.compute_saved(flop=400.0, dense_flop=300.0) == pytest.approx(-1 / 3)


def test_speed_is_the_calibrated_dense_epoch_over_the_median_sparse_epoch():
    epochs = [ended(1, training_s=10.0, phase="dense"), *(ended(i, training_s=s) for i, s in ((2, 1.0), (3, 9.0), (4, 2.0)))]
    view = RunView.of([started(warmup_epochs=1), calibrated(), *epochs])
    assert metrics.dense_epoch_s(view) == Measured(10.0, 30, "calibrated: median step of 64 samples")
    assert metrics.single_epoch_s(view) == Measured(50.0, 20, "calibrated: median step of 1 sample")
    assert (metrics.epoch_s(view).value, metrics.epoch_s(view).n) == (2.0, 3)
    assert (metrics.speedup(view).value, metrics.speedup(view).n) == (5.0, 3)


def test_without_calibration_no_speedup_is_claimed():
    view = RunView.of([started(), ended(1)])
    assert metrics.epoch_s(view).value == 1.0
    assert metrics.dense_epoch_s(view) is metrics.single_epoch_s(view) is metrics.speedup(view) is None


@pytest.mark.parametrize("arm", metrics.DENSE_ARMS)
def test_arms_that_skip_nothing_have_epochs_but_neither_target_nor_ceiling(arm):
    view = RunView.of([started(arm=arm), calibrated(), ended(1, active=N, phase="dense", training_s=12.5)])
    assert metrics.epoch_s(view).value == 12.5
    assert metrics.speedup(view).value == pytest.approx(0.8)
    assert metrics.energy_saved(view).value == 0.0
    assert view.target is metrics.speedup_ceiling(view) is None


def test_sustainable_rate_balances_cost_and_mean_refill():
    config = {"processing_cost": 10.0, "dormancy_regen": [1.0, 3.0]}
    rate = metrics.sustainable_rate(config)
    assert 10.0 * rate == pytest.approx(2.0 * (1 - rate))


def test_decimation_keeps_the_ends_and_every_spike():
    points = [(float(i), 0.0) for i in range(10_000)]
    points[1234], points[8765] = (1234.0, 50.0), (8765.0, -50.0)
    thin = metrics.decimate(points, at_most=100)
    assert len(thin) <= 100
    assert thin == sorted(thin)
    assert {points[0], points[1234], points[8765], points[-1]} <= set(thin)


def test_a_short_line_is_not_thinned():
    points = [(float(i), float(i % 7)) for i in range(500)]
    assert metrics.decimate(points) == points


def test_console_line_shows_an_epoch():
    epoch = ended(1, training_s=16.94, train_loss=2.00081, val_accuracy=0.2825)
    line = "Epoch   1/10 | Loss 2.0008 | Val acc 28.25 % | Active 6.0 % | Saved 94.0 % | 16.9 s"
    assert metrics.console_line(epoch) == line
    assert "| Loss - |" in metrics.console_line(ended(1, train_loss=None))


def test_summary_says_what_is_measured_and_what_is_modelled():
    assert metrics.summary_lines(RunView.of(run_events(epochs=3))) == [
        "Validation accuracy  50.00 % (best 50.00 %)",
        "Activation rate      6.00 % for a target of 6.0 % (n = 3,000 candidates)",
        "Compute saved        94.0 % (modelled from counted FLOPs, scoring included)",
        "Samples skipped      94.0 %",
        "Seconds an epoch     1.1 s measured (median of its epochs, n = 3)",
        "Dense epoch          10 s (calibrated: median step of 64 samples, n = 30)",
        "Speed-up             9.1× measured, at most 16.7× by counted FLOPs at the realised rate of 6.0 %",
    ]


def test_summary_of_a_failed_run_begins_with_why():
    assert metrics.summary_lines(RunView.of([started(), failed()])) == ["Failed               the loss became NaN"]


@pytest.mark.parametrize("module", ["sundew_core.metrics", "sundew_core.store", "sundew_core.figures.panels"])
def test_reading_runs_loads_neither_torch_nor_streamlit(module):
    check = f"import sys, {module}; assert not {{'torch', 'streamlit'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
