"""The Train page in a real browser: the figures are drawn, stay while data come, and survive a reload.

One server and one story, told in the order of the tests. Without a browser the tests are skipped, in CI they fail.
"""

import os
import re

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from sundew_core.figures.panels import PANELS
from sundew_core.store import Store
from tests.driving import browser_path, launch, serving

WAIT_MS = 45_000
HOLDS_A_FIGURE = "plots => plots.length === 6 && plots.every(plot => plot.data.length > 0 && plot.querySelector('svg'))"
COUNT = """plot => {
    window.updates = window.zooms = 0;
    window.first = plot;
    plot.on("plotly_afterplot", () => window.updates++);
    plot.on("plotly_relayout", () => window.zooms++);
}"""


pytestmark = pytest.mark.skipif(
    browser_path() is None and not os.environ.get("CI"), reason="no Chromium here: install one, or set CHROMIUM to its path"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home):
    with serving(home) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def complaints():
    return []


@pytest.fixture(scope="module")
def page(browser, server, complaints):
    page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="dark")
    page.set_default_timeout(WAIT_MS)
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server}/?epochs=300")
    return page


def state(page: Page) -> str:
    return page.locator(".sundew-strip").get_attribute("data-state") or ""


def await_state(page: Page, *states: str) -> None:
    selectors = ", ".join(f'.sundew-strip[data-state="{name}"]' for name in states)
    expect(page.locator(selectors)).to_be_visible(timeout=WAIT_MS)


def test_without_a_run_every_panel_has_its_sentence_and_nothing_scrolls(page):
    await_state(page, "idle")
    expect(page.locator(".figure-card .figure-empty:visible")).to_have_count(6)
    expect(page.locator(".figure-card h2")).to_have_text([panel.title for panel in PANELS.values()])
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollHeight <= main.clientHeight")


def test_a_run_fills_all_six_panels(page):
    page.get_by_role("button", name="Start training").click()
    await_state(page, "training")
    page.wait_for_function(f"() => ({HOLDS_A_FIGURE})([...document.querySelectorAll('.js-plotly-plot')])")
    for plot in page.locator(".js-plotly-plot").all():
        assert len(plot.get_attribute("aria-label") or "") > 20


def test_a_zoom_survives_updates_in_the_same_node(page):
    plot = page.locator("[data-panel=activation] .js-plotly-plot")
    plot.evaluate(COUNT)
    box = plot.locator(".nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 80, steps=5)
    page.mouse.up()
    page.wait_for_function("() => window.zooms > 0")
    zoomed = plot.evaluate("plot => [...plot.layout.xaxis.range, ...plot.layout.yaxis.range]")
    page.evaluate("() => { window.updates = 0 }")
    page.wait_for_function("() => window.updates >= 5")
    assert plot.evaluate("plot => plot === window.first")
    assert plot.evaluate("plot => [...plot.layout.xaxis.range, ...plot.layout.yaxis.range]") == pytest.approx(zoomed)

    page.mouse.dblclick(box["x"] + 60, box["y"] + 60)
    page.wait_for_function("zoomed => window.first.layout.xaxis.range[1] > zoomed", arg=zoomed[1])


def test_a_reload_and_a_second_tab_show_the_same_run_going_on(page, browser, home, server):
    run = Store(f"sqlite:///{home / 'sundew.db'}").runs(1)[0].run
    page.reload()
    await_state(page, "training")
    expect(page.locator(".st-key-run_log")).to_contain_text(run)
    second = browser.new_page()
    second.goto(server)
    await_state(second, "training")
    expect(second.locator(".st-key-run_log")).to_contain_text(run, timeout=WAIT_MS)
    expect(second.get_by_role("button", name="Stop")).to_be_enabled(timeout=WAIT_MS)
    second.close()


def test_plotly_js_comes_once_from_this_server_and_then_from_the_browsers_cache(page):
    page.wait_for_function("() => window.Plotly")
    entries = page.evaluate(
        "() => performance.getEntriesByType('resource').filter(e => e.name.includes('plotly.min.js')).map(e => e.transferSize)"
    )
    assert entries == [0], "the page was reloaded before: nothing is to be transferred"


def test_stop_ends_the_run_and_keeps_it(page):
    page.get_by_role("button", name="Stop").click()
    await_state(page, "stopped")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled(timeout=WAIT_MS)
    expect(page.locator(".js-plotly-plot")).to_have_count(6)


def test_nobody_complained(page, complaints, home):
    assert state(page) == "stopped"
    assert complaints == []
    log = (home / "server.log").read_text()
    assert "Warning" not in log
    assert "ScriptRunContext" not in log
    # Streamlit logs this one of its own when a tab closes while it is sent to.
    assert [
        line for line in re.findall(r"^\S+(?:Error|Exception|Disconnect).*", log, re.M) if "WebSocketDisconnected" not in line
    ] == []
