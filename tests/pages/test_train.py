"""What the Train page shows in every state of a run, and that it opens without torch."""

import json
import os
import subprocess
import sys

import pytest

from pages.panels.knobs import form
from sundew_core.config import Config
from sundew_core.events.run import Paused
from sundew_core.figures.run.panels import PANELS
from sundew_core.records import journal
from tests.support import made_up
from tests.support.acting import enabled, opened, record, said, strip, wall
from tools.support.driving import ROOT

GATE = ("target_activation_rate", "gate_temperature", "energy_pressure", "adapt_kp", "adapt_ki")


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
    assert "Epoch   2/10" in json.loads(wall(app))["log"]


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
                patch.setattr(journal, "_birth", lambda _: "of a process that is gone")
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
        "assert 'sundew_core.figures.run.panels' in sys.modules\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = {**os.environ, "SUNDEW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
