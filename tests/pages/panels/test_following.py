"""Following a run, a race or a bench: every event is read once, and what is shown has a name of its own."""

from dataclasses import replace

import pytest

from pages.panels.shell.following import KEPT, ContestShown, Follower
from sundew_core.metrics import RunView
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import RaceView
from sundew_core.records.contests import ContestRow
from sundew_core.records.rows import row_of
from tests.support.made_up import failed, run_events
from tests.support.made_up_contests import bench_events, contest_failed, race_events

RUN = row_of(RunView.of(run_events()))
CONTEST = ContestRow(
    contest="c", kind="race", created_s=0.0, status="running", config={}, plan={}, error=None, last_sequence=0
)  # fmt: skip
SUBJECTS = {
    "run": (replace(RUN, run="c", status="running"), RunView(), run_events(), failed(), "training"),
    "race": (CONTEST, RaceView(), race_events({"dense": (0.5, 0.9)}, finished=False), contest_failed(), "racing"),
    "bench": (replace(CONTEST, kind="bench"), BenchView(), bench_events()[:-1], contest_failed(), "timing"),
}


class Journalled:
    """A journal that gives an event more at each call, and remembers from where it was read."""

    def __init__(self, events):
        self.all = list(events)
        self.there = 1
        self.asked = []

    def events(self, _, after=0):
        self.asked.append(after)
        numbered = list(enumerate(self.all, 1))
        return numbered[after : self.there]


@pytest.mark.parametrize("kind", SUBJECTS)
def test_every_event_is_read_once_and_gives_the_view_of_all(kind):
    row, start, events, _, word = SUBJECTS[kind]
    journal = Journalled(events)
    follower = Follower(journal.events, start)
    for count in range(1, len(events) + 1):
        journal.there = count
        shown = follower.show("c", row)
        assert (shown.sequence, shown.view) == (count, type(start).of(events[:count]))
    assert journal.asked == list(range(len(events)))
    assert (shown.kind, shown.state, shown.version) == (kind, word, f"c {len(events)} {word}")
    assert follower.show("c", row).version == shown.version, "nothing new"


@pytest.mark.parametrize("kind", SUBJECTS)
def test_a_failure_that_no_store_could_take_ends_it(kind):
    row, start, events, failure, _ = SUBJECTS[kind]
    journal = Journalled(events)
    shown = Follower(journal.events, start).show("c", row).ended_by(failure)
    assert (shown.state, shown.going_on, shown.over) == ("failed", False, True)
    assert shown.view.failed == failure


def test_where_there_is_nothing_it_has_a_name_too():
    nothing = ContestShown(None, RaceView(), 0)
    assert (nothing.state, nothing.version, nothing.over) == ("idle", "no race 0 idle", False)
    assert nothing.ended_by(contest_failed()) is nothing


def test_few_views_are_kept():
    journal = Journalled(run_events())
    follower = Follower(journal.events, RunView())
    for name in "abcdef":
        follower.show(name, RUN)
    journal.asked.clear()
    follower.show("f", RUN)
    follower.show("a", RUN)
    assert journal.asked == [1, 0], "the latest went on from where it was, the first begins anew"
    assert len("abcdef") > KEPT
