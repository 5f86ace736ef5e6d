"""The gate lab in a real browser: every slider redraws in place, a click on the map sets the gains, figures follow a drag.

The tests share one server and run in order: each continues where the test before it ended.
"""

import time

import pytest
from playwright.sync_api import Page, expect

from sundew_core.events.run import Intervened
from sundew_core.figures.lab.panels import LAB
from tests.support.browsing import (
    assert_described,
    assert_nothing_scrolls,
    await_figures,
    await_state,
    phone,
    recorded,
    store_in,
)  # fmt: skip
from tools.support.driving import troubles_of_server
from tools.support.waiting import PATIENCE_S, eventually

WATCH = """() => {
    window.nodes = Object.fromEntries([...document.querySelectorAll(".figure-card")].map(card => [card.dataset.panel, card]));
    window.draws = {};
    window.plots = {};
    for (const [name, card] of Object.entries(window.nodes)) {
        const plot = window.plots[name] = card.querySelector(".js-plotly-plot");
        plot.on("plotly_afterplot", () => { window.draws[name] = (window.draws[name] ?? 0) + 1; });
    }
}"""
SAME = """() => Object.entries(window.nodes).every(([name, card]) =>
    card.isConnected && card.querySelector(".js-plotly-plot") === window.plots[name] &&
    card === document.querySelector(`[data-panel=${name}]`))"""
POINT = "() => { const t = window.plots.stability.data.find(t => t.uid === 'present'); return [t.x[0], t.y[0]]; }"
PLACE = """([kp, ki]) => {
    const plot = window.plots.stability, {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
    return [box.left + xaxis._offset + xaxis.d2p(kp), box.top + yaxis._offset + yaxis.d2p(ki)];
}"""
PRESS_MS = 70
"""How long a user presses the mouse. plotly.js loses shorter clicks after a move: it looks under the mouse every 50 ms."""
SLIDERS = {
    "Target activation rate": "response",
    "Temperature": "threshold",
    "Pressure": None,
    "Gain kp": "stability",
    "Gain ki": "stability",
    "Reservoir, u": "reservoir",
    "Cost, u": "reservoir",
    "Batch": "significance",
}
"""Sliders by label, each with a figure that changes when it moves; pressure has no effect on a full reservoir."""


@pytest.fixture(scope="module")
def page(tab, server, complaints):
    tab.goto(f"{server}/?epochs=300")
    expect(tab.locator(".figure-card")).to_have_count(6)
    tab.locator(".st-key-pages").get_by_role("link", name="Lab").click()
    return tab


def slider(page: Page, label: str):
    return page.get_by_role("slider", name=label).first


def number(page: Page, label: str) -> float:
    return float(slider(page, label).input_value())


def redrawn(page: Page, name: str, before: int) -> None:
    page.wait_for_function("([name, before]) => (window.draws[name] ?? 0) > before", arg=[name, before])


def draws(page: Page, name: str) -> int:
    return page.evaluate("name => window.draws[name] ?? 0", name)


def click_map(page: Page, kp: float, ki: float) -> None:
    before = draws(page, "stability")
    x, y = page.evaluate(PLACE, [kp, ki])
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)
    page.mouse.click(x, y, delay=PRESS_MS)
    redrawn(page, "stability", before)


def await_point_at_slider(page: Page) -> None:
    """Wait until map and slider agree: both may still change after the user releases a key or a button."""
    ki = slider(page, "Gain ki").element_handle()
    page.wait_for_function(f"slider => Math.abs(({POINT})()[1] - Number(slider.value)) < 1e-4", arg=ki)


def test_every_card_has_a_sentence_at_first_and_then_its_figure(page):
    expect(page.locator(".lab-strip")).to_be_visible()
    await_figures(page, len(LAB))
    expect(page.locator(".figure-card h2")).to_have_text([figure.title for figure in LAB.values()])
    expect(page.locator(".lab-strip .word")).to_have_text("Holds")
    assert_described(page)
    assert_nothing_scrolls(page)
    page.evaluate(WATCH)


@pytest.mark.parametrize("label", SLIDERS)
def test_moving_a_slider_redraws_in_the_same_nodes(page, label):
    figure = SLIDERS[label]
    before = draws(page, figure) if figure else 0
    value = number(page, label)
    slider(page, label).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    if figure:
        redrawn(page, figure, before)
    assert number(page, label) != value
    expect(slider(page, label)).to_be_focused()
    assert page.evaluate(SAME), "figures stay in their nodes"


def test_moves_faster_than_the_pictures_end_in_one_set_of_pictures(page):
    before = draws(page, "stability")
    slider(page, "Gain ki").focus()
    for key in ["PageUp"] * 9 + ["PageDown"] * 8:  # not back to the start, as nothing might have been drawn then
        page.keyboard.press(key)
    redrawn(page, "stability", before)
    await_point_at_slider(page)
    expect(page.locator(".figure-card")).to_have_count(len(LAB))
    assert page.evaluate(SAME)


def test_both_ends_of_the_refill_have_a_slider(page):
    before = draws(page, "reservoir")
    ends = page.locator(".stSlider").filter(has_text="Refill, u").locator("input[type=range]")
    expect(ends).to_have_count(2)
    ends.nth(1).focus()
    page.keyboard.press("ArrowRight")
    redrawn(page, "reservoir", before)
    assert page.evaluate(SAME)


def test_reset_takes_the_knobs_of_the_train_page(page):
    before = draws(page, "response")
    page.get_by_role("button", name="Reset", exact=True).click()
    redrawn(page, "response", before)
    expect(slider(page, "Target activation rate")).to_have_value("0.06")
    expect(slider(page, "Gain kp")).to_have_value("0.12")


def test_the_figures_follow_the_theme(page):
    colour = "() => window.plots.stability.layout.font.color"
    dark = page.evaluate(colour)
    for scheme, wanted in (("light", "!=="), ("dark", "===")):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"dark => ({colour})() {wanted} dark", arg=dark)
    assert page.evaluate(SAME)


def test_a_click_on_the_map_sets_both_gains(page):
    click_map(page, 0.3, 0.02)
    kp, ki = number(page, "Gain kp"), number(page, "Gain ki")
    assert kp == pytest.approx(0.3, rel=0.1)
    assert ki == pytest.approx(0.02, rel=0.15)
    assert page.evaluate(POINT) == pytest.approx([kp, ki], rel=1e-3)
    expect(page.locator(".lab-strip")).to_contain_text("stable")


def test_a_click_beyond_the_boundary_shows_the_loop_ring_and_beyond_the_knob_takes_its_end(page):
    click_map(page, 0.05, 0.4)
    expect(page.locator(".lab-strip .word")).to_have_text("Misses")
    expect(page.locator(".lab-strip")).to_contain_text("unstable")
    expect(page.locator(".sundew-why")).to_contain_text("must stay below the proportional gain")
    click_map(page, 2.8, 0.02)
    expect(slider(page, "Gain kp")).to_have_value("2")
    page.evaluate("() => document.activeElement.blur()")


def test_the_map_and_the_loop_follow_a_slider_while_it_is_dragged(page):
    click_map(page, 0.12, 0.02)
    before = draws(page, "response")
    thumb = slider(page, "Gain ki").locator("xpath=ancestor::*[@data-rac][1]").bounding_box()
    x, y = thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    ends = time.monotonic() + PATIENCE_S
    for moved in range(1, 10_000):
        page.mouse.move(x + min(90, 2 * moved), y + moved % 2)
        page.wait_for_timeout(30)
        if draws(page, "response") >= before + 3 or time.monotonic() > ends:
            break
    drawn, on_the_way = draws(page, "response") - before, page.evaluate(POINT)
    page.mouse.up()
    assert drawn >= 3, "drawn while the button is down"
    assert on_the_way[1] > 0.02
    await_point_at_slider(page)
    assert page.evaluate(SAME)


def test_the_lab_starts_a_run_with_its_knobs_and_retunes_it(page, home):
    click_map(page, 0.3, 0.02)
    kp = number(page, "Gain kp")
    expect(page.get_by_role("button", name="Apply to the running training")).to_be_disabled()
    page.get_by_role("button", name="Start a run with these").click()
    page.get_by_role("link", name="Watch the run").click()
    await_state(page, "training")
    expect(slider(page, "Gain kp")).to_have_value(f"{kp:g}")

    page.get_by_role("link", name="Lab").click()
    await_figures(page, len(LAB))
    page.evaluate(WATCH)
    expect(page.get_by_role("combobox", name="Scores")).to_be_visible()
    click_map(page, 0.12, 0.008)
    page.get_by_role("button", name="Apply to the running training").click()
    with store_in(home) as store:
        changes = eventually(lambda: recorded(store, Intervened))
    assert {(change.who, change.applied) for change in changes} == {("lab", True)}
    assert {change.knob for change in changes} <= {"adapt_kp", "adapt_ki"}
    page.get_by_role("link", name="Train").click()
    page.get_by_role("button", name="Stop").click()
    await_state(page, "stopped")


def test_on_a_phone_all_figures_are_in_one_column(page):
    page.get_by_role("link", name="Lab").click()
    await_figures(page, len(LAB))
    lefts = "[...document.querySelectorAll('.figure-card')].map(card => card.getBoundingClientRect().left)"
    with phone(page):
        page.wait_for_function(f"() => new Set({lefts}).size === 1")


def test_neither_browser_nor_server_reported_an_error(page, complaints, home):
    assert complaints == []
    assert troubles_of_server(home) == []
