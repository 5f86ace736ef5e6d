"""Measure how long a user waits on the Train page, in a real browser with a warm server.

    python -m tools.responsiveness

- First useful paint: from opening the address until the strip, the controls and all six panels of a run are readable, as
  figures or in words, and until all six figures are drawn; with an empty browser cache and with a full one. The browser
  reads plotly.js about twice as slowly when it is driven by a tool, so a user sees the figures earlier than reported.
- Steering: from the key that moves a slider of a running gate until the browser has painted its marker; also the parts of
  this time after the next tick's request to the server, and after its answer.
- Drawing: the time that plotly.js takes to draw all six figures in a tick with news, while the run trains on the same
  cores; and the panels that a single candidate batch of a paused run changes, when only the page is at work. Also the
  processor time of the page's main thread in such a second (Chromium's TaskDuration in thread ticks).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tools.support.driving import ENDLESS, SCREEN, launch, serving

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
WATCH_PAINT = """
window.painted = {};
const note = (name, isThere) => { if (isThere) window.painted[name] ??= performance.now(); };
const look = () => {
    const cards = [...document.querySelectorAll('.figure-card')];
    const drawn = (card) => card.querySelector('.main-svg') !== null;
    const read = (card) => drawn(card) || (card.dataset.state !== 'drawn' && card.querySelector('.figure-empty').textContent);
    const steered = document.querySelector('.sundew-strip') && document.querySelector('.st-key-start button')
        && document.querySelectorAll('[role=slider], .stSlider input').length >= 5;
    note('useful', steered && cards.length === 6 && cards.every(read));
    note('figures', cards.length === 6 && cards.every(drawn));
};
const what = { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] };
new MutationObserver(look).observe(document, what);
"""
WATCH_TALK = """
window.requested = [];
window.answered = [];
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
    constructor(...address) {
        super(...address);
        this.addEventListener('message', ({ data }) => {
            if ((data.byteLength ?? data.size) > 5000) window.answered.push(performance.now());
        });
    }
    send(message) {
        window.requested.push(performance.now());
        super.send(message);
    }
};
"""
"""Notes the times of requests to the server, and of answers that are large enough to hold figures."""
WATCH_MARKERS = """() => {
    window.marker = null;
    window.words = () => (document.querySelector('[data-panel=loss] .js-plotly-plot').layout.annotations ?? [])
        .filter((words) => words.name === 'intervention').map((words) => words.text).join();
    document.addEventListener('keydown', () => { window.pressed = performance.now(); window.before = window.words(); }, true);
    const plot = document.querySelector('[data-panel=loss] .js-plotly-plot');
    plot.on('plotly_afterplot', () => {
        if (window.marker !== null || window.words() === window.before) return;
        window.marker = undefined; // drawn, and seen when the browser has painted its next frame
        requestAnimationFrame(() => setTimeout(() => { window.marker = performance.now(); }));
    });
}"""

STEERED = """() => {
    const answer = window.answered.findLast((at) => at < window.marker);
    return [window.pressed, window.requested.findLast((at) => at < answer), answer].map((at) => window.marker - at);
}"""


def main() -> None:
    """Measure and print medians, with the longest time in brackets."""
    parser = argparse.ArgumentParser(prog="python -m tools.responsiveness", description="Measure how long a user waits.")
    parser.add_argument("--times", type=int, default=9, help="measurements of each kind (default: 9)")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport=SCREEN)
        page.add_init_script(WATCH_TALK)
        page.goto(f"{address}/?epochs={ENDLESS}")
        page.get_by_role("button", name="Start training").click()
        page.wait_for_function(DRAWN, timeout=60_000)
        page.wait_for_timeout(5_000)
        page.evaluate(TIME_DRAWING)
        drawn_ms, worked_ms = drawing_ms(page, times)
        print_line("Drawing six figures, ms per tick, training", drawn_ms)
        print_line("  the whole main thread, CPU ms per second", worked_ms)
        whole, since_request, since_answer = steering_ms(page, times)
        print_line("Steering, key to marker, ms", whole)
        print_line("  of which after the tick's request, ms", since_request)
        print_line("  of which after the tick's answer, ms", since_answer)
        page.get_by_role("button", name="Pause").click()
        page.locator('.sundew-strip[data-state="paused"]').wait_for()
        drawn_ms, _ = drawing_ms(page, times, 1, page.get_by_role("button", name="Step batch").click)
        print_line("Drawing what one batch changes, ms, paused", drawn_ms)
        page.get_by_role("button", name="Stop").click()
        page.locator('.sundew-strip[data-state="stopped"]').wait_for()
        page.close()
        opened = [paint_ms(browser, address) for _ in range(times)]
        for i, cache in enumerate(("empty cache", "full cache")):
            print_line(f"First useful paint, {cache}, ms", [once[i]["useful"] for once in opened])
            print_line("  all six figures, ms", [once[i]["figures"] for once in opened])
        browser.close()


def print_line(what: str, measured: list[float]) -> None:
    """Print the median and the longest time."""
    print(f"{what:<46} {median(measured):6.0f} ({max(measured):.0f}), n = {len(measured)}", flush=True)


def drawing_ms(
    page: Page, times: int, least: int = PANELS, before_each: Callable[[], None] = lambda: None
) -> tuple[list[float], list[float]]:
    """Milliseconds of drawing in `times` ticks that change at least `least` panels, and of the main thread's processor time.

    `before_each` runs before each tick.
    """
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    drawn_ms, worked_ms = [], []
    while len(drawn_ms) < times:
        before_each()
        page.evaluate("() => { window.drawings = []; }")
        before = task_ms(devtools)
        page.wait_for_timeout(1_000)
        drawings = page.evaluate("() => window.drawings")
        if least <= len(drawings) <= PANELS:
            drawn_ms.append(sum(drawings))
            worked_ms.append(task_ms(devtools) - before)
    devtools.detach()
    return drawn_ms, worked_ms


def task_ms(devtools: CDPSession) -> float:
    """Milliseconds of processor time that the page's main thread has used since the page was opened."""
    counted = {item["name"]: item["value"] for item in devtools.send("Performance.getMetrics")["metrics"]}
    return 1000 * counted["TaskDuration"]


def steering_ms(page: Page, times: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds to a marker: from its key, from the last request to the server, and from its answer."""
    page.evaluate(WATCH_MARKERS)
    slider = page.get_by_role("slider", name="Energy pressure")
    whole: list[float] = []
    since_request: list[float] = []
    since_answer: list[float] = []
    for _ in range(times):
        slider.focus()
        page.evaluate("() => { window.marker = null; }")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => window.marker > 0", polling=20, timeout=20_000)
        for parts, part in zip((whole, since_request, since_answer), page.evaluate(STEERED), strict=True):
            parts.append(part)
        page.wait_for_timeout(1_500)
    return whole, since_request, since_answer


def paint_ms(browser: Browser, address: str) -> list[dict[str, float]]:
    """Milliseconds from opening the address to a useful page and to six figures: in a new profile, then once more."""
    context = browser.new_context(viewport=SCREEN)
    context.add_init_script(WATCH_PAINT)
    took = []
    for _ in range(2):
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("() => window.painted.useful && window.painted.figures", timeout=60_000)
        took.append(page.evaluate("() => window.painted"))
        page.close()
    context.close()
    return took


if __name__ == "__main__":
    main()
