"""The Flow page without a browser: every state of a run, every arm, every stage, and the replay."""

import json
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from pages.panels.flow import subject as flow_subject
from pages.panels.replay import playback as replay_playback
from pages.panels.replay.playback import PLAY_S, Playback
from pages.panels.shell import shared
from sundew_core.arms import STAGES, VARIANTS, stages_of
from sundew_core.config import KNOBS, Config
from sundew_core.events.commands import Pause
from sundew_core.events.run import Paused, RunStarted, from_json
from sundew_core.metrics import Replay, RunView
from sundew_core.metrics.lines import provenance
from sundew_core.records import example as recordings
from sundew_core.records.example import example
from tests.support import made_up
from tests.support.acting import bar, enabled, record, said
from tools.support.driving import ROOT

RUN = made_up.started().run


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the replay reads."""
    clock = SimpleNamespace(now=1000.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(flow_subject, "time", clock)
    return clock


def opened(**state) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    return app.switch_page("pages/flow.py").run()


def messages(app: AppTest) -> list[dict]:
    assert not app.exception, app.exception
    return [json.loads(element.proto.bytes) for element in app.get("bidi_component") if element.proto.bytes]


def diagram(app: AppTest) -> dict:
    return next(message for message in messages(app) if "frame" in message)


def card(app: AppTest) -> dict:
    return next(message for message in messages(app) if "cards" in message)["cards"][0]


def words(app: AppTest) -> str:
    return next(element.value for element in app.html if "stage-words" in element.value)


def place(app: AppTest) -> tuple[float, float, bool]:
    """Epochs done, epochs of the whole, and whether the replay plays, as the bar shows them."""
    shown = bar(app)
    return shown["epoch"], shown["epochs"], shown["playing"]


def test_without_a_run_the_recorded_example_plays_and_says_what_it_is(runner, clock):
    app = opened()
    shown = diagram(app)
    assert place(app) == (0.0, 10.0, True)
    assert shown["frame"]["caption"].startswith("Recorded example · digits · cnn · epoch 0.0 of 10 · ")
    assert provenance(example()[0]) in shown["frame"]["caption"]
    assert shown["frame"]["flow"]["motion"] == "moving"
    assert flow_subject.SOURCE not in app.session_state
    clock.now += PLAY_S / 2
    half = diagram(app.run())
    replay = Replay(example())
    at_s = PLAY_S / 2 * bar(app)["speed"]
    assert bar(app)["at_s"] == pytest.approx(at_s)
    assert bar(app)["epoch"] == pytest.approx(replay.epochs_at(at_s), abs=1e-4)
    batches = RunView.of(example()[: replay.count(at_s)]).batches
    assert f"batch {batches[-1].batch:,}" in half["frame"]["caption"]
    clock.now += PLAY_S
    over = diagram(app.run())
    assert place(app) == (10.0, 10.0, False)
    assert over["frame"]["flow"]["motion"] == "calm"
    assert enabled(app) == {"start"}


def test_the_replay_is_steered(runner, clock):
    app = opened()
    app.session_state[flow_subject.PLAYBACK] = Playback("example", Replay(example()).second_of(2.5))
    stood = diagram(app.run())
    assert place(app) == (pytest.approx(2.5, abs=0.01), 10.0, False)
    assert stood["frame"]["flow"]["motion"] == "standing"
    assert "epoch 2.5 of 10" in stood["frame"]["caption"]
    clock.now += 100
    assert diagram(app.run()) == stood


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"do": "play"}, (0.0, True)), ({"do": "pause"}, (10.0, False)), ({"do": "seek", "at": 3.0}, (3.0, False)),
        ({"do": "step", "to": "epoch", "back": True}, (9.0, False)), ({"do": "speed", "at": 10.0}, (10.0, False)),
    ],
)  # fmt: skip
def test_what_the_bar_asks_of_the_replay(runner, clock, monkeypatch, wish, expected):
    state = {flow_subject.PLAYBACK: Playback("example")}
    monkeypatch.setattr(flow_subject.st, "session_state", state)
    flow_subject.steer([wish])
    position = state[flow_subject.PLAYBACK].position(Replay(example()), clock.now)
    assert (position.epoch, position.playing) == expected


def test_a_run_of_ones_own_is_shown_before_the_example_and_both_can_be_chosen(runner, clock):
    record(*made_up.run_events(epochs=2), made_up.finished())
    app = opened()
    shown = diagram(app)
    assert shown["frame"]["caption"].startswith("Finished · digits · cnn · epoch 2.0 of 2")
    assert place(app) == (2.0, 2.0, False)
    assert flow_subject.REPLAY not in app.session_state, "its end is shown without reading all of it again"
    assert shown["frame"]["flow"]["motion"] == "calm"
    app.segmented_control(key=flow_subject.SOURCE).set_value(flow_subject.EXAMPLE).run()
    assert diagram(app)["frame"]["caption"].startswith("Recorded example")
    app.segmented_control(key=flow_subject.SOURCE).set_value(flow_subject.LATEST).run()
    assert diagram(app)["frame"]["caption"].startswith("Finished")


def test_an_ended_run_can_be_looked_at_at_any_moment(runner, clock):
    events = [*made_up.run_events(epochs=2), made_up.finished()]
    record(*events)
    app = opened()
    app.session_state[flow_subject.PLAYBACK] = Playback(RUN, 0.6)
    shown = diagram(app.run())
    assert place(app) == (0.6, 2.0, False)
    assert shown["frame"]["caption"].startswith("Replay · digits")
    mask = next(stage for stage in shown["frame"]["stages"] if stage["name"] == "mask")
    assert mask["lines"][1] == "9.0 %", "the third batch of the first epoch"
    assert shown["frame"]["cost"]["number"].startswith("≈"), "no epoch had ended"


def test_a_run_too_long_to_be_held_has_no_replay(runner, monkeypatch):
    record(*made_up.run_events(epochs=2), made_up.finished())
    monkeypatch.setattr(flow_subject, "MOST_EVENTS", 5)
    assert bar(opened()) is None


def test_a_run_that_trains_is_shown_as_it_is_now(running):
    app = opened()
    shown = diagram(app)
    assert bar(app) is None
    assert shown["frame"]["caption"].startswith("Training · digits · cnn · epoch 2.0 of 2")
    assert shown["frame"]["flow"]["motion"] == "moving"
    assert enabled(app) == {"stop", "pause"}
    app.button(key="pause").click().run()
    assert running.sent == [Pause()]


def test_a_paused_run_stands(running):
    shared.store().append(RUN, Paused(batch=10, progress=2.0))
    shown = diagram(opened())
    assert shown["frame"]["flow"]["motion"] == "standing"
    assert shown["frame"]["caption"].startswith("Paused")


def test_a_run_that_prepares_has_a_diagram_without_numbers(runner, monkeypatch):
    store = shared.store()
    store.begin(RUN, Config())
    runner.active, runner.config = RUN, Config()
    app = opened()
    shown = diagram(app)
    assert shown["frame"]["caption"] == "Preparing"
    assert shown["frame"]["cost"]["rows"] == []
    assert "Preparing" in card(app)["empty"]


def test_a_failed_run_says_why(runner):
    record(*made_up.run_events(epochs=1), made_up.failed("the loss became NaN"))
    app = opened()
    assert diagram(app)["frame"]["caption"].startswith("Failed: the loss became NaN · digits")
    assert diagram(app)["frame"]["flow"]["motion"] == "calm"
    assert card(app)["figure"]


def test_a_run_that_failed_at_once_has_no_replay_and_its_reason_in_the_card(runner):
    record(made_up.started(), made_up.failed("out of memory"))
    app = opened()
    assert bar(app) is None
    assert card(app)["empty"] == "The run failed: out of memory"


@pytest.mark.parametrize("arm", ["dense", "random", "infobatch", "selective-backprop"])
def test_a_run_of_any_arm_has_its_own_diagram(runner, clock, arm):
    record(*made_up.run_events(epochs=2, arm=arm), made_up.finished())
    app = opened()
    assert not app.exception
    assert diagram(app)["frame"]["variant"] == arm


@pytest.mark.parametrize("variant", [name for name in VARIANTS if VARIANTS[name].timed])
def test_every_arm_can_be_chosen_and_has_its_diagram_and_its_cost(runner, clock, variant):
    record(*made_up.run_events(epochs=2), made_up.finished())
    app = opened()
    assert diagram(app)["frame"]["variant"] == "sundew-memory"
    app.segmented_control(key=flow_subject.VARIANT).set_value(variant).run()
    shown = diagram(app)
    assert shown["frame"]["variant"] == variant
    assert [stage["name"] for stage in shown["frame"]["stages"]] == list(stages_of(variant, Config().model_dump()))
    assert [row["label"] for row in shown["frame"]["cost"]["rows"]] == list(dict.fromkeys(["dense", VARIANTS[variant].label]))
    assert shown["selected"] in stages_of(variant, {})
    assert shown["file"] == f"sundew-flow-{variant}"


@pytest.mark.parametrize("arm", ["dense", "random", "per-sample"])
def test_the_arm_of_the_run_is_looked_at_first(runner, arm):
    record(*made_up.run_events(epochs=1, arm=arm), made_up.finished())
    assert diagram(opened())["frame"]["variant"] == arm


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_its_words_its_working_knobs_and_its_series(runner, stage):
    variant = next(name for name in VARIANTS if stage in VARIANTS[name].stages)
    record(*made_up.run_events(epochs=2), made_up.finished())
    app = opened()
    app.segmented_control(key=flow_subject.VARIANT).set_value(variant).run()
    app.session_state[flow_subject.STAGE] = stage
    app.run()
    declared = STAGES[stage]
    assert diagram(app)["selected"] == stage
    assert declared.title in words(app)
    assert declared.source in words(app)
    for name in declared.knobs:
        element = app.get_by_key(name)
        assert KNOBS[name].sentence in element.help
        assert not element.disabled
    assert card(app)["name"] == stage
    assert card(app).get("figure") or card(app)["empty"]


def test_a_published_rule_says_what_it_is_and_that_nothing_tunes_it(runner):
    record(*made_up.run_events(epochs=2, arm="infobatch"), made_up.finished())
    app = opened()
    assert "InfoBatch" in words(app)
    assert "counts twice" in words(app)
    assert "No knob acts on this stage." in " ".join(element.proto.body for element in app.get("html"))


def test_a_knob_of_a_stage_steers_the_running_gate(running):
    app = opened()
    assert running.retuned == []
    app.slider(key="gate_temperature").set_value(0.3).run()
    assert running.retuned == [{"gate_temperature": 0.3}]
    app.session_state[flow_subject.STAGE] = "controller"
    app.run()
    app.slider(key="adapt_kp").set_value(0.2).run()
    assert running.retuned[1:] == [{"adapt_kp": 0.2}]
    app.session_state[flow_subject.STAGE] = "pack"
    app.run()
    assert app.number_input(key="batch_size").disabled
    assert app.number_input(key="batch_size").value == 64


def test_it_is_said_what_the_knobs_of_a_stage_act_on(runner, clock):
    def remark(app):
        return said(app, "remark")[-1]

    app = opened()
    assert "Sets the next run" in remark(app)
    app.selectbox(key="arm").select("dense").run()
    app.run()
    assert app.slider(key="gate_temperature").disabled
    app.session_state[flow_subject.STAGE] = "controller"
    assert "Has no effect: the arm dense" in remark(app.run())


def test_a_knob_of_a_stage_sets_up_the_next_run_and_another_stage_does_not_lose_it(runner, clock):
    app = opened()
    app.slider(key="gate_temperature").set_value(0.3).run()
    for stage in ("pack", "reservoir"):
        app.session_state[flow_subject.STAGE] = stage
        app.run()
    app.text_input(key="dormancy_regen").set_value("2 to 4").run()
    app.session_state[flow_subject.STAGE] = "pack"
    app.run()
    app.number_input(key="batch_size").set_value(64).run()
    app.selectbox(key="arm").select("random").run()
    app.button(key="start").click().run()
    assert not app.exception
    assert runner.started == Config(gate_temperature=0.3, dormancy_regen=(2, 4), batch_size=64, arm="random")


def test_choices_survive_the_way_to_another_page_and_back(runner, clock):
    app = opened()
    app.slider(key="gate_temperature").set_value(0.3).run()
    app.switch_page("pages/train.py").run()
    assert app.slider(key="gate_temperature").value == 0.3
    app.slider(key="adapt_kp").set_value(0.5).run()
    app.switch_page("pages/flow.py").run()
    app.button(key="start").click().run()
    assert runner.started == Config(gate_temperature=0.3, adapt_kp=0.5)


def test_a_run_that_begins_is_turned_to(runner, clock):
    record(*made_up.run_events(epochs=1), made_up.finished())
    app = opened()
    app.segmented_control(key=flow_subject.SOURCE).set_value(flow_subject.EXAMPLE).run()
    later = "20991122-205449-3fa9c1"
    shared.store().begin(later, Config())
    runner.active, runner.config = later, Config()
    app.run()
    assert diagram(app)["frame"]["caption"] == "Preparing"
    app.segmented_control(key=flow_subject.SOURCE).set_value(flow_subject.EXAMPLE).run()
    app.run()
    assert diagram(app)["frame"]["caption"].startswith("Recorded example"), "then chosen again, and kept"


def test_a_message_with_news_is_small_with_all_that_travels_in_it(runner, clock):
    app = opened()
    clock.now += PLAY_S / 2
    app.run()
    (element,) = (part for part in app.get("bidi_component") if b'"frame"' in part.proto.bytes)
    assert element.proto.js_content
    assert len(element.proto.SerializeToString()) < 10_000


def test_words_of_a_run_are_not_markup(runner):
    record(*made_up.run_events(epochs=1), made_up.failed("<img src=x onerror=alert(1)>"))
    app = opened()
    assert not any("<img" in element.value for element in app.html)


def test_a_damaged_example_is_said_in_words(runner, monkeypatch, tmp_path):
    monkeypatch.setattr(replay_playback, "example", lambda: recordings.read(tmp_path / "none.jsonl.gz", from_json, RunStarted))
    app = opened()
    assert not app.exception
    assert "python -m tools.record_example" in app.error[0].value
