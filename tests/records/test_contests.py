"""The store of contests: rows that follow their events, in one database with the runs."""

import pytest

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.records import journal
from sundew_core.records.contests import ContestStore
from sundew_core.records.runs import RunStore
from tests.support.made_up_contests import bench_events, contest_failed, race_events

PLAN = {"arms": ["sundew", "dense"], "seconds": 10.0, "seeds": 1, "validations": 2}
RACE = race_events({"sundew": (0.5, 0.8), "dense": (0.3, 0.7)})


@pytest.fixture
def store(tmp_path):
    opened = ContestStore(f"sqlite:///{tmp_path}/sundew.db")
    yield opened
    opened.close()


def keep(store, contest, events, kind="race"):
    store.begin(contest, kind, Config(), PLAN)
    return [store.append(contest, event) for event in events]


def test_events_come_back_equal_and_in_order_and_only_what_is_new(store):
    assert keep(store, "r", RACE) == list(range(1, len(RACE) + 1))
    events = [event for _, event in store.events("r")]
    assert events[1:] == RACE[1:]
    assert events[0].arms == RACE[0].arms
    assert [sequence for sequence, _ in store.events("r", after=len(RACE) - 1)] == [len(RACE)]
    assert store.events("never begun") == []


def test_the_row_of_a_contest_follows_its_events(store):
    store.begin("r", "race", Config(dataset="shapes"), PLAN)
    (row,) = store.contests("race")
    assert (row.status, row.plan, row.config["dataset"], row.going_on) == ("starting", PLAN, "shapes", True)
    store.append("r", RACE[0])
    assert (store.contests("race")[0].status, store.contests("race")[0].last_sequence) == ("running", 1)
    store.append("r", RACE[-1])
    assert (store.contests("race")[0].status, store.contests("race")[0].going_on) == ("finished", False)


def test_each_kind_is_listed_on_its_own_newest_first(store):
    keep(store, "a", RACE)
    keep(store, "c", [RACE[0], contest_failed()])
    keep(store, "b", bench_events(), kind="bench")
    assert [row.contest for row in store.contests("race")] == ["c", "a"]
    assert [row.contest for row in store.contests("race", limit=1)] == ["c"]
    assert [(row.contest, row.status) for row in store.contests("bench")] == [("b", "finished")]
    assert store.contests("race")[0].error == "the disk is on fire"


def test_a_contest_whose_process_is_gone_is_interrupted(store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(journal, "_birth", lambda _: "of a process that is gone")
        keep(store, "r", RACE[:4])
        keep(store, "ended", RACE)
    assert [row.status for row in store.contests("race")] == ["finished", "interrupted"]


def test_an_event_needs_a_contest(store):
    with pytest.raises(InputError, match="call begin before append"):
        store.append("r", RACE[0])


def test_runs_and_contests_share_a_database(tmp_path):
    url = f"sqlite:///{tmp_path}/sundew.db"
    runs, contests = RunStore(url), ContestStore(url)
    runs.begin("x", Config())
    keep(contests, "x", RACE)
    assert [row.run for row in runs.runs()] == [row.contest for row in contests.contests("race")] == ["x"]
    runs.close()
    contests.close()
