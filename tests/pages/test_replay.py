"""The Replay page without a browser: the example and ended runs, steered by a clock that the test holds; and what is refused."""

import json
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from pages.panels.replay import bar as replay_bar
from pages.panels.replay import choice
from pages.panels.replay import subject as replay_subject
from pages.panels.replay.playback import Playback
from sundew_core.metrics import Replay
from sundew_core.metrics.lines import provenance
from sundew_core.records.example import EXAMPLE, example
from tests.support import made_up
from tests.support.acting import bar, opened, record, strip
from tools.support.driving import ROOT

RUN = made_up.started().run
ENDED = [*made_up.run_events(epochs=2), made_up.finished()]  # 1.0 + 1.1 recorded seconds


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the replay reads."""
    clock = SimpleNamespace(now=1000.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(replay_subject, "time", clock)
    return clock


def replayed(run: str | None = None, **query) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20).run()
    for name, value in {**query, **({"run": run} if run else {})}.items():
        app.query_params[name] = value
    return app.switch_page("pages/replay.py").run()


def messages(app: AppTest) -> list[dict]:
    assert not app.exception, app.exception
    return [json.loads(element.proto.bytes) for element in app.get("bidi_component") if element.proto.bytes]


def cards(app: AppTest) -> dict:
    return next(message for message in messages(app) if "cards" in message)


def test_the_example_plays_slowly_enough_to_be_followed_and_says_what_it_is(runner, clock):
    app = replayed("example")
    assert 'data-state="replay"' in strip(app)
    assert f"Replay of the recorded example · {provenance(example()[0])} · nothing trains here" in strip(app)
    assert (bar(app)["playing"], bar(app)["at_s"], bar(app)["speed"]) == (True, 0.0, 0.1)
    assert sum("First epoch under way" in str(card.get("empty")) for card in cards(app)["cards"]) >= 4
    clock.now += 20.0
    app.run()
    assert bar(app)["at_s"] == 2.0
    replay = Replay(example())
    assert bar(app)["epoch"] == pytest.approx(replay.epochs_at(2.0), abs=1e-4)
    ended = len(replay.view(2.0).epochs)
    assert f"Epoch {ended:3d}/10" in cards(app)["log"]
    assert f"Epoch {ended + 1:3d}/10" not in cards(app)["log"]
    clock.now += 10.0 * replay.length_s
    app.run()
    assert (bar(app)["playing"], bar(app)["epoch"]) == (False, 10.0)
    assert all(card.get("figure") for card in cards(app)["cards"])
    assert "Compute saved" in cards(app)["log"], "the summary comes with the end"
    assert 'data-state="replay"' in strip(app)


def test_an_ended_run_is_opened_by_its_link_and_the_link_is_kept(runner, clock):
    record(*ENDED)
    app = replayed(RUN)
    assert app.query_params["run"] == RUN
    assert app.selectbox(key=choice.PICKED).value == RUN
    assert "Replay of run sundew 3fa9c1, finished" in strip(app)
    app.session_state[replay_subject.PLAYBACK] = Playback(RUN, 0.6)
    app.run()
    assert bar(app)["epoch"] == 0.6
    app.selectbox(key=choice.PICKED).set_value("example").run()
    assert app.query_params["run"] == "example"
    assert "recorded example" in strip(app)


def test_without_a_link_and_without_a_run_it_is_the_example(runner, clock):
    assert "recorded example" in strip(replayed())


def test_without_a_link_it_is_the_newest_ended_run(runner, clock):
    record(*ENDED)
    assert "Replay of run sundew" in strip(replayed())


def test_what_cannot_be_replayed_is_explained_with_a_way_out(runner, clock):
    app = replayed("20990101-000000-ffffff")
    assert "there is no run '20990101-000000-ffffff'" in app.error[0].value
    (way_out,) = [button for button in app.button if "recorded example" in button.label]
    way_out.click().run()
    assert app.query_params["run"] in ("example", ["example"])
    assert not app.error
    record(*made_up.run_events(epochs=1))
    assert "still running" in replayed(RUN).error[0].value


def test_a_run_too_long_to_be_held_is_not(runner, clock, monkeypatch):
    record(*ENDED)
    monkeypatch.setattr(replay_subject, "MOST_EVENTS", 5)
    assert "no more than 5 can be replayed" in replayed(RUN).error[0].value


def test_a_run_that_failed_at_once_has_nothing_to_play_and_says_why_it_ended(runner, clock):
    record(made_up.started(), made_up.failed("the loss became NaN"))
    app = replayed(RUN)
    assert (bar(app)["playing"], bar(app)["length_s"]) == (False, 0.0)
    assert app.error[0].value == "The run failed: the loss became NaN"


def test_a_damaged_example_is_explained_here_and_where_it_is_offered(runner, clock, monkeypatch, tmp_path):
    broken = tmp_path / EXAMPLE.name
    broken.write_bytes(b"not a recording")
    example.cache_clear()
    monkeypatch.setattr("sundew_core.records.example.EXAMPLE", broken)
    try:
        assert "cannot be read" in replayed("example").error[0].value
        app = opened()
        assert not app.exception
        assert any("cannot be read" in caption.value for caption in app.caption)
    finally:
        example.cache_clear()


def test_only_a_first_visitor_is_offered_the_example(runner):
    app = opened()
    link = next(element.proto for element in app.get("page_link") if element.proto.label == "Watch a recorded run")
    assert link.query_string == "run=example"
    assert any(provenance(example()[0]) in caption.value for caption in app.caption)
    record(*ENDED)
    assert all(element.proto.label != "Watch a recorded run" for element in opened().get("page_link"))


def test_the_flow_moves_in_the_place_of_the_panels(runner, clock):
    app = replayed("example", replay_look="Flow")
    clock.now += 2.0
    diagram = next(message for message in messages(app.run()) if "frame" in message)
    assert diagram["frame"]["flow"]["motion"] == "moving"
    assert "nothing trains here" in diagram["frame"]["caption"]


def test_a_wish_is_carried_out_once_however_often_it_is_sent(monkeypatch):
    monkeypatch.setattr(replay_bar.st, "session_state", {})
    first, second = {"do": "play", "number": 1}, {"do": "pause", "number": 2}
    assert replay_bar._news([first]) == [first]
    assert replay_bar._news([first, second]) == [second]
    assert replay_bar._news([first]) == []
