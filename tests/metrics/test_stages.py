"""What every arm costs, stage by stage: checked by hand on made-up events."""

import pytest

from sundew_core import metrics
from sundew_core.arms import VARIANTS
from sundew_core.metrics import Measured, Modelled, RunView
from sundew_core.metrics.stages import cost
from tests.support.made_up import N, batch, calibrated, ended, finished, intervened, run_events, started

B = 256
R = 0.06
"""Both the target and the rate of `run_events` and `ended`."""
DENSE_S = 0.01
FORWARD_S, GATE_S, CHANCE_S = 0.003, 0.0002, 0.0001


def view(*events, **knobs):
    return RunView.of([started(**knobs), calibrated(), *events])


def parts(run, variant):
    """Seconds of one candidate by part."""
    return {part: number.value / B for part, number in cost(run, variant).parts.items()}


@pytest.mark.parametrize(
    ("variant", "expected", "kind"),
    [
        ("per-sample", {"step": 0.05}, Measured),
        ("dense", {"step": DENSE_S}, Measured),
        ("random", {"gate": CHANCE_S, "step": R * DENSE_S}, Modelled),
        ("sundew-fresh", {"scoring": FORWARD_S, "gate": GATE_S, "step": R * DENSE_S}, Modelled),
        ("sundew-memory", {"gate": GATE_S, "step": R * DENSE_S}, Modelled),
    ],
)
def test_before_an_epoch_has_ended_every_arm_is_made_of_what_was_timed(variant, expected, kind):
    run = view()
    found = cost(run, variant)
    assert parts(run, variant) == pytest.approx(expected)
    total = sum(expected.values())
    assert found.batch_s.value == pytest.approx(B * total)
    assert found.epoch_s.value == pytest.approx(N * total)
    assert type(found.epoch_s) is type(found.speedup) is kind
    assert found.speedup.value == pytest.approx(DENSE_S / total)
    assert sum(found.share(part) for part in found.parts) == pytest.approx(1.0)
    assert found.share("scoring") == (pytest.approx(FORWARD_S / total) if variant == "sundew-fresh" else None)


def test_a_number_made_of_timed_parts_says_of_which():
    run = view()
    assert cost(run, "dense").epoch_s == Measured(10.0, 30, "calibrated: median step of 64 samples")
    assert cost(run, "sundew-memory").parts["gate"].n == 40
    fresh = cost(run, "sundew-fresh").epoch_s.how
    for part in ("median forward pass", "median of significance, gate and packing", "6.0 % of the candidates, the target, at a"):
        assert part in fresh
    assert "dense epoch over this one" in cost(run, "random").speedup.how


def test_the_runs_own_arm_is_measured_in_its_epochs_and_no_other_is():
    run = view(ended(1, training_s=1.0, scoring_s=0.1, gating_s=0.3), ended(2, training_s=3.0, scoring_s=0.1, gating_s=0.5))
    own = cost(run, "sundew-memory")
    assert own.epoch_s == Measured(2.0, 2, "measured, median of its epochs")
    assert own.epoch_s.value == metrics.epoch_s(run).value
    assert own.speedup.value == pytest.approx(metrics.speedup(run).value)
    assert isinstance(own.speedup, Measured)
    shares = {part: own.share(part) for part in own.parts}
    assert shares == pytest.approx({"scoring": 0.2 / 4, "gate": 0.8 / 4, "step": 3.0 / 4})
    assert own.ceiling.value == pytest.approx(metrics.speedup_ceiling(run).value) == pytest.approx(1 / R)
    assert own.of_ceiling == pytest.approx(5.0 * R)
    assert [metrics.measured_in_epochs(run, name) for name in VARIANTS] == [name == "sundew-memory" for name in VARIANTS]
    assert isinstance(cost(run, "sundew-fresh").epoch_s, Modelled)


@pytest.mark.parametrize(
    ("arm", "phase", "active"), [("dense", "dense", N), ("per-sample", "dense", N), ("random", "sparse", 60)]
)
def test_a_run_of_another_arm_measures_that_one(arm, phase, active):
    run = view(ended(1, active=active, phase=phase, training_s=8.0, gating_s=0.8), arm=arm)
    own = cost(run, arm)
    assert own.epoch_s == Measured(8.0, 1, "measured, median of its epochs")
    expected = {"gate": 0.1, "step": 0.9} if arm == "random" else {"step": 1.0}
    assert {part: own.share(part) for part in own.parts} == pytest.approx(expected)
    assert (own.ceiling is None) == (arm != "random")
    # What is compared with is the dense epoch of this very run, where it has one.
    assert own.speedup.value == pytest.approx(1.0 if arm == "dense" else 10.0 / 8.0)
    assert cost(run, "dense").epoch_s.value == pytest.approx(8.0 if arm == "dense" else 10.0)


def test_dense_phases_tell_nothing_of_a_sparse_arm():
    dense = ended(1, active=N, phase="dense", training_s=10.0)
    before = view(batch(1, 0.5, 500, 500, expected_rate=None), dense, warmup_epochs=1)
    assert isinstance(cost(before, "sundew-memory").epoch_s, Modelled)
    assert cost(before, "sundew-memory").rate == R, "the target, not the warm-up's 100 %"
    after = before.extended([ended(2, active=50, training_s=1.0)])
    assert cost(after, "sundew-memory").epoch_s.value == 1.0
    assert cost(after, "sundew-memory").rate == 0.05


def test_other_arms_are_judged_at_the_rate_that_this_run_has_realised():
    early = view(batch(1, 0.5, 45, 500))
    assert cost(early, "random").rate == pytest.approx(0.09)
    assert "9.0 % of the candidates, realised" in cost(early, "random").epoch_s.how
    changed = view(ended(1), intervened(1.0, new=0.12), batch(2, 1.5, 55, 500))
    assert cost(changed, "sundew-fresh").rate == pytest.approx(0.11)
    assert isinstance(cost(changed, "sundew-memory").epoch_s, Modelled), "its epoch was at another target"
    dense = view(ended(1, active=N, phase="dense"), arm="dense", target_activation_rate=0.2)
    assert cost(dense, "random").rate == 0.2
    assert cost(dense, "dense").rate == cost(early, "per-sample").rate == 1.0


def test_a_memory_that_is_refreshed_pays_a_part_of_a_forward_pass():
    run = view(memory_refresh=4)
    assert parts(run, "sundew-memory") == pytest.approx({"scoring": FORWARD_S / 4, "gate": GATE_S, "step": R * DENSE_S})
    assert "one in 4 candidates" in cost(run, "sundew-memory").parts["scoring"].how
    assert cost(run, "sundew-memory").ceiling.value == pytest.approx(300 / (100 / 4 + R * 300))


def test_ceilings_and_savings_are_those_of_the_cost_model():
    run = view()
    assert cost(run, "sundew-fresh").ceiling.value == pytest.approx(3 / (1 + 3 * R))
    assert cost(run, "sundew-fresh").saved.value == pytest.approx(1 - 1 / 3 - R)
    assert cost(run, "sundew-memory").saved.value == pytest.approx(1 - R)
    assert cost(run, "random").ceiling.value == pytest.approx(1 / R)
    assert cost(run, "dense").ceiling is cost(run, "per-sample").saved is None


def test_what_was_not_timed_is_none_and_so_is_all_that_needs_it():
    assert cost(RunView(), "dense") is None
    old = calibrated(forward_sample_s=None, forward_n=None, gate_sample_s=None, gate_n=None, chance_sample_s=None)
    run = RunView.of([started(), old])
    assert cost(run, "dense").epoch_s.value == 10.0
    for variant in ("random", "sundew-fresh", "sundew-memory"):
        found = cost(run, variant)
        assert found.batch_s is found.epoch_s is found.speedup is found.of_ceiling is found.share("step") is None
        assert found.ceiling is not None
    for variant in VARIANTS:
        assert cost(RunView.of([started()]), variant).epoch_s is None
    proxy = cost(view(), "sundew-proxy")
    assert proxy.parts["scoring"] is proxy.epoch_s is proxy.ceiling is None
    own = cost(view(ended(1, scoring_s=0.2), score_flop=25.0, scorer="proxy"), "sundew-proxy")
    assert own.share("scoring") == pytest.approx(0.2)
    assert own.ceiling.value == pytest.approx(300 / (25 + R * 300))


def test_the_moment_is_that_of_the_latest_telemetry():
    assert metrics.latest_rate(view()) is None
    run = view(batch(1, 0.1, 9, 100), batch(1, 0.2, 4, 100))
    assert metrics.latest_rate(run) == Measured(0.04, 100, "candidates of the latest telemetry")


def test_the_queue_holds_what_no_full_batch_has_taken():
    run = view(batch(1, 0.1, 30, 100), batch(1, 0.2, 10, 100), batch_size=32)
    assert metrics.queue(run) == [(0.1, 30), (0.2, 8)]
    assert metrics.queued(run) == 8
    assert metrics.queued(run.extended([ended(1)])) == 0, "the tail trains where an epoch ends"
    assert metrics.queued(run.extended([finished("stopped")])) == 0
    next_epoch = run.extended([ended(1), batch(2, 1.1, 5, 100)])
    assert metrics.queue(next_epoch) == [(1.1, 5)]
    assert metrics.queued(view()) is None
    assert metrics.queued(view(batch(1, 0.1, 100, 100), arm="per-sample")) == 0


def test_a_queue_that_cannot_be_counted_is_none():
    """Telemetry of long runs is thinned out where an epoch ends."""
    run = view(batch(1, 0.5, 30, 100), batch_size=32)
    assert metrics.queue(run) == []
    assert metrics.queued(run) is None


def test_shares_of_a_whole_made_up_run_add_up():
    run = RunView.of([*run_events(3), finished()])
    for variant in ("per-sample", "dense", "random", "sundew-fresh", "sundew-memory"):
        found = cost(run, variant)
        assert sum(number.value for number in found.parts.values()) == pytest.approx(found.batch_s.value)
        assert found.epoch_s.value / N == pytest.approx(found.batch_s.value / B)
