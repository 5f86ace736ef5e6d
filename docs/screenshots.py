"""Take the pictures of the README: drives the real app in a browser through a real run.

python -m docs.screenshots
"""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.driving import launch, serving

DOCS = Path(__file__).parent
SIZE = {"width": 1280, "height": 720}


def main() -> None:
    """Train the default run, and picture the finished page in both themes."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for theme in ("dark", "light"):
            page = browser.new_page(viewport=SIZE, color_scheme=theme, device_scale_factor=1.5)
            page.goto(address)
            if theme == "dark":
                page.get_by_role("button", name="Start training").click()
            page.locator('.sundew-strip[data-state="finished"]').wait_for(timeout=120_000)
            page.locator(".js-plotly-plot .main-svg").nth(5).wait_for(timeout=30_000)
            page.mouse.move(640, 715)
            page.wait_for_timeout(2_500)
            page.screenshot(path=DOCS / f"train-{theme}.png")
        browser.close()


if __name__ == "__main__":
    main()
