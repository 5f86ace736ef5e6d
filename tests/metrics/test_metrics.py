import pkgutil
import subprocess
import sys
from dataclasses import replace

import pytest

from sundew_core import metrics
from sundew_core.config import DENSE_ARMS
from sundew_core.metrics import Measured, Modelled, RunView
from sundew_core.metrics.numbers import PACE_EVENTS, Samples
from tests.support.made_up import N, batch, calibrated, ended, failed, finished, intervened, paused, resumed, run_events, started


def test_no_module_of_the_package_hides_one_of_its_names():
    assert [module.name for module in pkgutil.iter_modules(metrics.__path__) if module.name in metrics.__all__] == []


def test_a_view_gathers_events_by_kind():
    events = [started(), calibrated(), batch(1, 0.5, 6, 100), ended(1), intervened(1.5), finished(), failed()]
    view = RunView.of(events)
    gathered = [view.started, view.calibrated, *view.batches, *view.epochs, *view.interventions, view.finished, view.failed]
    assert gathered == events


def test_knobs_and_targets_in_force_follow_what_was_applied():
    changes = [intervened(0.5, new=0.1), intervened(0.7, new=9.0, reason="no"), intervened(0.8, new=0.3, knob="adapt_kp")]
    view = RunView.of([started(), *changes])
    assert view.applied == (changes[0], changes[2])
    assert view.targets == ((0.0, 0.06), (0.5, 0.1))
    assert view.target == 0.1
    assert (view.knobs["target_activation_rate"], view.knobs["adapt_kp"], view.knobs["adapt_ki"]) == (0.1, 0.3, 0.008)
    assert RunView().knobs == {}


def test_a_view_extended_piece_by_piece_equals_the_view_of_all():
    events = run_events()
    view = RunView()
    for event in events:
        view = view.extended([event])
    assert view == RunView.of(events)


def test_an_empty_run_has_no_numbers():
    numbers = (
        metrics.samples, metrics.activation_rate, metrics.samples_skipped, metrics.energy_saved, metrics.dense_epoch_s,
        metrics.single_epoch_s, metrics.epoch_s, metrics.speedup, metrics.speedup_ceiling, metrics.held_rate,
        metrics.candidates_per_s, metrics.samples_per_s,
    )  # fmt: skip
    assert [number(RunView()) for number in numbers] == [None] * len(numbers)
    assert metrics.left_s(RunView(), 10) is None
    assert metrics.epochs_done(RunView()) == 0.0
    assert metrics.summary_lines(RunView()) == metrics.log_lines(RunView()) == []


def test_samples_count_ended_epochs_once_and_the_running_epoch_by_its_batches():
    view = RunView.of([started(), batch(1, 1.0, 999, 1000), ended(1, active=60), batch(2, 1.1, 9, 100), batch(2, 1.2, 7, 100)])
    assert metrics.samples(view) == Samples(60 + 9 + 7, N + 200)
    assert metrics.activation_rate(view) == Measured(76 / 1200, 1200, "candidates counted")
    assert metrics.samples_skipped(view).value == pytest.approx(1 - 76 / 1200)


def test_the_summary_of_a_finished_run_is_its_count():
    assert metrics.samples(RunView.of([started(), ended(1), ended(2), finished(active=150)])) == Samples(150, 2 * N)


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


def test_after_a_new_target_only_epochs_that_began_since_tell_the_speed():
    before = [
        started(),
        calibrated(),
        ended(1, training_s=1.0),
        ended(2, training_s=1.0),
        intervened(2.5),
        ended(3, training_s=1.5),
    ]
    view = RunView.of(before)
    assert view.outdated
    assert metrics.epoch_s(view) is metrics.speedup(view) is metrics.speedup_ceiling(view) is None
    assert "Seconds per epoch    no epoch has ended since the target changed" in metrics.summary_lines(view)
    later = view.extended([ended(4, active=120, training_s=2.0)])
    assert not later.outdated
    assert (metrics.epoch_s(later).value, metrics.epoch_s(later).n) == (2.0, 1)
    assert metrics.speedup(later).value == 5.0
    assert metrics.speedup_ceiling(later).value == pytest.approx(1 / 0.12)


def test_a_target_set_between_two_epochs_counts_from_the_next_one():
    assert metrics.epoch_s(RunView.of([started(), ended(1), intervened(1.0), ended(2, training_s=3.0)])).value == 3.0


@pytest.mark.parametrize("change", [intervened(1.5, reason="no"), intervened(1.5, new=0.3, knob="adapt_kp")])
def test_what_leaves_the_target_alone_leaves_the_speed_alone(change):
    assert metrics.epoch_s(RunView.of([started(), ended(1), change, ended(2)])).n == 2


def test_the_held_rate_counts_from_the_change_of_the_target():
    events = [started(), batch(1, 0.5, 6, 100), batch(1, 1.0, 6, 100), intervened(1.1), batch(2, 1.2, 8, 100)]
    assert metrics.held_rate(RunView.of(events[:3])) == metrics.activation_rate(RunView.of(events[:3]))
    assert metrics.held_rate(RunView.of(events)) is None, "that batch began before the change"
    held = metrics.held_rate(RunView.of([*events, batch(2, 1.3, 11, 100), batch(2, 1.4, 13, 100)]))
    assert (held.value, held.n) == (0.12, 200)


def test_pace_is_that_of_the_latest_epoch():
    view = RunView.of([started(), ended(1), ended(2, active=50, training_s=2.0), batch(3, 2.25, 6, 100)])
    assert metrics.epochs_done(view) == 2.25
    assert metrics.candidates_per_s(view) == N / 2.0
    assert metrics.samples_per_s(view) == 25.0


def test_pace_within_an_epoch_is_that_of_its_latest_telemetry():
    first = [batch(1, 0.1 * (i + 1), 6, 100, training_s=0.5) for i in range(4)]
    view = RunView.of([started(), *first])
    assert metrics.candidates_per_s(view) == 400 / 2.0
    assert metrics.samples_per_s(view) == 24 / 2.0
    assert metrics.left_s(view, 3) == pytest.approx(2.6 * N / 200), "no epoch has ended yet: the pace tells"

    slow = [batch(2, 1.0 + 0.01 * (i + 1), 6, 100, training_s=2.0) for i in range(PACE_EVENTS)]
    view = view.extended([ended(1, training_s=1.0), *slow[:-1]])
    assert metrics.candidates_per_s(view) == N / 1.0, "too little of the second epoch to tell"
    assert metrics.candidates_per_s(view.extended(slow[-1:])) == 100 / 2.0


def test_without_a_clock_in_its_telemetry_a_first_epoch_tells_no_pace():
    view = RunView.of([started(), batch(1, 0.5, 6, 100)])
    assert metrics.candidates_per_s(view) is None
    assert metrics.left_s(view, 3) is None


def test_seconds_left_are_medians_of_epochs_whatever_was_waited():
    epochs = [ended(i, training_s=s, validation_s=0.5) for i, s in ((1, 1.5), (2, 9.0), (3, 1.5))]
    view = RunView.of([started(), *epochs, batch(4, 3.25, 6, 100)])
    assert metrics.left_s(view, 10) == pytest.approx(6.75 * 2.0)
    assert view.extended([paused(3.25), resumed(3.25), paused(3.25)]) == view
    assert metrics.left_s(view, 3) == 0.0


def test_seconds_left_tell_dense_from_sparse_epochs():
    dense, sparse = ended(1, phase="dense", training_s=10.0), ended(2, training_s=1.0)
    view = RunView.of([started(epochs=10, warmup_epochs=1, anneal_epochs=2), dense])
    assert metrics.left_s(view, 10) == pytest.approx(9 * 10.0), "nothing else is known yet"
    assert metrics.left_s(view.extended([sparse]), 10) == pytest.approx(6 * 1.0 + 2 * 10.0)


def test_without_calibration_no_speedup_is_claimed():
    view = RunView.of([started(), ended(1)])
    assert metrics.epoch_s(view).value == 1.0
    assert metrics.dense_epoch_s(view) is metrics.single_epoch_s(view) is metrics.speedup(view) is None


@pytest.mark.parametrize("arm", DENSE_ARMS)
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
        "Seconds per epoch    1.1 s measured (median of its epochs, n = 3)",
        "Dense epoch          10 s (calibrated: median step of 64 samples, n = 30)",
        "Speed-up             9.1× measured, at most 16.7× by counted FLOPs at the realised rate of 6.0 %",
    ]


def test_the_log_tells_a_run_in_the_order_in_which_it_happened():
    start = replace(started(), unreadable_count=5, unreadable_files=("a.png", "b.png", "c.png", "d.png"))
    changes = [
        intervened(0.5), intervened(1.0, new=7.0, old=0.12, reason="give 0.001 to 1"),
        intervened(1.5, new=(2.0, 4.0), old=(1.0, 3.0), knob="dormancy_regen"),
    ]  # fmt: skip
    view = RunView.of([start, calibrated(), changes[0], ended(1), changes[1], changes[2], ended(2), finished()])
    lines = metrics.log_lines(view)
    assert lines[:8] == [
        "Run 20261122-205449-3fa9c1 | digits 1,000 + 100 samples | cnn | sundew | seed 0 | cpu",
        "Warning: 5 image files could not be read and were left out: a.png, b.png, c.png, …",
        "Calibrated | dense step 10 ms per sample (batches of 64, n = 30) | single step 50 ms (n = 20)",
        "batch 50 · target_activation_rate 0.06 → 0.12 · page · applied",
        metrics.console_line(ended(1)),
        "batch 100 · target_activation_rate 0.12 → 7 · page · refused: give 0.001 to 1",
        "batch 150 · dormancy_regen 1 to 3 → 2 to 4 · page · applied",
        metrics.console_line(ended(2)),
    ]
    assert lines[8:] == metrics.summary_lines(view)
    assert metrics.log_lines(replace(view, finished=None)) == lines[:8]


def test_the_log_of_a_long_run_is_complete():
    view = RunView.of([started(), *(ended(i) for i in range(1, 201)), *(intervened(0.1 * i) for i in range(1, 2001))])
    assert len(metrics.log_lines(view)) == 1 + 200 + 2000


def test_the_summary_compares_the_rate_with_the_targets_that_it_had():
    events = [started(), batch(1, 1.0, 6, 100), ended(1), intervened(1.0), batch(2, 2.0, 110, 1000), ended(2, active=110)]
    (line,) = [line for line in metrics.summary_lines(RunView.of(events)) if line.startswith("Activation")]
    assert line == (
        "Activation rate      8.50 % for targets from 6.0 % to, at the end, 12.0 %, and 11.00 % since (n = 2,000 candidates)"
    )


def test_summary_of_a_failed_run_begins_with_why():
    assert metrics.summary_lines(RunView.of([started(), failed()])) == ["Failed               the loss became NaN"]


@pytest.mark.parametrize("module", ["sundew_core.metrics", "sundew_core.records.runs", "sundew_core.figures.run.panels"])
def test_reading_runs_loads_neither_torch_nor_streamlit(module):
    check = f"import sys, {module}; assert not {{'torch', 'streamlit'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
