"""The race: whose turn it is, what is charged, what is recorded; and the numbers that follow from the record."""

import dataclasses
import json
import time
from itertools import pairwise

import pytest
import torch

from sundew_core.config import Config
from sundew_core.contests.race import Racer, race
from sundew_core.errors import InputError
from sundew_core.events.commands import Stop
from sundew_core.events.contest import ArmValidated, ContestFailed, RaceFinished, RaceStarted, Rules, from_json
from sundew_core.events.run import to_json
from sundew_core.metrics.contests import race as numbers
from sundew_core.metrics.contests.lines import race_lines
from sundew_core.metrics.contests.race import AXES, STUDENT_95, RaceView, estimate
from sundew_core.training.learner import Learner
from tests.support.made_up_contests import contest_failed, race_events, race_started, validated

SMALL = {"digits_repeats": 2, "candidate_batch": 128, "batch_size": 32, "device": "cpu"}
SHORT = Rules(arms=("sundew", "dense", "random"), seconds=1.0, validations=4, slice_s=0.1)


def small(**knobs):
    return Config(**{**SMALL, **knobs})


@pytest.fixture(scope="module")
def raced():
    """A real race of two seeds."""
    return list(race(small(), dataclasses.replace(SHORT, seeds=2), name="r"))


def test_a_race_is_this_list_of_events(raced):
    started, *validations, finished = raced
    assert isinstance(started, RaceStarted)
    assert (started.race, started.arms, started.seeds, started.seconds) == ("r", SHORT.arms, (0, 1), 1.0)
    assert all(isinstance(event, ArmValidated) for event in validations)
    assert isinstance(finished, RaceFinished)
    assert finished.reason == "finished"
    seeds = [event.seed for event in validations]
    assert seeds == sorted(seeds), "one seed after another"
    for arm in SHORT.arms:
        shares = [event.share for event in RaceView.of(raced).of_arm(arm, 1)]
        assert (shares[0], shares[-1]) == (0.0, 1.0)
        assert shares == sorted(set(shares) & {0.0, 0.25, 0.5, 0.75, 1.0}), "a busy machine may pass two in one batch"


def test_every_arm_is_charged_its_own_seconds_and_no_more(raced):
    for event in raced[1:-1]:
        assert event.share <= event.training_s < event.share + 3.0, (
            "a candidate batch under way is finished, however busy the machine"
        )
        assert event.scoring_s + event.gating_s <= event.training_s
    charged_s = sum(event.training_s for event in raced[1:-1] if event.share == 1.0)
    assert charged_s < raced[-1].wall_s


def test_arms_of_a_seed_start_from_the_same_weights_and_learn(raced):
    view = RaceView.of(raced)
    for seed in (0, 1):
        assert len({view.of_arm(arm, seed)[0].val_loss for arm in SHORT.arms}) == 1
        assert all(view.of_arm(arm, seed)[-1].val_accuracy > 0.3 for arm in SHORT.arms)


def test_samples_and_operations_are_counted(raced):
    started, view = raced[0], RaceView.of(raced)
    for event in view.validated:
        assert event.flop == event.trained * started.step_flop
        assert event.epochs == event.candidates / started.candidates_per_epoch
    rates = {arm: view.of_arm(arm, 0)[-1].trained / view.of_arm(arm, 0)[-1].candidates for arm in SHORT.arms}
    assert rates["dense"] == 1.0
    assert rates["sundew"] == pytest.approx(0.06, rel=0.5), "except samples that wait for a full batch"
    assert rates["random"] == pytest.approx(0.06, rel=0.5)


def test_a_record_survives_json(raced):
    assert [from_json(to_json(event)) for event in raced] == [
        dataclasses.replace(event, config=json.loads(json.dumps(event.config))) if isinstance(event, RaceStarted) else event
        for event in raced
    ]
    assert from_json(to_json(contest_failed())) == contest_failed()
    with pytest.raises(ValueError, match="unknown event 'Lunch'"):
        from_json('{"event": "Lunch"}')


def test_the_arm_that_has_used_fewest_seconds_has_the_turn(monkeypatch):
    turns = []
    turn = Racer.turn

    def watched(racer, slice_s):
        before_s = racer.budget.spent_s
        result = turn(racer, slice_s)
        turns.append((racer.arm, before_s, racer.budget.spent_s))
        return result

    monkeypatch.setattr(Racer, "turn", watched)
    list(race(small(), SHORT))
    spent_s = dict.fromkeys(SHORT.arms, 0.0)
    for arm, before_s, after_s in turns:
        assert before_s == min(seconds for seconds in spent_s.values() if seconds < 1.0)
        spent_s[arm] = after_s
    assert len(turns) > len(SHORT.arms)
    assert sum(one[0] != other[0] for one, other in pairwise(turns)) >= len(SHORT.arms)


def test_validation_is_not_charged(monkeypatch):
    validate = Learner.validate

    def slow(learner):
        time.sleep(0.2)
        return validate(learner)

    monkeypatch.setattr(Learner, "validate", slow)
    events = list(race(small(), dataclasses.replace(SHORT, seconds=0.5, arms=("random",))))
    assert all(event.validation_s > 0.2 for event in events[1:-1])
    assert events[-1].wall_s > events[-2].training_s + 4 * 0.2


def test_a_long_candidate_batch_that_passes_validations_is_validated_once_at_the_latest():
    events = list(race(small(candidate_batch=2048), dataclasses.replace(SHORT, arms=("dense",), seconds=0.2, validations=50)))
    shares = [event.share for event in events[1:-1]]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1.0
    assert len(shares) < 20


def test_a_race_can_be_stopped_between_turns():
    asked = []

    def inbox(*, wait):
        asked.append(wait)
        return [Stop()] if len(asked) > 5 else []

    *events, last = race(small(), SHORT, inbox=inbox)
    assert (type(last), last.reason) == (RaceFinished, "stopped")
    assert len(asked) == 6
    assert RaceView.of([*events, last]).finished_seeds == ()


def test_what_goes_wrong_is_the_last_event_and_names_the_arm(monkeypatch):
    step = Learner.step

    def explode(learner, samples, progress, weights=None):
        if samples.numel() == 1 and progress > 0:
            raise RuntimeError("the disk is on fire")
        return step(learner, samples, progress, weights)

    monkeypatch.setattr(Learner, "step", explode)
    *_, last = race(small(), dataclasses.replace(SHORT, arms=("dense", "per-sample")))
    assert isinstance(last, ContestFailed)
    assert (last.who, last.error, last.kind) == ("per-sample", "the disk is on fire", "RuntimeError")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"arms": ("sundew", "sunflower")}, "arms=sunflower is not allowed: choose among sundew, dense"),
        ({"arms": ()}, "name one or more arms"),
        ({"arms": ("dense", "dense")}, "name one or more arms, each once"),
        ({"arms": ("dense",), "seeds": 0}, "seeds=0 is not allowed"),
        ({"arms": ("dense",), "validations": 0}, "validations=0 is not allowed"),
        ({"arms": ("dense",), "seconds": float("nan")}, "seconds=nan is not allowed"),
        ({"arms": ("dense",), "slice_s": 0.0}, "slice_s=0 is not allowed"),
    ],
)
def test_a_race_that_is_not_valid_is_refused(given, says):
    with pytest.raises(InputError, match=says):
        Rules(**given)


def test_an_arm_that_cannot_race_is_refused_before_any_arm_starts():
    with pytest.raises(InputError, match="no/such/place"):
        race(small(dataset="folder:/no/such/place"), SHORT)


def test_racers_of_a_seed_share_one_copy_of_the_data():
    from sundew_core.contests.race import _line_up
    from sundew_core.data.loading import silent

    racers = _line_up(small(), SHORT, 0, silent)
    assert len({id(racer.session.learner.dataset) for racer in racers}) == 1
    weights = [next(racer.session.learner.model.parameters()) for racer in racers]
    assert torch.equal(weights[0], weights[1])
    assert weights[0].data_ptr() != weights[1].data_ptr()


# Numbers of a made-up race of 10 s: sundew at 1,500 candidates per second, dense at 100, random at 1,600.

TALE = {"sundew": [0.5, 0.8, 0.85, 0.86, 0.9], "dense": [0.4, 0.5, 0.6, 0.7, 0.8], "random": [0.6, 0.7, 0.75, 0.78, 0.79]}


def view_of(events):
    return RaceView.of(events)


def test_equal_seconds_are_the_ends():
    view = view_of(race_events(TALE))
    assert numbers.common_end(view, "seconds") == 10.0
    finals = {arm: numbers.accuracy_at_equal(view, arm, "seconds").mean for arm in view.arms}
    assert finals == pytest.approx({"sundew": 0.9, "dense": 0.8, "random": 0.79})


def test_equal_samples_are_those_of_the_slowest_and_lie_on_the_line_between_validations():
    view = view_of(race_events(TALE))
    assert numbers.common_end(view, "samples") == 900.0
    assert numbers.accuracy_at_equal(view, "sundew", "samples").mean == pytest.approx(0.9)
    assert numbers.accuracy_at_equal(view, "dense", "samples").mean == pytest.approx(0.75), "9 s, between 0.7 and 0.8"
    assert numbers.accuracy_at_equal(view, "dense", "flop").mean == pytest.approx(0.75)


def test_an_accuracy_before_the_first_validation_is_not_guessed():
    view = view_of(race_events(TALE))
    assert numbers.common_end(view, "epochs") == 1.0
    assert numbers.accuracy_at_equal(view, "dense", "epochs").mean == pytest.approx(0.8)
    assert numbers.accuracy_at_equal(view, "sundew", "epochs") is None, "one epoch of its fifteen is before its first validation"


def test_a_line_ends_at_its_points():
    assert numbers.at([(1.0, 0.2), (3.0, 0.6)], 2.0) == pytest.approx(0.4)
    assert [numbers.at([(1.0, 0.2), (3.0, 0.6)], x) for x in (0.9, 1.0, 3.0, 3.1)] == [None, 0.2, 0.6, None]
    assert [numbers.at([(3.0, 0.6)], x) for x in (2.9, 3.0)] == [None, 0.6]
    assert numbers.at([], 1.0) is None


def test_time_to_the_dense_accuracy_is_that_of_the_first_validation_there():
    view = view_of(race_events(TALE))
    sundew, dense, random = (numbers.time_to_reach_dense(view, arm) for arm in view.arms)
    assert (sundew.seconds.mean, sundew.speedup.mean, sundew.reached, sundew.n) == (4.0, 2.5, 1, 1)
    assert (dense.seconds.mean, dense.speedup.mean) == (10.0, 1.0)
    assert (random.seconds, random.speedup, random.reached) == (None, None, 0)


def test_a_time_that_one_seed_never_reached_is_no_time():
    sometimes = race_events({"sundew": [0.5, 0.8], "dense": [0.4, 0.8]}, seeds=(0, 1))
    spoiled = [
        dataclasses.replace(event, val_accuracy=0.2)
        if isinstance(event, ArmValidated) and (event.arm, event.seed) == ("sundew", 1)
        else event
        for event in sometimes
    ]
    assert numbers.time_to_reach_dense(view_of(sometimes), "sundew").reached == 2
    reached = numbers.time_to_reach_dense(view_of(spoiled), "sundew")
    assert (reached.seconds, reached.speedup, reached.reached, reached.n) == (None, None, 1, 2)


def test_intervals_are_students():
    summed = estimate([1.0, 2.0, 3.0])
    assert (summed.mean, summed.n, summed.deviation) == (2.0, 3, 1.0)
    assert summed.half_width == pytest.approx(4.303 / 3**0.5)
    assert (summed.low, summed.high) == pytest.approx((2.0 - 2.484, 2.0 + 2.484), abs=1e-3)
    single = estimate([1.5])
    assert (single.mean, single.n, single.deviation, single.low, single.high) == (1.5, 1, None, None, None)
    assert estimate([]) is None


def test_the_quantiles_are_those_of_students_distribution():
    stats = pytest.importorskip("scipy.stats")
    assert pytest.approx([stats.t.ppf(0.975, df) for df in range(1, 31)], abs=6e-4) == list(STUDENT_95)


def test_seeds_are_averaged_with_their_interval():
    view = view_of(race_events(TALE, seeds=(0, 1, 2)))
    summed = numbers.accuracy_at_equal(view, "dense", "seconds")
    assert (summed.mean, summed.n, summed.deviation) == pytest.approx((0.81, 3, 0.01))


def test_a_seed_under_way_does_not_count_yet():
    events = race_events(TALE, seeds=(0, 1), finished=False)[:-1]
    view = view_of(events)
    assert view.finished_seeds == (0,)
    assert numbers.accuracy_at_equal(view, "sundew", "seconds").n == 1


def test_compute_saved_is_per_epoch_and_modelled_and_energy_is_measured_or_not_there():
    view = view_of(race_events(TALE))
    assert numbers.compute_saved(view, "sundew").value == pytest.approx(0.94)
    assert numbers.compute_saved(view, "dense").value == 0.0
    assert "modelled" in numbers.compute_saved(view, "sundew").how
    assert numbers.energy_saved(view, "sundew") is None
    metered = view_of(race_events(TALE, joules_per_s=30.0))
    assert numbers.energy_saved(metered, "sundew").mean == pytest.approx(1 - 100 / 1500)
    without_dense = view_of(race_events({"sundew": [0.5]}, joules_per_s=30.0))
    assert numbers.energy_saved(without_dense, "sundew") is None


@pytest.mark.parametrize("events", [[], [race_started()], [race_started(), validated("sundew", 0.0, 0.1)]], ids=len)
def test_without_a_recorded_event_there_is_no_number(events):
    """Everything that a race's tables and figures show comes from these functions."""
    view = view_of(events)
    for arm in ("sundew", "dense"):
        assert [numbers.accuracy_at_equal(view, arm, axis) for axis in AXES] == [None] * 4
        assert numbers.time_to_reach_dense(view, arm) is None
        assert numbers.final_accuracy(view, arm, 0) is None
        assert numbers.compute_saved(view, arm) is None
        assert numbers.energy_saved(view, arm) is None
    summed = numbers.result(view)
    assert set(summed["compared_at"].values()) == {None}
    assert all(value is None for arm in summed["arms"].values() for value in arm.values())
    assert race_lines(view) == ["No seed has finished: there is nothing to compare yet."]


def test_the_table_shows_all_of_it():
    lines = race_lines(view_of(race_events(TALE, seeds=(0, 1, 2))))
    assert "n = 3" in lines[-1]
    sundew, dense, random = lines[1:4]
    assert "91.00 ± 2.48" in sundew
    assert "4.0 s (2.50 times faster)" in sundew
    assert "94.0 %" in sundew
    assert "never in 3 of 3" in random
    assert "0.0 %" in dense
    assert len({len(line) for line in lines[:4]}) == 1, "columns are aligned"
