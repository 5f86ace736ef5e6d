"""The bench: what is timed, in turn, and the numbers that follow from the record."""

import dataclasses
import json
import re
from itertools import pairwise

import pytest

from sundew_core.arms import arm_of
from sundew_core.config import ARMS, SCORERS, Config
from sundew_core.contests import bench as benching
from sundew_core.contests.bench import bench, contestants, time_gate
from sundew_core.errors import InputError
from sundew_core.events.contest import BenchFinished, BenchStarted, ContestFailed, GateTimed, SliceTimed, from_json
from sundew_core.events.run import to_json
from sundew_core.metrics.contests import bench as numbers
from sundew_core.metrics.contests.bench import BenchView, Spread, spread
from sundew_core.metrics.contests.lines import bench_lines
from sundew_core.training.learner import Learner
from tests.support.made_up_contests import bench_events, bench_started, slice_timed

SMALL = {"digits_repeats": 1, "candidate_batch": 64, "batch_size": 32, "device": "cpu"}


@pytest.fixture(scope="module")
def benched():
    """A real bench, cut short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benching, "STEPS", 4)
        patch.setattr(benching, "ROUNDS_MIN", 2)
        patch.setattr(benching, "GATE_SIZES", (1_000, 5_000))
        return list(bench(Config(**SMALL), 0.01))


def test_every_arm_and_every_scorer_takes_part():
    names = contestants(Config(warmup_epochs=2, arm="random"))
    assert {arm_of(name) for name in names} == set(ARMS)
    assert [config.arm for config in names.values()] == [arm_of(name) for name in names]
    assert {config.scorer for config in names.values() if config.arm == "sundew"} == set(SCORERS)
    assert "selective-backprop memory" in names
    assert all(config.warmup_epochs == config.anneal_epochs == 0 for config in names.values())
    assert [names[name].arm for name in ("dense", "per-sample", "infobatch")] == ["dense", "per-sample", "infobatch"]


def test_a_bench_is_this_list_of_events(benched):
    started, *timed, finished = benched
    assert isinstance(started, BenchStarted)
    assert isinstance(finished, BenchFinished)
    slices = [event for event in timed if isinstance(event, SliceTimed)]
    assert [event.pair for event in slices if event.contestant == "dense"] == list(started.contestants) * 2, "in turn"
    others = [name for name in started.contestants if name != "dense"]
    assert [event.contestant for event in slices if event.contestant != "dense"] == others * 2
    assert all(before.contestant == "dense" for before, after in pairwise(slices) if after.contestant != "dense")
    assert [event.round for event in slices] == sorted(event.round for event in slices)
    assert [event.candidates for event in timed if isinstance(event, GateTimed)] == [1_000, 5_000]
    assert started.left_out == {}
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", started.bench)
    assert finished.process_peak_b > 50e6


def test_a_slice_counts_what_was_trained_in_it(benched):
    for event in benched:
        if not isinstance(event, SliceTimed):
            continue
        assert 0 < event.scoring_s + event.gating_s < event.training_s
        assert 0 < event.candidates <= event.batches * 64, "the last batch of an epoch is smaller"
        assert 0 < event.processor_s < 3 * event.training_s, "of all threads"
        if event.contestant == "dense":
            assert event.trained == event.candidates
            assert event.steps in (4, 5), "an epoch's tail is a step of its own"
            assert event.scoring_s == 0.0
        if event.contestant == "sundew fresh":
            assert event.scoring_s > event.gating_s
        assert event.device_peak_b is None, "a CPU counts a process, not an arm"


def test_numbers_of_a_real_bench_are_those_of_its_clocks(benched):
    view = BenchView.of(benched)
    fast, slow = numbers.speedup(view, "sundew memory"), numbers.speedup(view, "per-sample")
    assert fast.median > 2 > 1 > slow.median
    assert numbers.ceiling(view, "sundew memory").value == pytest.approx(1 / numbers.realised_rate(view, "sundew memory"))
    assert numbers.ceiling(view, "sundew fresh").value < 3
    assert 0.2 < numbers.share_of_ceiling(view, "dense") < 5, "1 up to the noise of the machine"
    summed = json.loads(json.dumps(numbers.result(view), allow_nan=False))
    assert list(summed["contestants"]) == list(benched[0].contestants)
    assert summed["gate_growth"][0]["candidates"] == 1_000


def test_a_record_survives_json(benched):
    back = [from_json(to_json(event)) for event in benched]
    assert back[1:] == benched[1:]
    assert numbers.result(BenchView.of(back)) == numbers.result(BenchView.of(benched))


def test_a_model_that_cannot_have_a_contestant_is_timed_without_it(monkeypatch):
    monkeypatch.setattr(benching, "ROUNDS_MIN", 1)
    monkeypatch.setattr(benching, "STEPS", 1)
    monkeypatch.setattr(benching, "GATE_SIZES", ())
    monkeypatch.setattr("sundew_core.training.choosing.accepts", lambda *_: False)
    view = BenchView.of(bench(Config(**SMALL), 0.001))
    assert list(view.started.left_out) == ["sundew proxy"]
    assert "sundew proxy" not in view.started.contestants
    assert any(line.startswith("sundew proxy: left out, scorer=proxy needs") for line in bench_lines(view))


def test_the_gate_is_timed_at_the_rate_that_it_holds():
    timed = time_gate(Config(device="cpu"), 20_000, laps=3)
    assert timed.candidates == 20_000
    assert len(timed.laps_s) == 3
    assert all(lap_s > 0 for lap_s in timed.laps_s)
    assert timed.active == pytest.approx(1_200, rel=0.1)


def test_what_goes_wrong_is_the_last_event(monkeypatch):
    def explode(*_):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(Learner, "step", explode)
    *_, last = bench(Config(**SMALL), 0.01)
    assert isinstance(last, ContestFailed)
    assert last.error == "the disk is on fire"


@pytest.mark.parametrize(
    ("knobs", "seconds", "says"), [({}, 0.0, "seconds=0"), ({"dataset": "folder:/no/place"}, 1.0, "/no/place")]
)
def test_what_cannot_be_timed_is_refused_before_the_first_event(knobs, seconds, says):
    with pytest.raises(InputError, match=says):
        bench(Config(**SMALL, **knobs), seconds)


# Numbers of a made-up bench


def test_ratios_are_of_neighbours_so_that_a_machine_that_slows_down_does_not_matter():
    view = BenchView.of(bench_events(rounds=3))
    faster = numbers.speedup(view, "sundew memory")
    assert (faster.median, faster.low, faster.high, faster.n) == pytest.approx((10.0, 10.0, 10.0, 3))
    assert numbers.epoch_s(view, "dense").median == pytest.approx(2.0)
    assert numbers.ceiling(view, "sundew memory").value == pytest.approx(12.5)
    assert numbers.share_of_ceiling(view, "sundew memory") == pytest.approx(0.8)
    assert numbers.speedup(view, "dense").median == 1.0


def test_processor_time_is_another_clock_and_not_there_on_an_accelerator():
    view = BenchView.of(bench_events())
    assert numbers.processor_speedup(view, "sundew memory") is None
    timed = [slice_timed("dense", 1, 9.9, pair="random", processor_s=8.0), slice_timed("random", 1, 0.1, processor_s=0.5)]
    assert numbers.processor_speedup(BenchView.of([bench_started(), *timed]), "random").median == 16.0


def test_the_cost_of_a_candidate_batch_is_split_into_its_parts():
    scoring, gating = numbers.batch_s(BenchView.of(bench_events()), "sundew memory")
    assert (scoring.median, gating.median) == pytest.approx((0.0002, 0.0003))


def test_spreads_are_quartiles():
    assert spread([4.0, 1.0, 3.0, 2.0, 5.0]) == Spread(3.0, 2.0, 4.0, 5)
    assert spread([7.0]) == Spread(7.0, 7.0, 7.0, 1)
    assert spread([]) is None


def test_peak_memory_is_the_accelerators_or_not_there():
    events = [bench_started(), slice_timed("dense", 1, 0.001, peak_b=5), slice_timed("dense", 2, 0.001, peak_b=9)]
    assert numbers.peak_b(BenchView.of(events), "dense") == 9
    assert numbers.peak_b(BenchView.of(bench_events()), "dense") is None


def test_without_a_recorded_event_there_is_no_number():
    for events in ([], [bench_started()]):
        view = BenchView.of(events)
        for name in ("dense", "sundew memory"):
            assert numbers.epoch_s(view, name) is None
            assert numbers.speedup(view, name) is None
            assert numbers.ceiling(view, name) is None
            assert numbers.share_of_ceiling(view, name) is None
            assert numbers.realised_rate(view, name) is None
            assert numbers.batch_s(view, name) == (None, None)
            assert numbers.peak_b(view, name) is None
            assert numbers.processor_speedup(view, name) is None
        assert numbers.result(view)["process_peak_b"] is None
        assert bench_lines(view) == ["Nothing has been timed yet."]
    without_dense = BenchView.of([bench_started(), slice_timed("sundew memory", 1, 0.001)])
    assert numbers.speedup(without_dense, "sundew memory") is None
    assert numbers.share_of_ceiling(without_dense, "sundew memory") is None


def test_the_table_shows_all_of_it():
    lines = bench_lines(BenchView.of(bench_events()))
    assert lines[2].split()[:2] == ["sundew", "memory"]
    assert all(word in lines[2] for word in ("0.200 (0.150 to 0.250)", "10.00", "12.50", "80 %", "8.0 %", "200 us", "300 us"))
    assert any("1,000 candidates at once:     1.000 ms" in line for line in lines)
    assert lines[-1] == "Peak memory of the whole process: 500 MB"
    unknown = [dataclasses.replace(e, process_peak_b=None) if isinstance(e, BenchFinished) else e for e in bench_events()]
    assert "Peak memory" not in "\n".join(bench_lines(BenchView.of(unknown)))
