"""The Replay page in a real browser: offered to a first visitor, played, paused, stepped and scrubbed, by mouse and keys.

The tests share one server without a run, and run in order: each continues where the test before it ended.
"""

import re

from playwright.sync_api import Page, expect

from sundew_core.metrics import Replay
from sundew_core.metrics.lines import provenance
from sundew_core.records.example import example
from tests.support.browsing import assert_within_phone, await_figures, phone
from tools.support.driving import troubles_of_server

BATCHES = 79
"""Candidate batches per epoch of the example; the record has all of them."""
POINTS = """() => document.querySelector("[data-panel=loss] .js-plotly-plot").data.reduce((n, trace) => n + trace.x.length, 0)"""


def place(page: Page) -> tuple[float, float]:
    """Epochs done and recorded seconds, from the bar."""
    epochs, seconds = re.match(r"epoch ([\d.]+) of 10 · ([\d.]+) s", page.locator(".replay-place").inner_text()).groups()
    return float(epochs), float(seconds)


def batch(page: Page) -> int:
    """Candidate batches seen, from the strip."""
    epoch, seen = re.search(
        r"Epoch\s*(\d+) / 10\s*Batch\s*(\d+)", page.locator(".sundew-strip .legend").inner_text(), re.I
    ).groups()
    return BATCHES * (int(epoch) - 1) + int(seen)


def settled(page: Page, stands: bool = True) -> None:
    expect(page.locator(".replay-play")).to_have_text("Play" if stands else "Pause")
    page.wait_for_timeout(300)


def test_a_first_visitor_is_offered_the_recorded_run_and_it_plays_by_itself(page):
    expect(page.locator(".figure-empty").first).to_contain_text("No run yet")
    expect(page.locator(".st-key-offer")).to_contain_text(provenance(example()[0]))
    page.get_by_role("link", name="Watch a recorded run").click()
    page.wait_for_url(re.compile(r"/replay\?run=example$"))
    settled(page, stands=False)
    expect(page.locator('.sundew-strip[data-state="replay"] .note')).to_contain_text("nothing trains here")
    await_figures(page, 6)
    earlier = page.evaluate(POINTS)
    page.wait_for_function(f"before => ({POINTS})() > before", arg=earlier)


def test_pause_holds_everything(page):
    page.locator(".replay-speed").select_option("0.1")
    page.locator(".replay-play").click()
    settled(page)
    before = (place(page), batch(page), page.evaluate(POINTS))
    page.wait_for_timeout(1_000)
    assert (place(page), batch(page), page.evaluate(POINTS)) == before


def test_scrubbing_goes_to_an_epoch(page):
    page.locator(".replay-seek").fill("2.5")
    expect(page.locator(".replay-place")).to_contain_text(re.compile(r"epoch 2\.(49|50) of"))
    expect(page.locator(".figure-log pre")).to_contain_text("Epoch   2/10")
    expect(page.locator(".figure-log pre")).not_to_contain_text("Epoch   3/10")
    expect(page.locator("[data-panel=accuracy] .js-plotly-plot")).to_have_attribute("aria-label", re.compile("after epoch 2, "))


def test_a_step_adds_exactly_one_batch_and_so_does_every_key(page):
    before = batch(page)
    page.get_by_role("button", name="Step batch").click()
    expect(page.locator(".sundew-strip .legend")).to_contain_text(f"{before - 2 * BATCHES + 1} / {BATCHES}")
    assert batch(page) == before + 1
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".sundew-strip .legend")).to_contain_text(f"{before - 2 * BATCHES + 8} / {BATCHES}")
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".sundew-strip .legend")).to_contain_text(f"{before - 2 * BATCHES} / {BATCHES}")
    page.get_by_role("button", name="Step epoch").click()
    expect(page.locator(".replay-place")).to_contain_text("epoch 3.00 of")
    expect(page.locator(".figure-log pre")).to_contain_text("Epoch   3/10")


def test_space_plays_at_the_chosen_speed_in_recorded_seconds(page):
    page.locator(".replay-speed").select_option("0.25")
    page.locator(".replay-bar").focus()
    began = page.evaluate("() => performance.now()")
    _, before = place(page)
    page.keyboard.press(" ")
    settled(page, stands=False)
    page.wait_for_timeout(2_000)
    page.keyboard.press(" ")
    settled(page)
    took = (page.evaluate("() => performance.now()") - began) / 1000
    _, after = place(page)
    assert 0.25 * 2.0 - 0.1 <= after - before <= 0.25 * took + 0.1
    page.locator(".replay-speed").select_option("100")
    page.locator(".replay-seek").fill("0")
    expect(page.locator(".replay-place")).to_contain_text("epoch 0.00")
    page.locator(".replay-play").click()
    expect(page.locator(".replay-place")).to_contain_text(f"epoch 10.00 of 10 · {Replay(example()).length_s:.1f} s")
    settled(page)
    expect(page.locator(".figure-log pre")).to_contain_text("Compute saved")
    page.locator(".replay-play").click()
    expect(page.locator(".replay-place")).to_contain_text("epoch 10.00 of 10")


def test_an_unknown_run_is_explained_and_a_click_leads_to_the_example(page):
    page.goto(page.url.replace("run=example", "run=20990101-000000-abcdef"))
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("there is no run '20990101-000000-abcdef'")
    page.get_by_role("button", name="Watch the recorded example").click()
    expect(page.locator(".replay-bar")).to_be_visible()
    page.wait_for_url("**/replay?run=example")


def test_on_a_phone_everything_is_within_the_screen(page):
    with phone(page):
        expect(page.locator(".replay-seek")).to_be_visible()
        for part in (".replay-bar", ".sundew-strip", "[data-panel=loss]"):
            assert_within_phone(page, part)


def test_neither_browser_nor_server_reported_an_error(complaints, home):
    assert [text for text in complaints if "404" not in text] == [], "only Streamlit's health check may fail"
    assert troubles_of_server(home) == []
