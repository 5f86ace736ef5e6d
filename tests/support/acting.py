"""Act on pages without a browser: a runner that trains nothing, an empty store, and the contents of the page."""

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.panels.knobs import setup, sidebar
from pages.panels.shell import shared
from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.records.runs import RunStore
from tests.support import made_up
from tools import ROOT

WHO = ("page", "lab")
"""Who may change a knob: the Train page's controls, or the gate lab."""


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
        assert who in WHO
        self.config = self.config.changed(**knobs)
        self.retuned.append(dict(knobs))

    def send(self, command) -> None:
        self.sent.append(command)


@pytest.fixture
def runner(tmp_path, monkeypatch):
    monkeypatch.setenv("SUNDEW_HOME", str(tmp_path))
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(setup, "PATIENCE_S", 0.0)
    quiet = QuietRunner()
    monkeypatch.setattr(shared, "Runner", lambda *_: quiet)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield quiet
    st.cache_resource.clear()


@pytest.fixture
def running(runner):
    """A run that trains here, with a configuration that differs from every default."""
    runner.active = made_up.started().run
    runner.config = Config(target_activation_rate=0.1, gate_temperature=0.2, epochs=10, batch_size=64, dormancy_regen=(1, 2))
    record(*made_up.run_events(epochs=2))
    return runner


def opened(*, all_knobs: bool = True, **query) -> AppTest:
    """The app after its link was opened; with `all_knobs` as if the user had opened the list of all knobs before."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20)
    for name, value in query.items():
        app.query_params[name] = value
    if all_knobs:
        app.session_state[sidebar.OPENED] = True
    return app.run()


def record(*events) -> None:
    store = RunStore()
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
    return next(part.proto.bytes for part in app.get("bidi_component") if b'"cards"' in part.proto.bytes).decode()


def bar(app: AppTest) -> dict | None:
    """What the bar of a replay shows; None without one."""
    parts = (part.proto for part in app.get("bidi_component"))
    return next((json.loads(part.json) for part in parts if part.component_name == "replay_bar"), None)
