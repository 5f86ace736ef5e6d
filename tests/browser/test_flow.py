"""The Flow page in a real browser: the diagram is live, answers mouse and keyboard, steers the gate, and is exported.

The tests share one server and run in order: each continues where the test before it ended.
"""

import asyncio
import re
import struct
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from sundew_core import metrics
from sundew_core.arms import STAGES, VARIANTS
from sundew_core.events.run import Intervened
from sundew_core.metrics import RunView
from sundew_core.records.example import example
from tests.support.browsing import DOTS, HIDE, PHONE, assert_stands_still, recorded, store_in
from tools.support.driving import troubles_of, troubles_of_server
from tools.support.viewers import viewing
from tools.support.waiting import eventually

COUNTS = """() => ({
    ...document.querySelector(".flow-dots").dataset, lit: document.querySelector("[data-stage=mask]").dataset.lit,
})"""
STAND = f"""async () => {{
    const before = ({DOTS})();
    for (let i = 0; i < 5; i++) await new Promise(requestAnimationFrame);
    return before.length > 100 && before === ({DOTS})();
}}"""
KEEP = "() => { window.diagram = document.querySelector('.flow-svg'); }"
KEPT = "() => window.diagram === document.querySelector('.flow-svg') && window.diagram.isConnected"
SIZES = "texts => texts.map(text => text.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize))"


@pytest.fixture(scope="module")
def page(tab, server, complaints):
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto(server)
    tab.locator(".figure-card").nth(5).wait_for()
    tab.wait_for_timeout(1_000)  # until the first page has sent its theme: before that Streamlit may lose a change of page
    tab.get_by_role("link", name="Flow").click()
    tab.locator(".flow-svg .stage").first.wait_for()
    return tab


def stage(page: Page, name: str):
    return page.locator(f'.stage[data-stage="{name}"]')


def choose(page: Page, variant: str) -> None:
    page.locator(".st-key-flow_variant").get_by_role("radio", name=VARIANTS[variant].label, exact=True).click()
    expect(page.locator(".flow-svg .title")).to_have_text(VARIANTS[variant].label)


def caption(page: Page):
    return page.locator(".flow-svg .caption")


def number(page: Page) -> str:
    return page.locator(".flow-svg .number").text_content()


def replay(page: Page, word: str) -> None:
    page.locator(".replay-play").get_by_text(word).click()


def test_without_a_run_the_example_plays_in_one_lasting_picture(page):
    expect(caption(page)).to_contain_text("Recorded example · digits · cnn")
    page.evaluate(KEEP)
    first = caption(page).text_content()
    expect(caption(page)).not_to_have_text(first)
    assert page.evaluate(KEPT)
    assert page.locator(".flow-dots").get_attribute("data-moves") == "true"
    before = page.evaluate(DOTS)
    page.wait_for_function(f"before => ({DOTS})() !== before", arg=before)


def test_the_replay_pauses_and_keys_move_it(page):
    replay(page, "Pause")
    expect(page.locator(".replay-play")).to_have_text("Play")
    page.wait_for_function("() => document.querySelector('.flow-dots').dataset.moves === 'false'")
    seek = page.get_by_role("slider", name="Position of the replay in epochs")
    seek.focus()
    page.keyboard.press("End")
    expect(caption(page)).to_contain_text("epoch 10.0 of 10")
    run = RunView.of(example())
    assert number(page) == f"{metrics.speedup(run).value:.1f}×"
    assert page.evaluate(KEPT)


def test_a_paused_picture_shows_the_true_share_and_a_quiet_tick_changes_nothing(page):
    dots = page.locator(".flow-dots")
    active, dormant = (int(dots.get_attribute(f"data-{kind}")) for kind in ("active", "dormant"))
    rate = metrics.latest_rate(RunView.of(example())).value
    assert active + dormant > 100
    assert abs(active - rate * (active + dormant)) <= 1
    assert stage(page, "mask").get_attribute("data-lit") == str(round(100 * rate))
    assert_stands_still(page, ".flow")


def test_stages_answer_the_mouse(page):
    stage(page, "reservoir").click()
    expect(page.locator(".stage-words h3")).to_have_text("Reservoir")
    expect(stage(page, "reservoir")).to_have_attribute("aria-pressed", "true")
    expect(stage(page, "gate")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".stage-words .source")).to_have_text(STAGES["reservoir"].source)
    expect(page.get_by_role("slider", name="Energy pressure")).to_be_visible()
    expect(page.locator('[data-panel="reservoir"] .js-plotly-plot')).to_be_visible()
    expect(page.locator(".figure-card")).to_have_count(1)
    assert page.evaluate(KEPT)


def test_stages_answer_the_keyboard(page):
    stage(page, "gate").focus()
    page.keyboard.press("ArrowRight")
    expect(stage(page, "controller")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".stage-words h3")).to_have_text("PI controller")
    page.keyboard.press("Tab")
    expect(stage(page, "reservoir")).to_be_focused()
    page.keyboard.press("End")
    expect(stage(page, "memory")).to_be_focused()
    page.keyboard.press(" ")
    expect(page.locator(".stage-words h3")).to_have_text("Score memory")
    page.keyboard.press("Home")
    expect(stage(page, "data")).to_be_focused()
    ring = stage(page, "data").locator(".box").evaluate("box => getComputedStyle(box).strokeWidth")
    assert ring == "3px"


def test_a_screen_reader_gets_every_stage_with_its_values(page):
    lines = page.get_by_role("list", name="The stages in words").get_by_role("listitem")
    assert lines.count() == len(page.locator(".stage").all()) + 1
    for name, line in zip([s.get_attribute("data-stage") for s in page.locator(".stage").all()], lines.all(), strict=False):
        assert line.text_content() == stage(page, name).get_attribute("aria-label")
    gate = page.get_by_role(
        "button", name=re.compile(r"Sundew gate: .* expected \d+\.\d %.* per candidate batch, \d+ % of the time")
    )
    expect(gate).to_have_count(1)
    assert page.get_by_role("group", name=re.compile("^Architecture flow: sundew, memory")).count() == 1


def test_another_arm_is_another_picture_with_another_cost(page):
    run = RunView.of(example())
    said = {}
    for variant in ("dense", "random", "sundew-fresh", "per-sample"):
        choose(page, variant)
        said[variant] = number(page)
        assert [s.get_attribute("data-stage") for s in page.locator(".stage").all()] == [
            name for name in STAGES if name in VARIANTS[variant].stages
        ]
    fresh, single = metrics.cost(run, "sundew-fresh").speedup.value, metrics.cost(run, "per-sample").speedup.value
    assert said["dense"] == "1.0×"
    assert said["sundew-fresh"] == f"≈ {fresh:.1f}×"
    assert said["per-sample"] == f"{1 / single:.1f}×"
    expect(page.locator(".cost .words", has_text="slower than dense")).to_be_visible()
    bars = [part.bounding_box()["width"] for part in page.locator(".cost .part").all()]
    assert bars[1] / bars[0] == pytest.approx(1 / single, rel=0.02)
    choose(page, "sundew-memory")
    assert page.evaluate(KEPT)


def test_the_exported_svg_opens_by_itself(page, browser, tmp_path):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the diagram as SVG").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "sundew-flow-sundew-memory.svg"
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"var\(|url\(|http(?!://www\.w3\.org)|class=|tabindex|<script", text)
    root = ElementTree.fromstring(text)
    assert root.find("{*}title").text == "Architecture flow: sundew, memory"
    assert "Sundew gate: " in root.find("{*}desc").text
    assert "Arial, sans-serif" in root.get("font-family")

    alone = browser.new_page(viewport={"width": 1400, "height": 700})
    troubles = troubles_of(alone)
    alone.goto(path.as_uri())
    words = alone.evaluate("() => document.documentElement.textContent")
    assert "Sundew gate" in words
    assert number(page) in words
    shown = alone.evaluate("() => [...document.querySelectorAll('text')].every(text => text.getBBox().width >= 0)")
    assert shown
    boxes = alone.evaluate("() => [...document.querySelectorAll('rect')].map(rect => getComputedStyle(rect).fill)")
    assert boxes[0] == "rgb(14, 21, 19)", "the dark ground, as it is shown"
    assert troubles == []
    alone.close()


def test_the_exported_png_is_large_enough_for_print(page, tmp_path):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the diagram as PNG").click()
    path = tmp_path / "flow.png"
    download.value.save_as(path)
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24])[0] >= 2400
    assert path.stat().st_size > 100_000


def test_with_reduced_motion_the_dots_stand_and_show_the_true_share(page):
    page.emulate_media(reduced_motion="reduce")
    said = caption(page).text_content()
    replay(page, "Play")
    expect(caption(page)).not_to_have_text(said)
    expect(page.locator(".replay-play")).to_have_text("Pause")  # the example plays on; only its dots stand still
    counts = page.evaluate(COUNTS)
    active, dormant = int(counts["active"]), int(counts["dormant"])
    assert counts["moves"] == "false"
    assert active + dormant > 100
    assert abs(100 * active / (active + dormant) - int(counts["lit"])) <= 1.5
    assert any(page.evaluate(STAND) for _ in range(10)), "news may move the dots, animation frames must not"
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function("() => document.querySelector('.flow-dots').dataset.moves === 'true'")
    replay(page, "Pause")
    expect(page.locator(".replay-play")).to_have_text("Play")


def test_a_narrow_page_stacks_the_stages(page):
    page.set_viewport_size(PHONE)
    page.wait_for_function("() => document.querySelector('.flow-svg').dataset.layout === 'stack'")
    assert page.evaluate(KEPT)
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth <= main.clientWidth")
    sizes = page.locator(".flow-svg .value").evaluate_all(
        "texts => texts.map(text => text.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize))"
    )
    assert min(sizes) > 9
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function("() => document.querySelector('.flow-svg').dataset.layout === 'side'")


def test_a_run_started_here_is_shown_live_and_its_stages_steer_it(page, home):
    page.get_by_role("spinbutton", name="Epochs").fill("300")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.wait_for_url(re.compile("epochs=300"))
    page.get_by_role("button", name="Start training").click()
    expect(caption(page)).to_contain_text("Training · digits · cnn · epoch")
    assert page.evaluate(KEPT)
    expect(page.locator(".replay-bar")).to_have_count(0)
    page.wait_for_function("() => document.querySelector('.flow-dots').dataset.moves === 'true'")
    stage(page, "gate").click()
    temperature = page.get_by_role("slider", name="Gate temperature")
    temperature.focus()
    page.keyboard.press("ArrowRight")
    with store_in(home) as store:
        changes = eventually(lambda: recorded(store, Intervened))
    assert [(change.knob, change.new, change.who, change.applied) for change in changes] == [
        ("gate_temperature", 0.16, "page", True)
    ]
    expect(page.locator(".figure-card")).to_have_attribute("data-state", "drawn")


def test_a_hidden_tab_does_not_move(page):
    page.evaluate(HIDE, True)
    page.wait_for_function("() => document.querySelector('.flow-dots').dataset.moves === 'false'")
    before, said = page.evaluate(DOTS), caption(page).text_content()
    page.wait_for_timeout(1_500)
    assert page.evaluate(DOTS) == before
    assert caption(page).text_content() == said
    page.evaluate(HIDE, False)
    page.wait_for_function("() => document.querySelector('.flow-dots').dataset.moves === 'true'")
    expect(caption(page)).not_to_have_text(said)


def test_a_paused_run_stands_still_and_an_ended_one_can_be_replayed(page):
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(caption(page)).to_contain_text("Paused")
    page.wait_for_function("() => document.querySelector('.flow-dots').dataset.moves === 'false'")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(caption(page)).to_contain_text("Stopped")
    expect(page.locator(".replay-bar")).to_be_visible()
    replay(page, "Play")
    expect(caption(page)).to_contain_text("Replay")
    page.wait_for_function("() => document.querySelector('.flow-dots').dataset.moves === 'true'")
    replay(page, "Pause")
    expect(page.locator(".replay-play")).to_have_text("Play")
    assert page.evaluate(KEPT)


def test_a_tick_without_news_sends_nothing_new(server):
    async def ticks():
        async with viewing(server) as viewer:
            await viewer.turn_to("Flow")
            assert viewer.component("flow_diagram")["frame"]["caption"].startswith("Stopped")
            return [await viewer.tick() for _ in range(4)][1:]  # with the first tick the browser sends its theme

    with ThreadPoolExecutor() as thread:  # Playwright runs its own loop in this thread
        answers = thread.submit(asyncio.run, ticks()).result()
    assert [(answer.new, answer.new_bytes) for answer in answers] == [(0, 0)] * 3


def test_neither_browser_nor_server_reported_an_error(page, complaints, home):
    assert complaints == []
    assert troubles_of_server(home) == []
