"""The labels that the user gives to runs; archiving and deleting."""

import pytest

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.records import rows
from sundew_core.records.runs import RunStore
from tests.support.made_up import finished, run_events

RUN, OTHER = "20261122-205449-3fa9c1", "20261123-000000-aaaaaa"


@pytest.fixture
def store(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path}/sundew.db")
    for run in (RUN, OTHER):
        store.begin(run, Config())
        for event in [*run_events(epochs=2), finished()]:
            store.append(run, event)
    yield store
    store.close()


@pytest.mark.parametrize(("text", "name"), [("  a \n b ", "a b"), ("", None), (" \t", None)])
def test_a_name_is_one_line_or_none(text, name):
    assert rows.as_name(text) == name


def test_commas_separate_tags_and_each_is_kept_once():
    assert rows.as_tags(" paper,  two words ,,paper\nnew") == ("paper", "two words", "new")
    assert rows.as_tags(["a", "b ", ""]) == ("a", "b")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: rows.as_name("n" * 81), "has 81 characters: give at most 80"),
        (lambda: rows.as_tags("t" * 31), "has 31 characters: give at most 30"),
        (lambda: rows.as_tags(map(str, range(21))), "21 tags are too many: give at most 20"),
        (lambda: rows.as_note("x" * 10_001), "10,001 characters: give at most 10,000"),
    ],
)
def test_a_label_that_is_too_long_is_refused_with_its_length(write, message):
    with pytest.raises(InputError, match=message):
        write()


def test_labels_are_kept_with_the_run_and_can_be_removed(store):
    assert store.run(RUN).title == "sundew 3fa9c1"
    store.rename(RUN, "sweet spot")
    store.tag(RUN, "paper, 6 %")
    store.note(RUN, "the first <b>good</b> one\n")
    row = store.run(RUN)
    assert (row.name, row.title, row.tags, row.note) == (
        "sweet spot", "sweet spot", ("paper", "6 %"), "the first <b>good</b> one",
    )  # fmt: skip
    for write in (store.rename, store.tag, store.note):
        write(RUN, "")
    row = store.run(RUN)
    assert (row.name, row.tags, row.note) == (None, (), None)
    assert (store.run(OTHER).name, store.run(OTHER).tags) == (None, ())


def test_archiving_loses_nothing_and_can_be_undone(store):
    events = store.events(RUN)
    store.archive(RUN)
    assert store.run(RUN).archived
    assert store.events(RUN) == events
    store.archive(RUN, False)
    assert not store.run(RUN).archived


def test_deleting_removes_the_run_and_its_events_and_no_other(store):
    kept = store.events(OTHER)
    store.delete(RUN)
    assert [row.run for row in store.runs()] == [OTHER]
    assert store.events(RUN) == []
    assert store.events(OTHER) == kept


def test_a_run_that_trains_cannot_be_deleted(store):
    store.begin("training", Config())
    store.append("training", run_events(epochs=1)[0])
    with pytest.raises(InputError, match="run training is still running: stop it first"):
        store.delete("training")
    assert len(store.events("training")) == 1
    store.append("training", finished("stopped"))
    store.delete("training")
    assert store.events("training") == []


@pytest.mark.parametrize("change", ["rename", "tag", "note", "archive", "delete"])
def test_the_message_names_a_run_that_is_gone(store, change):
    with pytest.raises(InputError, match="there is no run 'gone'"):
        getattr(store, change)("gone", *([] if change in ("archive", "delete") else ["x"]))


def test_every_change_is_a_turn_that_other_tabs_see_at_once(store):
    for change in (lambda: store.rename(RUN, "x"), lambda: store.archive(RUN), lambda: store.delete(RUN)):
        before = store.turns
        change()
        assert store.turns > before
