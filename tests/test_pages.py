import os
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.panels import form, shared, steering
from sundew_core import store as store_module
from sundew_core.commands import Pause, Resume, Step, Stop
from sundew_core.config import KNOBS, Config
from sundew_core.errors import InputError
from sundew_core.events import Paused
from sundew_core.figures.panels import PANELS
from sundew_core.presets import PRESETS
from sundew_core.store import Store
from tests import made_up

ROOT = Path(__file__).parent.parent
GATE = ("target_activation_rate", "gate_temperature", "energy_pressure", "adapt_kp", "adapt_ki")
LIVE = [name for name, knob in KNOBS.items() if knob.live]
PRESET_KEYS = {name: f"preset_{name.replace(' ', '_')}" for name in PRESETS}


class QuietRunner:
    """Takes a configuration and commands, and trains nothing."""

    def __init__(self) -> None:
        self.started: Config | None = None
        self.active: str | None = None
        self.config: Config | None = None
        self.unrecorded = None
        self.refusal: str | None = None
        self.retuned: list[dict] = []
        self.sent: list = []

    def start(self, config: Config) -> str:
        if self.refusal:
            raise InputError(self.refusal)
        self.started = config
        return made_up.started().run

    def retune(self, knobs: dict, *, who: str) -> None:
        assert who == "page"
        self.config = self.config.changed(**knobs)
        self.retuned.append(dict(knobs))

    def send(self, command) -> None:
        self.sent.append(command)


@pytest.fixture
def runner(tmp_path, monkeypatch):
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path))
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(steering, "PATIENCE_S", 0.0)
    quiet = QuietRunner()
    monkeypatch.setattr(shared, "Runner", lambda _: quiet)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield quiet
    st.cache_resource.clear()


@pytest.fixture
def running(runner):
    """A run that trains here, with a configuration that is nobody's default."""
    runner.active = made_up.started().run
    runner.config = Config(target_activation_rate=0.1, gate_temperature=0.2, epochs=10, batch_size=64, dormancy_regen=(1, 2))
    record(*made_up.run_events(epochs=2))
    return runner


def opened(**query) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def record(*events) -> None:
    store = Store()
    run = events[0].run
    store.begin(run, Config(epochs=10))
    for event in events:
        store.append(run, event)
    store.close()


def said(app: AppTest, kind: str) -> list[str]:
    """The sentences of a kind (remark, refusal, notices) on the page, as markup."""
    return [element.value for element in app.html if f'class="sundew-{kind}"' in element.value]


def enabled(app: AppTest) -> set[str]:
    return {key for key in ("start", "stop", "pause", "step_batch", "step_epoch") if not app.button(key=key).disabled}


def strip(app: AppTest) -> str:
    return next(element.proto.body for element in app.get("html") if "sundew-strip" in element.proto.body)


def wall(app: AppTest) -> str:
    return app.get("bidi_component")[0].proto.bytes.decode()


def test_an_empty_store_says_in_every_panel_that_there_is_no_run(runner):
    app = opened()
    assert not app.exception
    assert 'data-state="idle"' in strip(app)
    assert wall(app).count('"empty": "No run yet') == len(PANELS) == 6
    for panel in PANELS.values():
        assert f'"title": "{panel.title}"' in wall(app)


def test_a_finished_run_is_drawn_and_logged(runner):
    record(*made_up.run_events(epochs=2), made_up.finished())
    app = opened()
    assert not app.exception
    assert 'data-state="finished"' in strip(app)
    assert "energy: modelled from FLOPs" in strip(app)
    assert wall(app).count('"figure"') == 6
    assert "Epoch   2/10" in app.code[0].value


def test_a_failed_run_says_why_in_words_with_the_traceback_folded_away(runner):
    record(made_up.started(), made_up.failed("the loss became NaN"))
    app = opened()
    assert not app.exception
    assert 'data-state="failed"' in strip(app)
    assert app.error[0].value == "The run failed: the loss became NaN"
    assert not any(expander.proto.expanded for expander in app.expander)
    assert wall(app).count("The run failed: the loss became NaN") >= 6


def test_a_meter_is_named_where_energy_is_measured(runner):
    record(made_up.started(meter="NVML"))
    assert "energy: measured by NVML" in strip(opened())


def test_words_of_a_run_cannot_become_markup(runner):
    record(made_up.started(meter="<script>"))
    assert "<script>" not in strip(opened())


STATES = {
    "idle": ((), False, {"start"}),
    "preparing": ((made_up.started(),), True, {"stop", "pause"}),
    "training": (made_up.run_events(1), True, {"stop", "pause"}),
    "paused": ((*made_up.run_events(1), Paused(batch=5, progress=1.0)), True, {"stop", "pause", "step_batch", "step_epoch"}),
    "finished": ((*made_up.run_events(2), made_up.finished()), False, {"start"}),
    "stopped": ((*made_up.run_events(2), made_up.finished("stopped")), False, {"start"}),
    "failed": ((made_up.started(), made_up.failed()), False, {"start"}),
    "interrupted": (made_up.run_events(1), False, {"start"}),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_buttons(runner, monkeypatch, state):
    events, trains_here, buttons = STATES[state]
    if events:
        with monkeypatch.context() as patch:
            if state == "interrupted":
                patch.setattr(store_module, "_birth", lambda _: "of a process that is gone")
            record(*events)
    if trains_here:
        runner.active, runner.config = made_up.started().run, Config(epochs=10)
    app = opened()
    assert not app.exception
    assert f'data-state="{state}"' in strip(app)
    assert enabled(app) == buttons
    assert app.button(key="pause").label == ("Resume" if state == "paused" else "Pause")
    assert app.selectbox(key="dataset").disabled == trains_here
    assert (form.LOCKED in app.selectbox(key="dataset").help) == trains_here
    assert not any(app.slider(key=name).disabled for name in GATE)


def test_a_run_of_another_process_is_not_ours_to_steer(runner):
    record(*made_up.run_events(1))
    app = opened()
    assert enabled(app) == {"start"}
    assert "another process" in "".join(said(app, "remark"))


@pytest.mark.parametrize(
    ("key", "paused", "command"),
    [
        ("stop", False, Stop()),
        ("pause", False, Pause()),
        ("pause", True, Resume()),
        ("step_batch", True, Step("batch")),
        ("step_epoch", True, Step("epoch")),
    ],
)
def test_a_button_sends_its_command_once(running, key, paused, command):
    if paused:
        Store().append(running.active, Paused(batch=5, progress=1.0))
    app = opened()
    app.button(key=key).click().run()
    app.run()
    assert not app.exception
    assert running.sent == [command]


def test_a_slider_acts_on_the_running_gate_and_a_rerun_does_not(running):
    app = opened()
    app.run()
    assert running.retuned == []
    app.slider(key="target_activation_rate").set_value(0.12).run()
    app.run()
    assert running.retuned == [{"target_activation_rate": 0.12}]
    assert app.slider(key="target_activation_rate").value == 0.12
    app.number_input(key="processing_cost").set_value(5.0).run()
    app.text_input(key="dormancy_regen").set_value("2, 4").run()
    assert running.retuned[1:] == [{"processing_cost": 5.0}, {"dormancy_regen": (2.0, 4.0)}]
    assert app.text_input(key="dormancy_regen").value == "2 to 4"
    assert not app.exception


def test_without_a_run_nothing_is_steered(runner):
    app = opened()
    app.slider(key="target_activation_rate").set_value(0.12).run()
    app.button(key="reset").click().run()
    assert runner.retuned == []


def test_while_a_run_is_going_on_every_widget_shows_its_configuration(running):
    app = opened(target_activation_rate="0.5", seed="7")
    shown = form.state_of(running.config.model_dump())
    assert {key: app.session_state[key] for key in shown} == shown
    assert "A run is going on" in said(app, "notices")[0]
    assert app.query_params == {
        "target_activation_rate": "0.1", "gate_temperature": "0.2", "batch_size": "64", "dormancy_regen": "1 to 2",
    }  # fmt: skip


def test_what_another_tab_changes_is_shown_here_and_not_asked_for_again(running):
    app = opened()
    running.config = running.config.changed(target_activation_rate=0.03, dormancy_regen=(0, 9))
    app.run()
    assert app.slider(key="target_activation_rate").value == 0.03
    assert app.text_input(key="dormancy_regen").value == "0 to 9"
    assert app.query_params["target_activation_rate"] == "0.03"
    assert running.retuned == []


def test_a_tick_that_was_under_way_when_another_tab_steered_does_not_steer_back(running):
    app = opened()
    running.config = running.config.changed(target_activation_rate=0.03)
    app.run()
    app.slider(key="target_activation_rate").set_value(0.1).run()  # what this tab showed before
    assert running.retuned == []
    assert app.slider(key="target_activation_rate").value == 0.03
    app.slider(key="target_activation_rate").set_value(0.2).run()
    assert running.retuned == [{"target_activation_rate": 0.2}]


def test_a_live_knob_that_is_refused_says_so_and_goes_back(running):
    app = opened()
    app.text_input(key="dormancy_regen").set_value("9 to 1").run()
    assert not app.exception
    assert "the lowest refill first" in said(app, "refusal")[0]
    assert app.text_input(key="dormancy_regen").value == "1 to 2"
    assert running.retuned == []


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_one_click(runner, name):
    app = opened(seed="3")
    app.button(key=PRESET_KEYS[name]).click().run()
    assert app.button(key=PRESET_KEYS[name]).proto.type == "primary"
    app.button(key="start").click().run()
    assert runner.started == Config(seed=3, **PRESETS[name])


def test_during_a_run_target_presets_retune_and_epochs_presets_rest(running):
    app = opened()
    assert [name for name in PRESETS if app.button(key=PRESET_KEYS[name]).disabled] == ["just test", "full training"]
    app.button(key=PRESET_KEYS["maximum speed"]).click().run()
    assert running.retuned == [{"target_activation_rate": 0.03}]
    assert app.slider(key="target_activation_rate").value == 0.03


def test_reset_gives_every_knob_its_default_and_keeps_what_is_learned(runner):
    app = opened(dataset="shapes", model="vit-nano", arm="random", target_activation_rate="0.4", lr="0.01", compile="true")
    app.button(key="reset").click().run()
    assert app.query_params == {"dataset": "shapes", "model": "vit-nano"}
    app.button(key="start").click().run()
    assert runner.started == Config(dataset="shapes", model="vit-nano")


def test_reset_during_a_run_retunes_the_live_knobs(running):
    app = opened()
    app.button(key="reset").click().run()
    assert running.retuned == [{name: KNOBS[name].default for name in LIVE}]
    assert running.config.batch_size == 64


@pytest.mark.parametrize(
    ("query", "expected", "notice"),
    [
        ({"target_activation_rate": "7"}, {"target_activation_rate": 1.0}, "the highest allowed value 1 is used"),
        ({"target_activation_rate": "-1"}, {"target_activation_rate": 0.001}, "the lowest allowed value 0.001 is used"),
        ({"epochs": "1e9", "adapt_kp": "99"}, {"epochs": 10_000, "adapt_kp": 2.0}, "the highest allowed value 10000"),
        ({"gate_temperature": "nan", "adapt_ki": "-inf"}, {}, "The default 0.15 is used"),
        ({"dataset": "<script>alert(1)</script>", "model": "__class__"}, {}, "&lt;script&gt;alert(1)"),
        ({"energy_pressure": "0.5.5", "epochs": "ten"}, {}, "The default 10 is used"),
        ({"arm": "", "gate_temperature": "%00"}, {}, "The default sundew is used"),
        ({"<img src=x>": "1"}, {}, "&lt;img src=x&gt;"),
        ({"epochs": ["3", "4"]}, {"epochs": 4}, "gives epochs 2 times"),
        ({"device": "x" * 10_000}, {}, "longer than 1,000 characters"),
        ({"warmup_epochs": "20"}, {}, "do not fit into epochs=10"),
    ],
)
def test_a_hostile_or_stale_link_is_put_right_and_explained_once(runner, query, expected, notice):
    app = opened(**query)
    assert not app.exception
    (notices,) = said(app, "notices")
    assert notice in notices
    assert len(notices) < 1_000
    assert "<script" not in notices
    assert "<img" not in notices
    app.button(key="dismiss").click().run()
    assert said(app, "notices") == []
    app.button(key="start").click().run()
    assert runner.started == Config(**expected)
    assert set(app.query_params) == set(expected)


def test_a_link_carries_every_knob(runner):
    other = Config(
        target_activation_rate=0.1, gate_temperature=0.2, energy_pressure=0.1, adapt_kp=0.5, adapt_ki=0.02,
        activation_threshold=0.4, max_energy=50, processing_cost=5, dormancy_regen=(2, 2.5), dataset="folder:/some/images",
        model="torchvision:resnet34",
        arm="random", scorer="fresh", normalisation="relative", loss_weight=0.5, contrast_weight=0.5, memory_refresh=3,
        candidate_batch=128, batch_size=64, lr=0.001, weight_decay=0.05, epochs=30, warmup_epochs=20, anneal_epochs=2, seed=5,
        device="cpu", compile=True, digits_repeats=2, shapes_samples=1000, shapes_redundancy=0.1, shapes_label_noise=0.2,
        shapes_imbalance=3, image_size=64,
    )  # fmt: skip
    assert all(getattr(other, name) != knob.default for name, knob in KNOBS.items())
    app = opened(**steering.link.write_link(other.model_dump()))
    assert not app.exception
    assert said(app, "notices") == []
    assert set(app.query_params) == form.KEYS
    app.button(key="start").click().run()
    assert runner.started == other


def test_the_default_set_up_does_not_clutter_the_link(runner):
    assert opened().query_params == {}
    assert opened(epochs="10", lr="auto", compile="false").query_params == {}


def test_presenting_is_no_knob_and_stays_in_the_link(runner):
    app = opened(present="true", epochs="99999")
    assert app.query_params == {"present": "true", "epochs": "10000"}
    assert "present" not in said(app, "notices")[0]


def test_start_hands_over_what_the_widgets_show(runner):
    app = opened()
    app.selectbox(key="model").select("vit-nano")
    app.number_input(key="epochs").set_value(2)
    app.slider(key="gate_temperature").set_value(0.3)
    app.slider(key="adapt_ki").set_value(0.02)
    app.text_input(key="lr").set_value("0.002")
    app.toggle(key="compile").set_value(True)
    app.button(key="start").click().run()
    assert runner.started == Config(model="vit-nano", epochs=2, gate_temperature=0.3, adapt_ki=0.02, lr=0.002, compile=True)


def test_every_knob_has_a_widget_made_of_its_declaration(runner):
    app = opened()
    for name, knob in KNOBS.items():
        element = app.get_by_key(name)
        assert knob.sentence in element.help
        assert knob.formula in element.help
        assert knob.look_for in element.help
    for slider in app.slider:
        knob = KNOBS[slider.key]
        assert knob.formula
        assert knob.look_for
        assert (slider.min, slider.max, slider.value) == (knob.minimum, knob.maximum, knob.default)


def test_advice_stands_beside_the_knob(runner):
    app = opened()
    assert said(app, "remark") == []
    app.slider(key="target_activation_rate").set_value(0.3).run()
    assert "The reservoir sustains 16.7 %" in said(app, "remark")[0]
    app.number_input(key="processing_cost").set_value(1.0).run()
    assert said(app, "remark") == []
    assert said(opened(arm="random", target_activation_rate="0.3"), "remark") == [], "there is no reservoir"


def test_text_that_is_no_value_is_told_at_once_and_cannot_be_started(runner):
    app = opened()
    app.text_input(key="lr").set_value("fast").run()
    assert "give auto or above 0 to 10" in said(app, "remark")[0]
    app.button(key="start").click().run()
    assert "give auto or above 0 to 10" in said(app, "refusal")[0]
    assert runner.started is None
    app.text_input(key="lr").set_value("").run()
    app.button(key="start").click().run()
    assert runner.started == Config()
    assert said(app, "refusal") == []


def test_an_image_folder_needs_a_path(runner):
    app = opened()
    app.selectbox(key="dataset").select("folder").run()
    app.button(key="start").click().run()
    assert "has no path" in said(app, "refusal")[0]
    assert runner.started is None
    app.text_input(key="folder").set_value(" /some/images ")
    app.button(key="start").click().run()
    assert runner.started == Config(dataset="folder:/some/images")


def test_a_refusal_is_shown_in_words_and_stays(runner):
    runner.refusal = "run <x> is still training: stop it first"
    app = opened()
    app.button(key="start").click().run()
    app.run()
    assert not app.exception
    assert "run &lt;x&gt; is still training: stop it first" in said(app, "refusal")[0]


@pytest.mark.parametrize(("arm", "tunable"), [("dense", []), ("per-sample", []), ("random", LIVE[:1]), ("sundew", LIVE)])
def test_only_what_has_an_effect_in_an_arm_can_be_tuned(runner, arm, tunable):
    app = opened(arm=arm)
    assert [name for name in LIVE if not app.get_by_key(name).disabled] == tunable


def test_the_set_up_survives_a_look_at_another_page(runner):
    app = opened(target_activation_rate="0.1", dataset="folder", folder="/x")
    app.switch_page("pages/guide.py").run()
    app.switch_page("pages/train.py").run()
    assert not app.exception
    app.button(key="start").click().run()
    assert runner.started == Config(target_activation_rate=0.1, dataset="folder:/x")


def test_a_store_that_cannot_be_opened_is_explained(runner, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path / "file"))
    app = opened()
    assert not app.exception
    assert "cannot be used" in app.error[0].value


def test_opening_the_page_does_not_load_torch(tmp_path):
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=30).run()\n"
        "assert not app.exception, app.exception\n"
        "assert 'sundew_core.figures.panels' in sys.modules\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = {**os.environ, "SUNDEW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
