"""What tests of pages in a real browser share: the record behind the server, and what a page shows."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from sundew_core.config import Config
from sundew_core.events.run import Event
from sundew_core.records.runs import RunStore
from tools.support.driving import SCREEN

PHONE = {"width": 390, "height": 844}
DOTS = "() => [...document.querySelectorAll('.flow-dots path')].map(path => path.getAttribute('d')).join()"
"""The positions of the dots in the diagram."""
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Hide the tab from the page, or show it again."""
DRAWN = """n => [...document.querySelectorAll(".figure-card[data-state=drawn] .js-plotly-plot")]
    .filter(plot => plot.querySelector(".main-svg")).length >= n"""
COUNT_CHANGES = """part => {
    window.changes = 0;
    const options = { subtree: true, childList: true, attributes: true, characterData: true };
    new MutationObserver(found => { window.changes += found.length; }).observe(document.querySelector(part), options);
}"""


@contextmanager
def store_in(home: Path) -> Iterator[RunStore]:
    """The store of a server that keeps its runs in `home`."""
    store = RunStore(f"sqlite:///{home / 'sundew.db'}")
    yield store
    store.close()


def keep(home: Path, run: str, config: Config, events: Iterable[Event]) -> None:
    """Record a run in `home`."""
    with store_in(home) as store:
        store.begin(run, config)
        for event in events:
            store.append(run, event)


def recorded(store: RunStore, *kinds: type) -> list:
    """The events of the latest run, or those of these kinds."""
    return [event for _, event in store.events(store.runs(1)[0].run) if not kinds or isinstance(event, kinds)]


def await_state(page: Page, *states: str) -> None:
    """Wait until the strip shows one of these states."""
    expect(page.locator(", ".join(f'.sundew-strip[data-state="{state}"]' for state in states))).to_be_visible()


def await_figures(page: Page, count: int) -> None:
    """Wait until at least `count` cards show their figures."""
    page.wait_for_function(DRAWN, arg=count)


def assert_described(page: Page) -> None:
    """Every figure has a text alternative of more than a word or two."""
    for plot in page.locator(".js-plotly-plot").all():
        assert len(plot.get_attribute("aria-label") or "") > 20


def assert_nothing_scrolls(page: Page) -> None:
    """Page and sidebar fit their heights."""
    for part in ("stMain", "stSidebarContent"):
        assert page.locator(f"[data-testid={part}]").evaluate("part => part.scrollHeight <= part.clientHeight"), part


def assert_stands_still(page: Page, part: str) -> None:
    """Nothing changes within a part of the page for two ticks of an idle page."""
    page.evaluate(COUNT_CHANGES, part)
    page.wait_for_timeout(4_500)
    assert page.evaluate("() => window.changes") == 0


def assert_within_phone(page: Page, part: str) -> None:
    """A part of the page is neither cut off nor empty. One script finds and measures it, as a tick may replace it."""
    left, right = page.evaluate(
        "part => { const box = document.querySelector(part).getBoundingClientRect(); return [box.left, box.right]; }", part
    )
    assert 0 <= left < right <= PHONE["width"], part


@contextmanager
def phone(page: Page) -> Iterator[None]:
    """Show the page on a phone's screen for the length of the block; nothing may be cut off at the side."""
    page.set_viewport_size(PHONE)
    yield
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size(SCREEN)
