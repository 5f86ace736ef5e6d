"""Measure what a person waits for on the Train page, in a real browser and against a warm server.

    python -m docs.responsiveness

- First useful paint: from opening the address until all six figures of a run stand there, with an empty browser cache
  and with a full one.
- Steering: from the key that moves a slider of a running gate until its marker stands in the figures, and the part of
  that which passes between the tick's question and the marker.
- Drawing: what plotly.js takes to draw all six figures in a tick with news, while the run trains on the same processor
  cores, and while it is paused and goes on by single candidate batches, so that nothing but the page is at work; and the
  processor time of all that the page's main thread did in such a second (Chromium's own TaskDuration in thread ticks).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.driving import launch, serving

EPOCHS = 10_000
"""More than fit into the time: the run is stopped with the server."""
PANELS = 6
TIME_DRAWING = """() => {
    const react = window.Plotly.react;
    window.drawings = [];
    window.Plotly.react = (...figure) => {
        const began = performance.now();
        const drawing = react(...figure);
        window.drawings.push(performance.now() - began);
        return drawing;
    };
}"""
DRAWN = """() => {
    const plots = [...document.querySelectorAll('.js-plotly-plot')];
    return plots.length === 6 && plots.every((plot) => plot.querySelector('.main-svg')) && performance.now();
}"""
WATCH_MARKERS = """() => {
    window.marker = null;
    window.words = () => (document.querySelector('[data-panel=loss] .js-plotly-plot').layout.annotations ?? [])
        .filter((words) => words.name === 'intervention').map((words) => words.text).join();
    document.addEventListener('keydown', () => { window.pressed = performance.now(); window.before = window.words(); }, true);
    const plot = document.querySelector('[data-panel=loss] .js-plotly-plot');
    plot.on('plotly_afterplot', () => {
        if (window.marker === null && window.words() !== window.before) window.marker = performance.now();
    });
}"""


def main() -> None:
    """Measure and print medians, and in brackets the longest."""
    parser = argparse.ArgumentParser(prog="python -m docs.responsiveness", description="Measure what a person waits for.")
    parser.add_argument("--times", type=int, default=9, help="how often each is measured (default: 9)")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        sent_s: list[float] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent_s.append(time.perf_counter())))
        page.goto(f"{address}/?epochs={EPOCHS}")
        page.get_by_role("button", name="Start training").click()
        page.wait_for_function(DRAWN, timeout=60_000)
        page.wait_for_timeout(5_000)
        page.evaluate(TIME_DRAWING)
        drawn_ms, worked_ms = drawing_ms(page, times)
        say("Drawing six figures, ms a tick, training", drawn_ms)
        say("  all of the main thread, CPU ms a second", worked_ms)
        whole, since_question = steering_ms(page, sent_s, times)
        say("Steering, key to marker, ms", whole)
        say("  of which after the tick's question, ms", since_question)
        page.get_by_role("button", name="Pause").click()
        page.locator('.sundew-strip[data-state="paused"]').wait_for()
        drawn_ms, _ = drawing_ms(page, times, before_each=page.get_by_role("button", name="Step batch").click)
        say("Drawing six figures, ms a tick, paused", drawn_ms)
        page.get_by_role("button", name="Stop").click()
        page.locator('.sundew-strip[data-state="stopped"]').wait_for()
        page.close()
        say("First useful paint, empty cache, ms", [paint_ms(browser, address)[0] for _ in range(times)])
        say("First useful paint, full cache, ms", [paint_ms(browser, address)[1] for _ in range(times)])
        browser.close()


def say(what: str, measured: list[float]) -> None:
    """Print one line."""
    print(f"{what:<46} {median(measured):6.0f} ({max(measured):.0f}), n = {len(measured)}", flush=True)


def drawing_ms(page: Page, times: int, before_each: Callable[[], None] = lambda: None) -> tuple[list[float], list[float]]:
    """Milliseconds of drawing in ticks with news, and the main thread's processor time in the seconds around them."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    drawn_ms, worked_ms = [], []
    while len(drawn_ms) < times:
        before_each()
        page.evaluate("() => { window.drawings = []; }")
        before = task_ms(devtools)
        page.wait_for_timeout(1_000)
        drawings = page.evaluate("() => window.drawings")
        if len(drawings) == PANELS:
            drawn_ms.append(sum(drawings))
            worked_ms.append(task_ms(devtools) - before)
    devtools.detach()
    return drawn_ms, worked_ms


def task_ms(devtools: CDPSession) -> float:
    """Milliseconds of processor time that the page's main thread has used since it was opened."""
    counted = {item["name"]: item["value"] for item in devtools.send("Performance.getMetrics")["metrics"]}
    return 1000 * counted["TaskDuration"]


def steering_ms(page: Page, sent_s: list[float], times: int) -> tuple[list[float], list[float]]:
    """Milliseconds from a key to its marker, and from the last question to the server before the marker."""
    page.evaluate(WATCH_MARKERS)
    slider = page.get_by_role("slider", name="Energy pressure")
    whole, since_question = [], []
    for _ in range(times):
        slider.focus()
        page.evaluate("() => { window.marker = null; }")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => window.marker !== null", polling=20, timeout=20_000)
        seen_s = time.perf_counter() - page.evaluate("() => performance.now() - window.marker") / 1000
        whole.append(page.evaluate("() => window.marker - window.pressed"))
        since_question.append(1000 * (seen_s - max(at_s for at_s in sent_s if at_s < seen_s)))
        page.wait_for_timeout(1_500)
    return whole, since_question


def paint_ms(browser: Browser, address: str) -> tuple[float, float]:
    """Milliseconds from opening the address until six figures stand: in a new profile, and once more in the same one."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    took = []
    for _ in range(2):
        page = context.new_page()
        page.goto(address)
        took.append(float(page.wait_for_function(DRAWN, polling=10, timeout=60_000).json_value()))
        page.close()
    context.close()
    return took[0], took[1]


if __name__ == "__main__":
    main()
