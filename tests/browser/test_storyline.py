"""The storyline in a real browser: five live pages, forwards and backwards by keys, with nothing else on screen."""

import re

from playwright.sync_api import Page, expect

from pages.panels.shell.present import TITLES
from tools.support.driving import troubles_of_server

PATHS = ("story", "lab", "flow", "race", "replay")
CONTENTS = (".story", ".figure-wall", ".flow-svg", ".figure-wall", ".figure-wall")
CONTROLS = "[data-testid=stSidebar], .replay-bar, .flow-bar, .st-key-flow_choices, .st-key-contest_choices, .figure-log"
FITS = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    return main.scrollHeight <= main.clientHeight;
}"""


def assert_slide(page: Page, number: int) -> None:
    """The slide is shown with its name and number and in the link, without controls and without scrolling."""
    expect(page).to_have_url(re.compile(rf"/{PATHS[number - 1]}\?.*present={number}"))
    expect(page.locator(".storyline b")).to_have_text(TITLES[number - 1])
    expect(page.locator(".storyline span")).to_have_text(f"{number}/5")
    expect(page.locator(CONTENTS[number - 1]).first).to_be_visible()
    for control in page.locator(CONTROLS).all():
        expect(control).to_be_hidden()
    page.wait_for_function(FITS)  # once the previous slide is gone


def test_the_story_begins_at_its_page_and_fills_the_screen(page):
    page.get_by_role("link", name="Story").first.click()
    page.get_by_role("button", name="Present", exact=True).click()
    assert_slide(page, 1)
    page.wait_for_function("() => document.fullscreenElement === document.documentElement")


def test_keys_and_clickers_lead_through_all_slides_and_back(page):
    for number, key in ((2, "ArrowRight"), (3, "PageDown"), (4, "ArrowRight"), (5, "PageDown")):
        page.keyboard.press(key)
        assert_slide(page, number)
    for number, key in ((4, "ArrowLeft"), (3, "PageUp")):
        page.keyboard.press(key)
        assert_slide(page, number)


def test_keys_pressed_faster_than_slides_change_all_count(page):
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert_slide(page, 1)
    page.keyboard.press("End")
    assert_slide(page, 5)


def test_space_pauses_a_replay_that_began_by_itself(page):
    place = page.locator(".replay-place")
    expect(place).not_to_contain_text("epoch 0.00 ")
    page.keyboard.press(" ")
    expect(page.locator(".replay-play")).to_have_text("Play")
    stood = place.text_content()
    page.wait_for_timeout(800)
    assert place.text_content() == stood


def test_a_field_keeps_its_keys(page):
    page.evaluate("""() => {
        const field = document.createElement("input");
        field.id = "field";
        document.querySelector(".storyline").append(field);
        field.focus();
    }""")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageUp")
    page.wait_for_timeout(600)
    page.evaluate("() => document.querySelector('#field').remove()")
    assert_slide(page, 5)


def test_a_reload_stays_and_escape_leaves(page, home):
    page.reload()
    assert_slide(page, 5)
    page.keyboard.press("Escape")
    expect(page.locator("[data-testid=stSidebar]")).to_be_visible()
    expect(page.locator(".replay-bar")).to_be_visible()
    page.wait_for_url(lambda url: "present" not in url)
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(500)
    assert "/replay" in page.url, "without a presentation the keys change no page"
    page.get_by_role("button", name="Present", exact=True).click()
    assert_slide(page, 5)
    assert troubles_of_server(home) == []
