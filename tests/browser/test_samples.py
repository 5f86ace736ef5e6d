"""The Samples page in a real browser: real images of the run's data, chosen by mouse, map and keyboard, also while a run trains.

The tests share one server and run in order: each continues where the test before it ended.
"""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from sundew_core.config import Config
from sundew_core.data.loading import load
from sundew_core.training.trainer import train
from tests.support.browsing import (
    assert_described,
    assert_nothing_scrolls,
    assert_stands_still,
    assert_within_phone,
    await_figures,
    await_state,
    keep,
    phone,
)  # fmt: skip
from tools.support.driving import troubles_of_server

RUN = "20261124-120000-abcdef"
EPOCHS = 20
"""Epochs of the run that starts here: some seconds."""
SIDE = 8
"""Pixels of a digit."""
LOADED = "images => images.length > 0 && images.every(image => image.complete && image.naturalWidth > 0)"
PIXELS = """image => {
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return [...context.getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0);
}"""
"""The red channel, which equals the others in a grey image."""
LONELY = """plot => {
    const { data, _fullLayout: { xaxis, yaxis } } = plot;
    const box = plot.getBoundingClientRect();
    const points = data.find(trace => trace.uid === "samples");
    const placed = points.x.map((x, i) => ({
        sample: points.customdata[i],
        x: box.left + xaxis._offset + xaxis.l2p(x),
        y: box.top + yaxis._offset + yaxis.l2p(points.y[i]),
    }));
    const room = one => Math.min(...placed.map(other => other === one ? Infinity : Math.hypot(one.x - other.x, one.y - other.y)));
    return placed.reduce((best, one) => room(one) > room(best) ? one : best);
}"""
"""The point of the map that is farthest from its neighbours, so that a click on it is unambiguous."""


@pytest.fixture(scope="module")
def home(home):
    """A home with one run that has really trained."""
    config = Config(epochs=4, digits_repeats=4, device="cpu")
    keep(home, RUN, config, train(config, run=RUN))
    return home


@pytest.fixture(scope="module")
def images():
    """The training images, [N, 8, 8]."""
    return load(Config()).train.images[:, 0].numpy()


@pytest.fixture(scope="module")
def page(tab, server, complaints):
    tab.goto(f"{server}/?epochs={EPOCHS}&digits_repeats=2")
    expect(tab.get_by_role("button", name="Start training")).to_be_enabled()
    return tab


def turn_to(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def tiles(page: Page):
    return page.locator(".sample-grid img")


def await_images(page: Page) -> None:
    page.wait_for_function(f"() => ({LOADED})([...document.querySelectorAll('.sample-gallery img')])")


def assert_real(image, images) -> int:
    """The image on the page equals the image of the data set, pixel by pixel; returns its sample."""
    sample = int(image.get_attribute("data-sample"))
    assert image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [SIDE, SIDE]
    assert np.array_equal(np.array(image.evaluate(PIXELS)).reshape(SIDE, SIDE), images[sample])
    assert (image.get_attribute("alt") or "").startswith(f"Training sample {sample}, labelled ")
    return sample


def large(page: Page):
    return page.locator(".sample-large img")


def test_the_gallery_shows_the_images_of_the_data_set(page, images):
    turn_to(page, "Samples")
    await_images(page)
    expect(tiles(page)).to_have_count(24)
    shown = [assert_real(image, images) for image in tiles(page).all()]
    assert len(set(shown)) == 24
    assert assert_real(large(page), images) == shown[0]
    times = [int(text.removesuffix("×")) for text in page.locator(".sample-times").all_inner_texts()]
    assert times == sorted(times, reverse=True)
    assert times[0] > 1
    assert_nothing_scrolls(page)


def test_three_figures_are_drawn_and_described(page):
    await_figures(page, 3)
    assert_described(page)


def test_a_click_on_the_map_shows_that_samples_image(page, images):
    point = page.locator("[data-panel=map] .js-plotly-plot").evaluate(LONELY)
    page.mouse.click(point["x"], point["y"])
    expect(large(page)).to_have_attribute("data-sample", str(point["sample"]))
    await_images(page)
    assert assert_real(large(page), images) == point["sample"]
    page.wait_for_function(
        """sample => document.querySelector("[data-panel=map] .js-plotly-plot").data
            .some(trace => trace.uid === "picked" && trace.customdata[0] === sample)""",
        arg=point["sample"],
    )


def test_the_keyboard_chooses_tiles(page, images):
    first = page.locator(".sample-tile").first
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    second = page.locator(".sample-tile").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(second).to_have_attribute("aria-pressed", "true")
    assert assert_real(large(page), images) == int(second.get_attribute("data-sample"))
    expect(second).to_be_focused()
    page.keyboard.press("ArrowDown")
    row = round(page.locator(".sample-grid").evaluate("grid => getComputedStyle(grid).gridTemplateColumns.split(' ').length"))
    expect(page.locator(".sample-tile").nth(1 + row)).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(".sample-tile").last).to_be_focused()


def test_the_link_holds_the_choice(page, images):
    page.get_by_text("Least activated", exact=True).click()
    expect(page.locator(".sample-gallery h2").first).to_have_text("Least activated")
    page.get_by_role("combobox", name="Class").click()
    page.get_by_role("option", name="7", exact=True).click()
    page.wait_for_url(re.compile(r"class=7&gallery=Least\+activated"))
    expect(page.locator(".sample-tile b").first).to_have_text("7")
    await_images(page)
    labels = load(Config()).train.labels
    assert {int(labels[assert_real(image, images)]) for image in tiles(page).all()} == {7}


def test_a_tick_without_news_changes_nothing(page):
    assert_stands_still(page, ".sample-gallery")


def test_on_a_phone_everything_is_within_the_screen(page):
    with phone(page):
        expect(page.locator(".sample-tile").first).to_be_visible()
        for part in (".sample-tiles", ".sample-large", "[data-panel=map]"):
            assert_within_phone(page, part)


def test_a_running_run_is_followed(page, images):
    turn_to(page, "Train")
    page.get_by_role("button", name="Start training").click()
    assert page.locator(".sundew-notices").count() == 0, "the choice of samples in the link is not reported as an unknown knob"
    turn_to(page, "Samples")
    expect(page.locator(".sample-empty")).to_contain_text(re.compile("Preparing|First epoch"))
    expect(tiles(page)).to_have_count(24)
    page.locator(".sample-grid").evaluate("grid => { grid.first = grid.firstChild; window.grid = grid }")
    await_state(page, "finished")
    expect(page.locator(".figure-status")).to_have_text(f"Samples as of epoch {EPOCHS}")
    assert page.evaluate("() => document.contains(window.grid) && window.grid.first === window.grid.firstChild"), "tiles are kept"
    await_images(page)
    for image in tiles(page).all():
        assert_real(image, images)


def test_neither_browser_nor_server_reported_an_error(page, complaints, home):
    assert page.title()
    assert complaints == []
    assert troubles_of_server(home) == []
