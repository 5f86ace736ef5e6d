"""The Runs page in a real browser: selected in the table, compared, named, and started again by a link.

The tests share one server and run in order: each continues where the test before it ended.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sundew_core.config import Config
from sundew_core.exporting import kaggle
from tests.support import made_up
from tests.support.browsing import await_figures, await_state, keep, store_in
from tools.support.driving import pick, troubles_of_server

RUNS = {
    "20261122-205440-aaaaaa": {"arm": "dense", "seed": 1},
    "20261122-205441-bbbbbb": {"arm": "random", "seed": 2},
    "20261122-205442-cccccc": {"arm": "sundew", "target_activation_rate": 0.1, "seed": 3},
}
"""From the oldest to the newest, which is the first row of the table."""


@pytest.fixture(scope="module")
def home(home):
    for run, knobs in RUNS.items():
        first, *others = made_up.run_events(epochs=2, **knobs)
        keep(home, run, Config(epochs=2, **knobs), [replace(first, run=run), *others, made_up.finished()])
    return home


@pytest.fixture(scope="module")
def page(tab, server):
    tab.goto(f"{server}/runs")
    return tab


def test_before_a_run_is_selected_all_are_drawn_by_accuracy_and_cost(page):
    await_figures(page, 1)
    expect(page.locator("[data-panel=outcomes]")).to_be_visible()


def test_a_selected_run_shows_six_panels(page):
    pick(page, 0)
    await_figures(page, 6)
    expect(page.get_by_role("heading", name="sundew cccccc")).to_be_visible()
    expect(page.locator("[data-panel=outcomes]")).to_have_count(0)


def test_a_run_is_named_and_stays_selected(page):
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name", exact=True).fill("sweet spot")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="sweet spot")).to_be_visible()
    page.keyboard.press("Escape")


def test_a_run_is_exported_for_kaggle_as_one_file_with_its_knobs(page):
    page.get_by_role("button", name="Export").click()
    for name, write in {"Kaggle script (.py)": kaggle.script, "Kaggle notebook (.ipynb)": kaggle.notebook}.items():
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert text == write(Config(epochs=2, arm="sundew", target_activation_rate=0.1, seed=3))
    page.keyboard.press("Escape")


def test_several_runs_are_overlaid_and_distinguishable(page):
    pick(page, 1)
    expect(page.locator(".runs-legend li")).to_have_count(2)
    pick(page, 2)
    legend = page.locator(".runs-legend li")
    expect(legend).to_have_count(3)
    expect(legend.first).to_contain_text("sweet spot")
    await_figures(page, 7)
    colours = legend.locator("i").evaluate_all("swatches => swatches.map(swatch => getComputedStyle(swatch).backgroundImage)")
    assert len(set(colours)) == 3
    assert all("linear-gradient" in colour for colour in colours)
    lines = page.locator("[data-panel=accuracy] .js-plotly-plot").evaluate(
        "plot => plot.data.map(trace => [trace.name, trace.line.color, trace.line.dash, trace.y.length])"
    )
    assert [(name, dash, points) for name, _, dash, points in lines] == [
        ("sweet spot", "solid", 2), ("random bbbbbb", "dash", 2), ("dense aaaaaa", "dot", 2),
    ]  # fmt: skip
    assert len({colour for _, colour, _, _ in lines}) == 3


def test_a_link_starts_a_run_again_with_its_knobs(page):
    pick(page, 1)
    pick(page, 2)
    page.get_by_role("link", name="Start again with this").click()
    page.wait_for_url("**/?*target_activation_rate=0.1*")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    expect(page.get_by_role("slider", name="Target").first).to_have_value("0.1")
    assert "seed=3" in page.url


def test_the_first_click_on_a_row_counts_after_a_change_of_page(page):
    page.get_by_role("button", name="Start training").click()
    await_state(page, "preparing", "training")
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("tooltip")).to_be_visible()  # the tooltip of the link, over the box
    pick(page, 0)
    legend = page.locator(".runs-legend li")
    expect(legend).to_have_count(2)
    expect(legend.last).to_contain_text("sweet spot")  # still selected, one row further down
    pick(page, 0)
    expect(page.get_by_role("heading", name="sweet spot")).to_be_visible()


def test_a_sweep_trains_its_runs_in_turn_and_can_be_stopped(page, home):
    page.get_by_text("Sweep", exact=True).click()
    values = page.get_by_role("textbox", name="Values 1")
    values.fill("0.05, 0.1 to")
    values.press("Enter")
    expect(page.locator(".sundew-remark")).to_contain_text("is not allowed")
    expect(page.get_by_role("button", name="Start the runs")).to_be_disabled()
    values.fill("0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4")  # so many that a slow browser draws two before the last ends
    values.press("Enter")
    page.get_by_role("button", name="Start 8 runs").click()
    expect(page.get_by_role("textbox", name="Search")).to_have_value(re.compile("^sweep "))
    expect(page.get_by_text(re.compile(r"run [2-8] of 8, \d to come"))).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-panel=parallel] .js-plotly-plot')?.data[0].type === 'parcoords'")
    page.get_by_role("button", name="Stop the sweep").click()
    expect(page.get_by_role("button", name="Stop the sweep")).to_have_count(0)
    with store_in(home) as store:
        rows = [row for row in store.runs() if row.tags]
    assert 2 <= len(rows) <= 8
    assert [row.name for row in reversed(rows)] == [f"{percent} %" for percent in (5, 10, 15, 20, 25, 30, 35, 40)][: len(rows)]
    assert len({row.tags for row in rows}) == 1
    assert {row.epochs for row in rows} == {2}, "all other knobs are those of the selected run"


def test_the_server_reported_no_error(page, home):
    assert troubles_of_server(home) == []
