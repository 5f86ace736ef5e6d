"""Presenting, and what live figures cost, in a real browser: a presenter must not wait, scroll or reload.

The run is made up: the test writes its events while the page shows them.
"""

import random

import pytest
from playwright.sync_api import expect

from sundew_core.config import Config
from sundew_core.figures.run.panels import PANELS
from tests.support import made_up
from tests.support.browsing import HIDE, await_figures, store_in
from tools.support.driving import PATIENCE_MS, SCREEN

EPOCHS = 200
BATCHES = 6
"""Events per epoch: enough for every line to reach the number of points to which it is thinned."""
LARGEST_TICK = 150_000
"""Bytes."""
SIZES = [(1024, 768), (1280, 720), (1920, 1080)]
COUNT = """() => {
    window.draws = {};
    for (const card of document.querySelectorAll(".figure-card")) {
        card.querySelector(".js-plotly-plot").on("plotly_afterplot", () => {
            window.draws[card.dataset.panel] = (window.draws[card.dataset.panel] ?? 0) + 1;
        });
    }
}"""


class Run:
    """A long run in its last epoch, with numbers as long as real ones."""

    def __init__(self, store):
        self.store = store
        self.id = made_up.started().run
        self.store.begin(self.id, Config(epochs=EPOCHS))
        self.store.append(self.id, made_up.started(epochs=EPOCHS))
        self.store.append(self.id, made_up.calibrated())
        self.random = random.Random(1)
        self.seen = 0
        for epoch in range(1, EPOCHS):
            for _ in range(BATCHES):
                self.advance()
            accuracy = 1 - 1 / (epoch + 1)
            ended = made_up.ended(epoch, epochs=EPOCHS, val_accuracy=accuracy, training_s=1 + self.random.random())
            self.store.append(self.id, ended)

    def advance(self):
        """Record one more batch."""
        epoch, place = divmod(self.seen, BATCHES)
        progress = epoch + min((place + 1) / BATCHES, 0.999)
        self.seen += 1
        more = {"train_loss": 2 * self.random.random(), "expected_rate": 0.06 + 0.01 * self.random.random()}
        event = made_up.batch(epoch + 1, progress, self.random.randint(2, 11), 100, batch=self.seen, **more)
        self.store.append(self.id, event)


@pytest.fixture(scope="module")
def run(home):
    with store_in(home) as store:
        run = Run(store)
        yield run
        store.append(run.id, made_up.finished("stopped"))


@pytest.fixture(scope="module")
def ticks():
    """Bytes received since each message that the page sent."""
    return []


@pytest.fixture(scope="module")
def page(tab, run, server, ticks):
    def listen(socket):
        socket.on("framesent", lambda _: ticks.append(0))
        socket.on("framereceived", lambda frame: ticks.append(ticks.pop() + len(frame)) if ticks else None)

    tab.on("websocket", listen)
    tab.goto(f"{server}/?present=true")
    await_figures(tab, len(PANELS))
    return tab


def wait_ticks(page, ticks, n):
    before = len(ticks)
    for _ in range(int(PATIENCE_MS // 100)):
        if len(ticks) > before + n:  # the answer to the last one may still be coming
            return
        page.wait_for_timeout(100)
    raise AssertionError("the page stopped asking for news")


def settle(page, ticks):
    """Wait until everything recorded is drawn."""
    wait_ticks(page, ticks, 2)
    page.wait_for_timeout(300)


def boxes(page):
    return [card.bounding_box() for card in page.locator(".figure-card").all()]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_link_opens_the_presentation_which_fills_the_screen_without_scrolling(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("height => window.innerHeight === height", arg=height)
    expect(page.locator("[data-testid=stSidebar]")).to_be_hidden()
    expect(page.locator(".figure-log")).to_be_hidden()
    expect(page.locator(".sundew-strip")).to_be_visible()
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollHeight <= main.clientHeight")
    cards = boxes(page)
    assert len(cards) == len(PANELS) == 6
    assert {round(card["width"]) for card in cards} == {round(cards[0]["width"])}
    assert width - 20 <= cards[5]["x"] + cards[5]["width"] <= width
    foot = page.locator(".storyline").bounding_box()
    assert height - 1 <= foot["y"] + foot["height"] <= height + 1
    assert foot["y"] - 20 <= cards[5]["y"] + cards[5]["height"] <= foot["y"]
    page.wait_for_function(
        "() => [...document.querySelectorAll('.figure-card')].every(card => {"
        "  const [own, plot] = [card, card.querySelector('.main-svg')].map(e => e.getBoundingClientRect());"
        "  return Math.abs(own.width - plot.width) < 4 && Math.abs(own.height - plot.height) < 4; })"
    )


def test_escape_and_the_button_leave_and_the_keyboard_enters(page):
    page.set_viewport_size(SCREEN)
    page.wait_for_function("() => window.innerHeight === 720")
    large = boxes(page)[0]
    page.keyboard.press("Escape")
    expect(page.locator("[data-testid=stSidebar]")).to_be_visible()
    expect(page.locator(".figure-log")).to_be_visible()
    page.wait_for_url(lambda url: "present" not in url)
    smaller = "before => document.querySelector('.figure-card').getBoundingClientRect().width < before - 50"
    page.wait_for_function(smaller, arg=large["width"])
    button = page.locator(".st-key-present_toggle button")
    expect(button).to_contain_text("Present")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-testid=stSidebar]")).to_be_hidden()
    page.wait_for_url("**/?present=5")
    expect(page.locator(".storyline")).to_contain_text("The result")
    page.get_by_role("button", name="Leave the presentation").click()
    expect(page.locator("[data-testid=stSidebar]")).to_be_visible()
    expect(button).to_be_visible()


def test_a_tick_without_news_draws_nothing_and_news_only_what_changed(page, run, ticks):
    settle(page, ticks)
    page.evaluate(COUNT)
    wait_ticks(page, ticks, 2)
    assert page.evaluate("window.draws") == {}
    run.advance()
    page.wait_for_function("() => window.draws.activation > 0")
    settle(page, ticks)
    assert "speed" not in page.evaluate("window.draws"), "no epoch has ended: the figure is the same"


def test_a_hover_label_survives_news(page, run):
    box = page.locator("[data-panel=activation] .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    label = page.locator("[data-panel=activation] .hoverlayer > *")
    expect(label).not_to_have_count(0)
    page.evaluate("() => { window.draws = {} }")
    run.advance()
    page.wait_for_function("() => window.draws.activation > 0")
    expect(label).not_to_have_count(0, timeout=500)
    page.mouse.move(5, 5)


def test_a_hidden_tab_draws_nothing_and_then_the_newest_data(page, run, ticks):
    settle(page, ticks)
    page.evaluate(HIDE, True)
    page.evaluate("() => { window.draws = {} }")
    run.advance()
    wait_ticks(page, ticks, 3)
    assert page.evaluate("window.draws") == {}
    page.evaluate(HIDE, False)
    page.wait_for_function("() => window.draws.activation > 0")
    newest = page.locator("[data-panel=loss] .js-plotly-plot").evaluate("plot => plot.layout.xaxis.range[1]")
    assert newest == pytest.approx(run.seen / BATCHES, rel=1e-3)


def test_the_news_of_a_long_run_stays_small(page, run, ticks):
    del ticks[:-1]
    run.advance()
    settle(page, ticks)
    assert 10_000 < max(ticks) <= LARGEST_TICK
