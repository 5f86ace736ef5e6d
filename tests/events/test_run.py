"""Events: one JSON object per line, there and back; a closed set with units in its names."""

import dataclasses
import json

import pytest

from sundew_core.events.run import KINDS, RunFailed, from_json, new_run_id, to_json
from tests.support import made_up

EVENTS = [
    made_up.started(),
    made_up.calibrated(),
    made_up.batch(1, 0.5, 3, 50),
    made_up.samples_seen(),
    made_up.ended(1),
    made_up.intervened(0.5),
    made_up.intervened(0.6, new=7.0, reason="give 0.001 to 1"),
    made_up.intervened(0.7, new=(1.0, 3.0), old=(2.0, 3.0), knob="dormancy_regen"),
    made_up.paused(0.8),
    made_up.resumed(0.8),
    made_up.finished(),
    RunFailed(error="no", kind="OSError", traceback="a\nb"),
]


def test_the_examples_cover_the_closed_set():
    assert {type(event).__name__ for event in EVENTS} == set(KINDS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line_of_json_and_comes_back_equal(event):
    line = to_json(event)
    assert "\n" not in line
    assert json.loads(line)["event"] == type(event).__name__
    back = from_json(line)
    assert json.loads(to_json(back)) == json.loads(line)
    assert type(back) is type(event)


def test_a_record_from_before_forward_and_gate_were_timed_still_reads():
    old = json.loads(to_json(made_up.calibrated()))
    for name in ("forward_sample_s", "forward_n", "forward_batch", "gate_sample_s", "gate_n", "chance_sample_s"):
        del old[name]
    back = from_json(json.dumps(old))
    assert (back.dense_sample_s, back.forward_sample_s, back.gate_n, back.chance_sample_s) == (0.01, None, None, None)


def test_not_a_number_never_reaches_a_record():
    with pytest.raises(ValueError, match="Out of range float"):
        to_json(dataclasses.replace(made_up.ended(1), train_loss=float("nan")))


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="unknown event 'RunExploded': expected one of RunStarted,"):
        from_json('{"event": "RunExploded"}')


def test_events_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        EVENTS[4].epoch = 2


def test_run_ids_are_unique_and_sort_by_time():
    ids = [new_run_id() for _ in range(50)]
    assert len(set(ids)) == 50
    assert [run[:15] for run in ids] == sorted(run[:15] for run in ids)
