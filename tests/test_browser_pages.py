"""Every page can be the first that anybody opens on a new server, and is reached from every other."""

import os
import re

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.driving import browser_path, launch, serving

PAGES = ("Train", "Lab", "Flow", "Samples", "Race", "Runs", "Replay", "Guide")
NAMED = [re.compile(f"{name}$") for name in PAGES]  # before the name stands that of the icon
PATHS = ("", "lab", "flow", "samples", "race", "runs", "replay", "guide")
WAIT_MS = 45_000

pytestmark = pytest.mark.skipif(
    browser_path() is None and not os.environ.get("CI"), reason="no Chromium here: install one, or set CHROMIUM to its path"
)


def test_a_new_server_may_be_opened_at_any_page_and_leads_to_all_others(tmp_path):
    with serving(tmp_path) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{address}/samples")
        links = page.locator(".st-key-pages").get_by_role("link")
        expect(links).to_have_text(NAMED)
        expect(page.locator("[data-testid=stSidebarNav]")).to_have_count(0)
        for name, path in zip(PAGES, PATHS, strict=True):
            page.locator(".st-key-pages").get_by_role("link", name=name).click()
            page.wait_for_url(f"{address}/{path}*")
            expect(links).to_have_text(NAMED)
        browser.close()
    log = (tmp_path / "server.log").read_text()
    assert "Traceback" not in log
    assert "rror" not in log
