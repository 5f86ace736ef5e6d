"""What a page holds, builds and sends must not grow with the hours that a run takes."""

import random

import pytest

from pages.panels.shell import shared
from sundew_core import metrics
from sundew_core.config import Config
from sundew_core.events.run import Paused
from sundew_core.metrics import RunView, log_lines
from sundew_core.metrics.view import KEPT_BATCHES
from tests.support.made_up import batch, calibrated, ended, intervened, run_events, started

EPOCHS, BATCHES = 120, 50


def _batch(chance, epoch, i):
    return batch(epoch, epoch - 1 + i / BATCHES, chance.randrange(1, 9), 100, train_loss=chance.uniform(1, 2))


@pytest.fixture(scope="module")
def events():
    chance = random.Random(0)
    events = [started(epochs=EPOCHS), calibrated()]
    for epoch in range(1, EPOCHS + 1):
        events.extend(_batch(chance, epoch, i) for i in range(1, BATCHES + 1))
        events.append(ended(epoch))
        if epoch == 30:
            events.append(intervened(30.0, new=0.12))
    events[500] = batch(10, 9.5, 99, 100, train_loss=7.0)
    return events


def test_a_long_run_keeps_no_more_batches_than_a_short_one_and_no_spike_is_lost(events):
    view = RunView.of(events)
    assert len(view.batches) <= KEPT_BATCHES + BATCHES
    assert len(view.epochs) == EPOCHS
    assert max(kept.train_loss for kept in view.batches) == 7.0
    assert max(kept.active for kept in view.batches) == 99
    assert [kept.progress for kept in view.batches] == sorted(kept.progress for kept in view.batches)


def test_a_thinned_view_is_the_same_in_however_many_pieces_its_events_came(events):
    view = RunView()
    for begin in range(0, len(events), 7):
        view = view.extended(events[begin : begin + 7])
    assert view == RunView.of(events)


def test_what_is_counted_does_not_depend_on_which_batches_are_kept(events):
    view = RunView.of([*events, batch(EPOCHS + 1, EPOCHS + 0.5, 4, 100)])
    since = [event for event in events if type(event).__name__ == "BatchSeen" and event.progress > 30.0]
    active, candidates = sum(event.active for event in since) + 4, 100 * (len(since) + 1)
    held = metrics.held_rate(view)
    assert (held.value, held.n) == (pytest.approx(active / candidates), candidates)
    assert metrics.samples(view).candidates == 1_000 * EPOCHS + 100


def test_the_log_of_a_page_names_the_latest_epochs_and_counts_the_others(events):
    lines = log_lines(RunView.of(events), at_most=20)
    assert sum(line.startswith("Epoch") for line in lines) == 20
    assert any(line.startswith("… 100 earlier epochs") for line in lines)
    assert len(log_lines(RunView.of(events))) > EPOCHS


def test_tabs_share_what_was_read_for_less_than_a_tick_and_every_turn_shows_at_once(runner, monkeypatch):
    store = shared.store()
    store.begin("one", Config())
    events = run_events(epochs=2)
    store.append("one", *events[:-2])
    runner.active = "one"
    now_s = [100 * shared.SHARED_S]
    monkeypatch.setattr(shared.time, "monotonic", lambda: now_s[0])
    first = shared.latest()
    store.append("one", events[-2])
    now_s[0] += shared.SHARED_S - 0.1
    assert shared.latest() is first, "another tab shortly after: nothing is read or built twice"
    now_s[0] += 0.2
    assert shared.latest().sequence == first.sequence + 1
    store.append("one", Paused(batch=1, progress=1.0))
    assert shared.latest().state == "paused"
