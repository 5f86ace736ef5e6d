"""Take the screenshots of the README: drive the real app in a browser through a real run.

python -m tools.screenshots
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tools import DOCS
from tools.support.driving import SCREEN, launch, serving

PAGES = {
    "lab": ".figure-wall .main-svg", "flow": ".flow svg", "samples": ".figure-wall .main-svg", "race": ".figure-wall .main-svg",
}  # fmt: skip
"""The other pages by address, each with an element that is there once the page is drawn."""
SETTLED_MS = 4_000


def main() -> None:
    """Train the default run; take the finished page in both themes, then the other pages."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for theme in ("dark", "light"):
            page = open_page(browser, address, theme)
            if theme == "dark":
                page.get_by_role("button", name="Start training").click()
            page.locator('.sundew-strip[data-state="finished"]').wait_for(timeout=120_000)
            page.locator(".js-plotly-plot .main-svg").nth(5).wait_for(timeout=30_000)
            save(page, f"train-{theme}")
        for name, drawn in PAGES.items():
            page = open_page(browser, f"{address}/{name}", "dark")
            page.locator(drawn).first.wait_for(timeout=60_000)
            save(page, f"{name}-dark")
        browser.close()


def open_page(browser: Browser, address: str, theme: str) -> Page:
    """Open the app on a small screen."""
    page = browser.new_page(viewport=SCREEN, color_scheme=theme, device_scale_factor=1.5)
    page.goto(address)
    return page


def save(page: Page, name: str) -> None:
    """Write the screenshot, with the mouse where it points at nothing."""
    page.mouse.move(640, 715)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=DOCS / f"{name}.png")


if __name__ == "__main__":
    main()
