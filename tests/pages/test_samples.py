"""The Samples page: every state has its sentence, and what is shown is what the record says, with images or without."""

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
from concurrent.futures import Future

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.panels.samples import album as samples_album
from pages.panels.samples import cards as samples_wall
from pages.panels.samples import choice
from pages.panels.shell import shared
from sundew_core.config import Config
from sundew_core.errors import DataError
from sundew_core.events.arrays import from_text
from sundew_core.events.run import NEVER
from sundew_core.figures.samples.panels import ONE_EPOCH
from sundew_core.metrics.sample_table import ORDERS
from sundew_core.records import journal
from sundew_core.records.runs import RunStore
from tests.support import made_up
from tests.support.acting import record
from tools.support.driving import ROOT, serving
from tools.support.viewers import viewing

COLUMNS = {
    "labels": np.arange(60) % 2,
    "times": [80, *range(59)],
    "losses": [3.0, NEVER, *[0.25] * 58],
    "scores": np.arange(60) / 60,
}
"""Sixty samples of two classes; sample 0 is a suspect, sample 1 was never active."""


class Workshop:
    """Does the work at once, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []
        self.fails: Exception | None = None
        self.never_ends = False

    def submit(self, work, indices, started, table) -> Future:
        assert work is samples_album._made
        self.asked.append(indices)
        future: Future = Future()
        if self.fails is not None:
            future.set_exception(self.fails)
        elif not self.never_ends:
            future.set_result(json.dumps({index: f"data:image/png;base64,{index}" for index in indices}).encode())
        return future


@pytest.fixture
def workshop(runner, monkeypatch):
    made = Workshop()
    monkeypatch.setattr(shared, "workshop", lambda: made)
    monkeypatch.setattr(samples_album, "PATIENCE_S", 0.0)
    return made


def opened(**query) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20).run()
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page("pages/samples.py").run()


def component(app: AppTest, name: str):
    (found,) = [element.proto for element in app.get("bidi_component") if element.proto.component_name.endswith(name)]
    return json.loads(found.bytes)


def seen(epochs=1, **columns):
    """A sundew run with a record an epoch."""
    events = [made_up.started(epochs=10), made_up.calibrated()]
    for epoch in range(1, epochs + 1):
        events += [
            made_up.batch(epoch, float(epoch), 60, 1000),
            made_up.samples_seen(epoch, **{**COLUMNS, **columns}),
            made_up.ended(epoch),
        ]
    return events


STATES = {
    "no run": ((), samples_wall.NO_RUN),
    "first epoch": ((made_up.started(), made_up.batch(1, 0.5, 6, 100)), samples_wall.FIRST_EPOCH),
    "before samples were recorded": ((*made_up.run_events(2), made_up.finished()), samples_wall.NOT_RECORDED),
    "before, and failed": ((*made_up.run_events(2), made_up.failed()), samples_wall.NOT_RECORDED),
    "failed": (
        (made_up.started(), made_up.failed("the loss became NaN")),
        "The run failed before its first epoch had ended: the loss",
    ),
    "stopped at once": ((made_up.started(), made_up.finished("stopped", 0, 1)), samples_wall.NOTHING_SEEN),
    "interrupted": ((made_up.started(),), samples_wall.NOTHING_SEEN),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_without_samples_has_its_sentence(workshop, monkeypatch, state):
    events, sentence = STATES[state]
    if events:
        with monkeypatch.context() as patch:
            if state == "interrupted":
                patch.setattr(journal, "_birth", lambda _: "of a process that is gone")
            record(*events)
    app = opened()
    assert not app.exception
    shown = component(app, "sample_gallery")
    assert shown["empty"].startswith(sentence)
    assert (shown["tiles"], shown["large"]) == ([], None)
    assert [card["empty"] for card in component(app, "figure_wall")["cards"]] == [shown["empty"]] * 3
    assert workshop.asked == []


def test_a_run_that_is_not_prepared_yet_says_so(workshop):
    store = RunStore()
    store.begin("20261122-205449-3fa9c1", Config())
    store.close()
    assert component(opened(), "sample_gallery")["empty"] == samples_wall.PREPARING


def test_the_words_of_all_galleries_are_those_of_the_orders():
    assert tuple(choice.GALLERIES) == tuple(ORDERS)


def test_tiles_say_what_the_record_says(workshop):
    record(*seen(2))
    app = opened()
    assert not app.exception
    shown = component(app, "sample_gallery")
    assert (shown["title"], shown["count"], shown["empty"], shown["note"]) == ("Most activated", "24 of 60 · epoch 2", None, None)
    assert [tile["sample"] for tile in shown["tiles"][:3]] == [0, 59, 58]
    tile = shown["tiles"][1]
    assert (tile["label"], tile["times"], tile["loss"], tile["significance"]) == ("b", "58×", "loss 0.25", 98)
    assert tile["alt"] == "Training sample 59, labelled b: active 58 times, significance 0.98, last loss 0.25"
    assert shown["large"]["sample"] == 0, "without a choice the first one is large"
    assert sorted(map(int, component(app, "sample_album"))) == sorted(tile["sample"] for tile in shown["tiles"])
    assert [card["name"] for card in component(app, "figure_wall")["cards"] if "figure" in card] == [
        "map",
        "classes",
        "active-set",
    ]


def test_with_one_epoch_the_active_set_waits_for_another(workshop):
    record(*seen(1))
    cards = {card["name"]: card for card in component(opened(), "figure_wall")["cards"]}
    assert cards["active-set"]["empty"] == ONE_EPOCH
    assert "figure" in cards["map"]


def test_the_choice_changes_what_is_shown(workshop):
    record(*seen())
    app = opened()
    app.get_by_key("gallery").set_value("suspects").run()
    shown = component(app, "sample_gallery")
    assert [tile["sample"] for tile in shown["tiles"]] == [0]
    assert shown["large"]["badge"] == "suspect"
    assert shown["large"]["facts"] == [
        ["Times active", "80 · 2.7× the average"], ["Significance", "0.00"], ["Last loss", "3.00 · no better than a guess"],
    ]  # fmt: skip
    app.get_by_key("gallery").set_value("least").run()
    app.selectbox(key="class").select("b").run()
    app.selectbox(key="images").select(12).run()
    shown = component(app, "sample_gallery")
    assert (shown["title"], shown["count"]) == ("Least activated", "12 of 30 · epoch 1")
    assert {tile["label"] for tile in shown["tiles"]} == {"b"}
    assert shown["tiles"][0]["loss"] == "loss –"


def test_a_link_opens_the_same_choice(workshop):
    record(*seen())
    shown = component(opened(gallery="Least activated", images="12 images", **{"class": "b"}), "sample_gallery")
    assert (shown["title"], shown["count"]) == ("Least activated", "12 of 30 · epoch 1")


@pytest.mark.parametrize("query", [{"gallery": "nonsense"}, {"class": "<script>"}, {"images": "-1"}, {"class": ["a", "b"]}])
def test_a_stale_or_hostile_link_falls_back(workshop, query):
    record(*seen())
    app = opened(**query)
    assert not app.exception
    assert component(app, "sample_gallery")["tiles"]


def test_a_picked_sample_is_large_and_marked_on_the_map_of_its_own_run_only(workshop):
    record(*seen())
    app = opened()
    app.session_state[choice.PICKED] = (made_up.started().run, 7)
    app.run()
    assert component(app, "sample_gallery")["large"]["name"] == "training sample 7"
    assert "7" in component(app, "sample_album")
    assert '"uid":"picked"' in figure(app, "map")
    app.session_state[choice.PICKED] = ("another run", 7)
    app.run()
    assert component(app, "sample_gallery")["large"]["name"] == "training sample 0"
    assert '"uid":"picked"' not in figure(app, "map")


def figure(app: AppTest, name: str) -> str:
    return next(card["figure"] for card in component(app, "figure_wall")["cards"] if card["name"] == name)


def test_an_arm_without_scores_shows_losses_and_says_so(workshop):
    record(*seen(times=[4] * 60, scores=[NEVER] * 60))
    app = opened()
    shown = component(app, "sample_gallery")
    assert shown["note"] == samples_wall.EVEN
    assert shown["large"]["facts"][1] == ["Significance", "no score in this arm"]
    assert all(tile["significance"] is None for tile in shown["tiles"])
    assert "gives no scores" in next(card["alt"] for card in component(app, "figure_wall")["cards"] if card["name"] == "map")
    app.get_by_key("gallery").set_value("suspects").run()
    assert component(app, "sample_gallery")["empty"].startswith("No suspects")


def test_images_that_take_long_are_awaited_beside_the_numbers(workshop):
    workshop.never_ends = True
    record(*seen())
    app = opened()
    shown = component(app, "sample_gallery")
    assert shown["note"] == samples_album.LOADING
    assert len(shown["tiles"]) == 24
    assert component(app, "sample_album") == {}


def test_changed_data_are_reported_instead_of_wrong_images(workshop):
    workshop.fails = DataError("the data set digits is no longer the one of this run")
    record(*seen())
    app = opened()
    assert not app.exception
    assert component(app, "sample_gallery")["note"] == (
        "There are no images to show: the data set digits is no longer the one of this run."
    )
    assert component(app, "sample_album") == {}


def test_pictures_are_asked_for_only_where_the_choice_changes(workshop):
    record(*seen())
    app = opened()
    album = component(app, "sample_album")
    app.run()
    assert len(workshop.asked) == 1
    store = RunStore()
    scores = COLUMNS["scores"][::-1]
    store.append(made_up.started().run, made_up.samples_seen(2, **{**COLUMNS, "scores": scores}))
    store.close()
    app.run()
    assert component(app, "sample_gallery")["tiles"][1]["significance"] == 0
    assert component(app, "sample_album") == album
    assert len(workshop.asked) == 1, "other numbers of the same samples"
    app.selectbox(key="images").select(12).run()
    assert len(workshop.asked) == 2


def test_a_record_is_decoded_once_and_only_on_this_page(workshop, monkeypatch):
    decoded = []
    monkeypatch.setattr("sundew_core.metrics.sample_table.from_text", lambda text: decoded.append(text) or from_text(text))
    record(*seen(2))
    train = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20).run()
    assert decoded == [], "the Train page reads such events, and leaves their arrays packed"
    for tab in (opened(), opened()):
        tab.run()
        tab.get_by_key("gallery").set_value("suspects").run()
    assert len(decoded) == 4, "the four arrays of one record, for two tabs and four ticks"
    assert not train.exception


async def watch_a_run_that_is_over(address: str) -> None:
    async with viewing(address) as viewer:
        assert (await viewer.turn_to("Samples")).whole_page
        for _ in range(60):
            if not (await viewer.tick()).new:
                break
            await asyncio.sleep(0.2)
        quiet = await viewer.tick()
        assert (quiet.new, quiet.references > 0, quiet.whole_page) == (0, True, False)
        assert quiet.received < 60_000
        assert viewer.component("sample_gallery")["tiles"]


def test_a_tick_without_news_brings_nothing_new(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'sundew.db'}")
    run = made_up.started().run
    store.begin(run, Config())
    for event in (*seen(), made_up.finished()):
        store.append(run, event)
    store.close()
    with serving(tmp_path) as address:
        asyncio.run(watch_a_run_that_is_over(address))


def test_opening_the_page_loads_no_torch(tmp_path):
    """Only the workshop may, and on a machine whose data are gone not even that."""
    store = RunStore(f"sqlite:///{tmp_path / 'sundew.db'}")
    run = made_up.started().run
    store.begin(run, Config())
    for event in seen():
        store.append(run, event)
    store.close()
    script = (
        "import sys\n"
        "from concurrent.futures import Future\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from pages.panels.shell import shared\n"
        "shared.workshop = lambda: type('W', (), {'submit': lambda *_: Future()})()\n"
        "app = AppTest.from_file('app.py', default_timeout=30).run().switch_page('pages/samples.py').run()\n"
        "assert not app.exception, app.exception\n"
        "assert 'sundew_core.metrics.sample_table' in sys.modules\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = {**os.environ, "SUNDEW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_real_workshop_makes_pictures_of_the_runs_own_data(runner):
    """With torch, in the thread for it, as the served app does."""
    from sundew_core.data.loading import load

    config = Config(dataset="shapes", shapes_samples=60)
    dataset = load(config)
    started = dataclasses.replace(made_up.started(dataset="shapes", shapes_samples=60), train_samples=60, classes=dataset.classes)
    columns = {**COLUMNS, "labels": dataset.train.labels.numpy()}
    record(started, made_up.samples_seen(1, **columns), made_up.ended(1))
    app = opened()
    for _ in range(40):
        if component(app, "sample_album"):
            break
        app.run()
    assert component(app, "sample_gallery")["note"] is None
    assert len(component(app, "sample_album")) == 24
