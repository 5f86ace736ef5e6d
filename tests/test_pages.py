"""The Train page without a browser: what it shows of a store, and what it hands to the runner."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.panels import shared
from sundew_core.config import KNOBS, Config
from sundew_core.errors import InputError
from sundew_core.figures.panels import PANELS
from sundew_core.store import Store
from tests import made_up

ROOT = Path(__file__).parent.parent


class QuietRunner:
    """Takes a configuration and trains nothing."""

    started: Config | None = None
    stopped = False
    active: str | None = None
    unrecorded = None
    refusal: str | None = None

    def start(self, config: Config) -> str:
        if self.refusal:
            raise InputError(self.refusal)
        self.started = config
        return "20261122-205449-3fa9c1"

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def runner(tmp_path, monkeypatch):
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path))
    monkeypatch.chdir(ROOT)
    quiet = QuietRunner()
    monkeypatch.setattr(shared, "Runner", lambda _: quiet)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield quiet
    st.cache_resource.clear()


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


def strip(app: AppTest) -> str:
    return next(element.proto.body for element in app.get("html") if "sundew-strip" in element.proto.body)


def wall(app: AppTest) -> str:
    return app.get("bidi_component")[0].proto.json


def test_an_empty_store_says_in_every_panel_that_there_is_no_run(runner):
    app = opened()
    assert not app.exception
    assert 'data-state="idle"' in strip(app)
    assert wall(app).count('"empty": "No run yet') == len(PANELS) == 6
    for panel in PANELS.values():
        assert f'"title": "{panel.title}"' in wall(app)
    assert app.button(key="stop").disabled


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
    assert not app.expander[0].proto.expanded
    assert wall(app).count("The run failed: the loss became NaN") >= 6


def test_a_meter_is_named_where_energy_is_measured(runner):
    record(made_up.started(meter="NVML"))
    assert "energy: measured by NVML" in strip(opened())


def test_words_of_a_run_cannot_become_markup(runner):
    record(made_up.started(meter="<script>"))
    assert "<script>" not in strip(opened())


@pytest.mark.parametrize(
    "query",
    [
        {"target_activation_rate": "nan", "adapt_kp": "99", "adapt_ki": "-inf", "epochs": "1e9"},
        {"dataset": "<script>", "model": "__class__", "arm": "", "gate_temperature": "%00"},
        {"energy_pressure": "0.5.5", "unknown": "knob", "epochs": "ten"},
    ],
)
def test_a_hostile_link_falls_back_to_the_defaults(runner, query):
    app = opened(**query)
    assert not app.exception
    app.button(key="start").click().run()
    assert not app.exception
    assert runner.started == Config()


def test_a_link_carries_the_choices(runner):
    app = opened(target_activation_rate="0.1", arm="random", epochs="3")
    app.button(key="start").click().run()
    assert runner.started == Config(target_activation_rate=0.1, arm="random", epochs=3)


def test_start_hands_over_what_the_widgets_show(runner):
    app = opened()
    app.selectbox(key="model").select("vit-nano")
    app.number_input(key="epochs").set_value(2)
    app.slider(key="gate_temperature").set_value(0.3)
    app.slider(key="adapt_ki").set_value(0.02)
    app.button(key="start").click().run()
    assert runner.started == Config(model="vit-nano", epochs=2, gate_temperature=0.3, adapt_ki=0.02)


def test_sliders_say_what_the_knobs_say(runner):
    app = opened()
    for slider in app.slider:
        knob = KNOBS[slider.key]
        assert (slider.label, slider.help, slider.min, slider.max, slider.value) == (
            knob.label, knob.sentence, knob.minimum, knob.maximum, knob.default,
        )  # fmt: skip


def test_an_image_folder_needs_a_path(runner):
    app = opened()
    app.selectbox(key="dataset").select("folder").run()
    app.button(key="start").click().run()
    assert "has no path" in app.error[0].value
    assert runner.started is None
    app.text_input(key="folder").set_value(" /some/images ")
    app.button(key="start").click().run()
    assert runner.started == Config(dataset="folder:/some/images")


def test_a_refusal_is_shown_in_words(runner):
    runner.refusal = "run x is still training: stop it first"
    app = opened()
    app.button(key="start").click().run()
    assert not app.exception
    assert app.error[0].value == runner.refusal


def test_stop_stops_and_nothing_else_can_be_started_meanwhile(runner):
    runner.active = "20261122-205449-3fa9c1"
    app = opened()
    assert app.button(key="start").disabled
    app.button(key="stop").click().run()
    assert runner.stopped


def test_the_gate_cannot_be_tuned_for_an_arm_without_a_gate(runner):
    app = opened(arm="dense")
    assert all(slider.disabled for slider in app.slider)
    assert not any(slider.disabled for slider in opened().slider)


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
