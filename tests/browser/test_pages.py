"""Every page can be the first that a user opens on a new server, and every page links to all others."""

import re

from playwright.sync_api import expect

from tools.support.driving import troubles_of_server

PAGES = ("Train", "Lab", "Flow", "Samples", "Race", "Runs", "Replay", "Guide")
NAMED = [re.compile(f"{name}$") for name in PAGES]  # the name of the icon comes first
PATHS = ("", "lab", "flow", "samples", "race", "runs", "replay", "guide")


def test_a_new_server_can_be_opened_at_any_page_and_links_to_all_others(tab, server, home):
    tab.goto(f"{server}/samples")
    links = tab.locator(".st-key-pages").get_by_role("link")
    expect(links).to_have_text(NAMED)
    expect(tab.locator("[data-testid=stSidebarNav]")).to_have_count(0)
    for name, path in zip(PAGES, PATHS, strict=True):
        tab.locator(".st-key-pages").get_by_role("link", name=name).click()
        tab.wait_for_url(f"{server}/{path}*")
        expect(links).to_have_text(NAMED)
    assert troubles_of_server(home) == []
