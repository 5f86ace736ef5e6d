"""What the Runs page shows: no run, one, many, several selected, a damaged store; and what can be done with a run."""

import html
import sqlite3
from dataclasses import replace

import pytest
import streamlit as st

from pages.panels.runs import exports
from pages.panels.runs import table as runs_table
from sundew_core.config import Config
from sundew_core.events.run import RunFailed
from sundew_core.exporting.printing import PrintingError
from sundew_core.jobs.sweep_plans import CLASSIC
from sundew_core.jobs.sweeps import SweepProgress, SweepRunner
from sundew_core.places import home
from sundew_core.records.runs import RunStore
from tests.support import acting, made_up
from tests.support.acting import opened

PAGE = "pages/runs.py"
RUNS = [f"20261122-20544{i}-3fa9c{i}" for i in range(3)]
"""From the oldest to the newest."""


def recorded(run, *, ended=True, **knobs):
    store = RunStore()
    store.begin(run, Config(epochs=2, **knobs))
    first, *others = made_up.run_events(epochs=2, **knobs)
    for event in [replace(first, run=run), *others, *([made_up.finished()] if ended else [])]:
        store.append(run, event)
    store.close()


@pytest.fixture
def three(runner):
    for run, knobs in zip(RUNS, ({"arm": "dense"}, {"seed": 3, "target_activation_rate": 0.1}, {}), strict=True):
        recorded(run, **knobs)
    return runner


def shown(*selected, **state):
    app = opened()
    app.session_state[runs_table.SELECTED] = list(selected)
    for key, value in state.items():
        app.session_state[key] = value
    app.switch_page(PAGE).run()
    assert not app.exception
    return app


def table(app):
    return app.dataframe[0].value


def walls(app):
    return [part.proto.bytes.decode() for part in app.get("bidi_component")]


def fresh():
    """Forget what was listed a moment ago, which tabs share."""
    st.cache_resource.clear()


def test_without_runs_the_page_says_where_they_come_from(runner):
    app = shown()
    assert app.info[0].value == runs_table.NO_RUN
    assert len(app.dataframe) == 0


def test_every_run_is_in_the_table_newest_first_with_its_numbers(three):
    shown_table = table(shown())
    assert list(shown_table["arm"]) == ["sundew", "sundew", "dense"]
    assert list(shown_table["name"]) == ["sundew 3fa9c2", "sundew 3fa9c1", "dense 3fa9c0"]
    assert list(shown_table["target"])[:2] == [6.0, 10.0]
    assert shown_table["held"][0] == pytest.approx(7.5)
    assert shown_table["accuracy"][0] == pytest.approx(40.0)
    assert shown_table["saved"][0] == pytest.approx(92.5)
    assert shown_table["speedup"][0] == pytest.approx(10 / 1.05)
    assert "joules" not in shown_table


def test_with_nothing_selected_all_runs_stand_by_accuracy_and_cost(three):
    (wall,) = walls(shown())
    assert "Accuracy against cost" in wall


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ({"runs_search": "dense"}, ["dense 3fa9c0"]),
        ({"runs_search": "3FA9C1 sundew"}, ["sundew 3fa9c1"]),
        ({"runs_arm": ["dense"]}, ["dense 3fa9c0"]),
        ({"runs_data": ["digits"], "runs_status": ["finished"]}, ["sundew 3fa9c2", "sundew 3fa9c1", "dense 3fa9c0"]),
    ],
)
def test_the_filter_narrows_the_table(three, state, names):
    assert list(table(shown(**state))["name"]) == names


def test_a_filter_that_nothing_passes_says_so(three):
    assert shown(runs_search="no such run").info[0].value == runs_table.NONE_FOUND


def test_archived_runs_are_hidden_unless_asked_for(three):
    store = RunStore()
    store.archive(RUNS[0])
    assert len(table(shown())) == 2
    fresh()
    assert len(table(shown(runs_archived=True))) == 3
    store.archive(RUNS[1])
    store.archive(RUNS[2])
    store.close()
    fresh()
    assert shown().info[0].value == runs_table.ALL_ARCHIVED


def test_one_selected_run_shows_its_panels_knobs_changes_and_environment(three):
    app = shown(RUNS[1])
    assert walls(app)[0].count('"figure"') == 6
    knobs = app.dataframe[1].value
    assert "Seed" in set(knobs["Knob"][:3])
    assert set(knobs[knobs[""] == "changed"]["Value"]) == {"0.1", "2", "3"}
    assert any("No knob was changed" in caption.value for caption in app.caption)
    assert "cpu" in list(app.dataframe[2].value["Value"])


def test_an_ended_run_has_a_link_to_its_replay(three):
    replay = shown(RUNS[1]).get("page_link")[-2].proto
    assert (replay.label, replay.query_string) == ("Replay", f"run={RUNS[1]}")


def test_the_link_to_start_again_carries_what_differs_from_the_defaults(three):
    link = shown(RUNS[1]).get("page_link")[-1].proto
    assert link.label == "Start again with this"
    assert sorted(link.query_string.split("&")) == ["epochs=2", "seed=3", "target_activation_rate=0.1"]


def test_a_run_is_named_tagged_and_given_a_note(three):
    app = shown(RUNS[1])
    name, tags = (field for field in app.text_input if field.label in ("Name", "Tags"))
    name.set_value("sweet *spot*")
    tags.set_value("paper, new")
    app.text_area[0].set_value("keep")
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    row = RunStore().run(RUNS[1])
    assert (row.name, row.tags, row.note) == ("sweet *spot*", ("paper", "new"), "keep")
    assert r"sweet \*spot\*" in " ".join(text.value for text in app.markdown)


def test_a_name_that_is_too_long_is_refused_in_words(three):
    app = shown(RUNS[1])
    next(field for field in app.text_input if field.label == "Name").set_value("n" * 100)
    next(button for button in app.button if button.label == "Save").click().run()
    assert "has 100 characters" in app.error[0].value
    assert RunStore().run(RUNS[1]).name is None


def test_deleting_asks_first_and_then_takes_the_run(three):
    app = shown(RUNS[1])
    app.button(key=f"run_delete {RUNS[1]}").click().run()
    assert not app.exception
    assert [row.run for row in RunStore().runs()] == [RUNS[2], RUNS[0]]
    assert len(table(app)) == 2


def test_a_run_that_trains_is_not_deleted_and_the_page_says_why(runner):
    recorded(RUNS[0], ended=False)
    app = shown(RUNS[0])
    app.button(key=f"run_delete {RUNS[0]}").click().run()
    assert "is still running: stop it first" in app.error[0].value
    assert len(RunStore().runs()) == 1


def test_several_selected_runs_are_overlaid_with_the_knobs_that_differ(three):
    app = shown(*RUNS)
    overlaid, outcomes = walls(app)
    assert overlaid.count('"figure"') == 6
    assert "3 runs compared" in overlaid
    assert "Accuracy against cost" in outcomes
    legend = next(part.proto.body for part in app.get("html") if "runs-legend" in part.proto.body)
    assert legend.count("repeating-linear-gradient") == 3
    differing = app.dataframe[1].value
    assert list(differing.columns) == ["Knob", "sundew 3fa9c2", "sundew 3fa9c1", "dense 3fa9c0"]
    assert {"Arm", "Seed"} <= set(differing["Knob"])


def test_a_sweep_is_begun_with_what_the_form_asks_for_over_the_selected_run(three, monkeypatch):
    begun = []
    monkeypatch.setattr(SweepRunner, "start", lambda self, sweep: begun.append(sweep) or "sweep 1")
    app = shown(RUNS[1])
    app.selectbox(key="sweep_knob_1").set_value("adapt_kp").run()
    app.text_input(key="sweep_values_1").set_value("0.1, 0.2").run()
    app.button(key="sweep_start").click().run()
    assert not app.exception
    (sweep,) = begun
    assert sweep.runs == 8
    assert (sweep.base.seed, sweep.base.epochs, list(sweep.axes)) == (3, 2, ["target_activation_rate", "adapt_kp"])
    assert app.text_input(key="runs_search").value == "sweep 1"
    app.button(key="sweep_classic").click().run()
    assert begun[1].axes == CLASSIC


@pytest.mark.parametrize(
    ("values", "said"),
    [("0.03, 7", "target_activation_rate='7' is not allowed"), ("", "no value is given"), ("0.1 to 0.05", "the range")],
)
def test_a_sweep_that_makes_no_sense_is_explained_and_not_begun(three, values, said):
    app = shown()
    app.text_input(key="sweep_values_0").set_value(values).run()
    assert not app.exception
    assert said in html.unescape(" ".join(acting.said(app, "remark")))
    assert app.button(key="sweep_start").disabled


def test_a_sweep_under_way_is_shown_and_can_be_stopped(three, monkeypatch):
    stopped = []
    monkeypatch.setattr(SweepRunner, "progress", SweepProgress(tag="sweep 1", runs=4, begun=2, going_on=True))
    monkeypatch.setattr(SweepRunner, "stop", lambda self: stopped.append(True))
    app = shown()
    assert any("Sweep 1**: run 2 of 4, 2 to come" in text.value for text in app.markdown)
    assert app.button(key="sweep_start").disabled
    assert app.button(key="sweep_classic").disabled
    app.button(key="sweep_stop").click().run()
    assert stopped == [True]
    monkeypatch.setattr(SweepRunner, "progress", SweepProgress(tag="sweep 1", runs=4, begun=2, going_on=False, error="full"))
    assert "ended after 2 runs: full" in app.run().error[0].value


def test_a_damaged_run_is_named_and_the_others_stay_in_the_table(three):
    store = RunStore()
    with store._journal.database.writing() as connection:
        connection.exec_driver_sql("UPDATE events SET event = 'damaged' WHERE run = ? AND sequence = 4", (RUNS[0],))
        connection.exec_driver_sql("UPDATE runs SET summary = NULL")
    store.close()
    app = shown()
    assert len(table(app)) == 3
    assert f"event 4 of run {RUNS[0]} cannot be read" in app.warning[0].value
    fresh()
    assert f"event 4 of run {RUNS[0]} cannot be read" in shown(RUNS[0]).error[0].value


def test_a_store_that_cannot_be_opened_is_explained(runner, monkeypatch, tmp_path):
    app = opened()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path / "file"))
    fresh()
    app.switch_page(PAGE).run()
    assert not app.exception
    assert "cannot be used" in app.error[0].value


def labels(app):
    return [button.proto.label for button in app.get("download_button")]


def test_a_run_can_be_exported_for_kaggle(three):
    assert [label for label in labels(shown(RUNS[0], run_export=True)) if label.startswith("Kaggle")] == [
        "Kaggle script (.py)",
        "Kaggle notebook (.ipynb)",
    ]


def test_a_run_that_todays_knobs_do_not_take_says_why_it_cannot_be_exported_for_kaggle(runner):
    recorded(RUNS[0], seed=1)
    with sqlite3.connect(home() / "sundew.db") as database:
        database.execute("update runs set config = replace(config, '\"epochs\": 2', '\"epochs\": 0')")
    app = shown(RUNS[0], run_export=True)
    assert [label for label in labels(app) if label.startswith("Kaggle")] == []
    (said,) = [caption.value for caption in app.caption if caption.value.startswith("Cannot be written for Kaggle")]
    assert "epochs=0 is not allowed: give a whole number, 1 to 10,000" in said


def test_exports_that_are_closed_are_not_made_ready(three):
    assert labels(shown(RUNS[0])) == []
    assert len(labels(shown(RUNS[0], run_export=True))) > 5


def downloads(app):
    return {button.proto.label: button for button in app.get("download_button")}


def test_without_a_browser_pictures_are_out_of_reach_and_the_page_says_how_to_get_one(three, monkeypatch):
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setattr("choreographer.browsers.chromium.Chromium.find_browser", lambda **_options: None)
    st.cache_data.clear()
    app = shown(RUNS[0], run_export=True)
    st.cache_data.clear()
    assert [downloads(app)[name].proto.disabled for name in ("PNG", "SVG", "HTML", "CSV", "Parquet", "JSONL", "ZIP")] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip
    assert any("choreo_get_chrome" in caption.value and "BROWSER_PATH" in caption.value for caption in app.caption)


def test_what_could_not_be_made_is_said_in_words(three):
    app = shown(RUNS[0], run_export=True, run_export_failures={RUNS[0]: "the browser made no picture", RUNS[1]: "another run's"})
    assert [error.value for error in app.error] == ["the browser made no picture"]


def test_a_failure_is_kept_for_the_page_until_a_file_is_made():
    failures = {}

    def fail():
        raise PrintingError("no picture")

    with pytest.raises(PrintingError):
        exports._made(fail, "a", failures)
    assert failures == {"a": "no picture"}
    assert exports._made(lambda: b"made", "a", failures) == b"made"
    assert failures == {}


def test_of_a_run_that_did_not_start_there_are_only_its_events(runner):
    store = RunStore()
    store.begin(RUNS[0], Config())
    store.append(RUNS[0], RunFailed(error="no such data", kind="DataError", traceback=""))
    store.close()
    app = shown(RUNS[0], run_export=True)
    assert [label for label in labels(app) if not label.startswith("Kaggle")] == ["JSONL"]
    assert any(caption.value == exports.NOT_STARTED for caption in app.caption)
