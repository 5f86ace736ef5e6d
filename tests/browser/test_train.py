"""The Train page in a real browser: figures stay while data arrive, and a user steers the gate from any tab.

The tests share one server and run in order: each continues where the test before it ended.
"""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from sundew_core.events.run import BatchSeen, EpochEnded, Intervened
from sundew_core.figures.run.panels import PANELS
from sundew_core.records.runs import RunStore
from tests.support.browsing import assert_described, assert_nothing_scrolls, await_state, recorded, store_in
from tools.driving import PATIENCE_MS, SCREEN, troubles_of_server
from tools.waiting import eventually

HOLDS_A_FIGURE = "plots => plots.length === 6 && plots.every(plot => plot.data.length > 0 && plot.querySelector('svg'))"
COUNT = """plot => {
    window.updates = window.zooms = 0;
    window.first = plot;
    plot.on("plotly_afterplot", () => window.updates++);
    plot.on("plotly_relayout", () => window.zooms++);
}"""


@pytest.fixture(scope="module")
def page(tab, server, complaints):
    tab.goto(f"{server}/?epochs=300")
    return tab


@pytest.fixture(scope="module")
def store(home, page):
    """The store of the server, for what it has recorded."""
    with store_in(home) as store:
        yield store


def slider(page: Page, label: str):
    return page.get_by_role("slider", name=label)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def state(page: Page) -> str:
    return page.locator(".sundew-strip").get_attribute("data-state") or ""


def test_without_a_run_every_panel_has_its_sentence_and_nothing_scrolls(page):
    await_state(page, "idle")
    expect(page.locator(".figure-card .figure-empty:visible")).to_have_count(6)
    expect(page.locator(".figure-card h2")).to_have_text([panel.title for panel in PANELS.values()])
    assert_nothing_scrolls(page)


def test_a_run_fills_all_six_panels(page):
    page.get_by_role("button", name="Start training").click()
    await_state(page, "training")
    page.wait_for_function(f"() => ({HOLDS_A_FIGURE})([...document.querySelectorAll('.js-plotly-plot')])")
    assert_described(page)


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
    page.wait_for_function("() => window.updates >= 10")
    assert plot.evaluate("plot => plot === window.first")
    assert plot.evaluate("plot => [...plot.layout.xaxis.range, ...plot.layout.yaxis.range]") == pytest.approx(zoomed)

    page.mouse.dblclick(box["x"] + 60, box["y"] + 60)
    page.wait_for_function("zoomed => window.first.layout.xaxis.range[1] > zoomed", arg=zoomed[1])


def test_a_reload_and_a_second_tab_show_the_same_running_run(page, server, store):
    run = store.runs(1)[0].run
    page.reload()
    await_state(page, "training")
    expect(page.locator(".figure-log")).to_contain_text(run)
    second = page.context.new_page()
    second.goto(server)
    await_state(second, "training")
    expect(second.locator(".figure-log")).to_contain_text(run)
    expect(second.get_by_role("button", name="Stop")).to_be_enabled()
    second.close()


def test_the_log_can_be_copied_with_and_without_a_clipboard(page):
    log, copy = page.locator(".figure-log pre"), page.locator(".figure-log button")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy.click()
    expect(copy).to_have_text("Copied")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied
    assert log.inner_text().startswith(copied.splitlines()[0]), "lines may have been added since"
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not here')); }")
    expect(copy).to_have_text("Copy")
    copy.click()
    expect(copy).to_contain_text("Ctrl+C")
    selected = page.evaluate("() => getSelection().toString()")
    assert selected.startswith(copied.splitlines()[0])
    page.wait_for_timeout(2_500)  # two ticks
    assert page.evaluate("() => getSelection().toString()") == selected, "news waits while the user selects text"
    page.evaluate("() => getSelection().removeAllRanges()")
    expect(log).not_to_have_text(selected)


def test_plotly_js_is_loaded_once_from_this_server_and_then_from_the_cache(page):
    page.wait_for_function("() => window.Plotly")
    entries = page.evaluate(
        "() => performance.getEntriesByType('resource').filter(e => e.name.includes('plotly.min.js')).map(e => e.transferSize)"
    )
    assert entries == [0], "after a reload nothing is transferred again"


def test_the_target_slider_moves_the_running_gate(page, store):
    target = slider(page, "Target activation rate")
    expect(target).to_have_value("0.06")
    target.focus()
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    expect(target).to_have_value("0.12")
    eventually(lambda: recorded(store, Intervened) and recorded(store, Intervened)[-1].new == 0.12)
    changes = recorded(store, Intervened)
    assert {(change.knob, change.who, change.applied) for change in changes} == {("target_activation_rate", "page", True)}
    assert changes[0].old == 0.06
    settled = changes[-1].batch + 60

    eventually(lambda: recorded(store, BatchSeen)[-1].batch > settled + 80)
    later = [seen for seen in recorded(store, BatchSeen) if seen.batch > settled]
    assert sum(seen.active for seen in later) / sum(seen.candidates for seen in later) == pytest.approx(0.12, abs=0.01)
    expect(page.locator(".sundew-strip")).to_contain_text("12.0 %")
    expect(page.locator(".figure-log")).to_contain_text("target")
    assert page.url.endswith("?epochs=300&target_activation_rate=0.12")


def await_last_step(page: Page, store: RunStore) -> None:
    """Wait until the page shows the last batch: during a long step the page shows training for a tick, with disabled buttons."""
    epochs = len(recorded(store, EpochEnded))
    batch = sum(event.epoch > epochs for event in recorded(store, BatchSeen))
    expect(page.locator(".sundew-strip[data-state=paused]")).to_contain_text(re.compile(rf"Batch\s*{batch}\s*/"))


def test_pause_step_and_resume(page, store):
    press(page, "Pause")
    await_state(page, "paused")
    expect(page.get_by_role("button", name="Resume")).to_be_enabled()
    before = recorded(store)
    time.sleep(1.5)
    assert recorded(store) == before

    press(page, "Step batch")
    eventually(lambda: len(recorded(store)) == len(before) + 3)
    seen = recorded(store, BatchSeen)
    assert [type(event).__name__ for event in recorded(store)[len(before) :]] == ["Resumed", "BatchSeen", "Paused"]
    await_last_step(page, store)
    press(page, "Step batch")
    eventually(lambda: len(recorded(store, BatchSeen)) == len(seen) + 1)
    assert recorded(store, BatchSeen)[-1].batch == seen[-1].batch + 1, "exactly one more candidate batch"

    await_last_step(page, store)
    epochs = len(recorded(store, EpochEnded))
    press(page, "Step epoch")
    eventually(lambda: len(recorded(store, EpochEnded)) == epochs + 1)
    eventually(lambda: store.runs(1)[0].status == "paused")
    assert recorded(store, BatchSeen)[-1].progress == epochs + 1

    expect(page.get_by_role("button", name="Resume")).to_be_enabled()
    press(page, "Resume")
    await_state(page, "training")
    expect(page.get_by_role("button", name="Step batch")).to_be_disabled()


def test_all_tabs_show_and_steer_the_same_gate(page, server, store):
    page.reload()
    expect(slider(page, "Target activation rate")).to_have_value("0.12")
    changes = len(recorded(store, Intervened))
    second = page.context.new_page()
    second.goto(f"{server}/?target_activation_rate=0.5")
    expect(slider(second, "Target activation rate")).to_have_value("0.12")
    expect(second.locator(".sundew-notices")).to_contain_text("A run is under way")
    assert len(recorded(store, Intervened)) == changes, "opening a page steers nothing"
    press(second, "10 %")
    expect(slider(page, "Target activation rate")).to_have_value("0.1")
    assert [change.new for change in recorded(store, Intervened)[changes:]] == [0.1]
    expect(second.get_by_role("combobox", name="Data set")).to_be_disabled()
    second.close()


def test_stop_ends_the_run_and_keeps_it(page):
    page.get_by_role("button", name="Stop").click()
    await_state(page, "stopped")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    expect(page.locator(".js-plotly-plot")).to_have_count(6)


def test_before_plotly_js_is_loaded_panels_are_readable_and_controls_usable(browser, server):
    context = browser.new_context(viewport=SCREEN)
    other = context.new_page()
    other.set_default_timeout(PATIENCE_MS)
    held_back = []
    other.route("**/plotly.min.js*", lambda route: held_back.append(route))
    with other.expect_request("**/plotly.min.js*"):
        other.goto(server)
    expect(other.locator(".figure-card .figure-empty:visible")).to_have_count(6)
    expect(other.locator("[data-panel=accuracy] .figure-empty")).to_contain_text("% of the held-out samples after epoch")
    expect(other.locator("[data-panel=accuracy] .figure-headline")).to_contain_text("%")
    expect(slider(other, "Target activation rate")).to_be_enabled()
    held_back.pop().continue_()
    expect(other.locator(".figure-card[data-state=drawn] .main-svg:first-child")).to_have_count(6)
    expect(other.locator(".figure-card .figure-empty:visible")).to_have_count(0)
    context.close()


def test_a_copied_link_opens_the_same_set_up(page, browser):
    slider(page, "Gate temperature").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("All knobs").click()
    size = page.get_by_role("spinbutton", name="Batch size")
    size.fill("64")
    size.press("Enter")
    rate = page.get_by_role("textbox", name="Learning rate")
    rate.fill("0.002")
    rate.press("Enter")
    page.wait_for_url(re.compile("lr=0.002"))
    context = browser.new_context()
    other = context.new_page()
    other.goto(page.url)
    expect(slider(other, "Target activation rate")).to_have_value("0.1")
    expect(slider(other, "Gate temperature")).to_have_value("0.16")
    expect(other.get_by_role("spinbutton", name="Epochs")).to_have_value("300")
    other.get_by_text("All knobs").click()
    expect(other.get_by_role("spinbutton", name="Batch size")).to_have_value("64")
    expect(other.get_by_role("textbox", name="Learning rate")).to_have_value("0.002")
    assert other.url == page.url
    context.close()


def test_neither_browser_nor_server_reported_an_error(page, complaints, home):
    assert state(page) == "stopped"
    assert complaints == []
    assert troubles_of_server(home) == []
