"""The Race page in a real browser: a race grows in every tab, and nothing else may train meanwhile.

The tests share one server and run in order: each continues where the test before it ended.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import await_state, phone

POINTS = "plot => plot.data.filter(trace => trace.uid === 'dense').reduce((sum, trace) => sum + trace.x.length, 0)"


@pytest.fixture(scope="module")
def page(tab, server, complaints):
    tab.goto(f"{server}/?digits_repeats=1")
    tab.locator(".st-key-pages").get_by_role("link", name="Race").click()
    expect(tab.get_by_role("button", name="Start race")).to_be_enabled()
    return tab


def ask(page: Page, label: str, number: int) -> None:
    field = page.locator("[data-testid=stSidebar]").get_by_label(label, exact=True)
    field.fill(str(number))
    field.press("Enter")
    expect(field).to_have_value(str(number))


def curves(page: Page):
    return page.locator('.figure-card[data-panel="accuracy"] .js-plotly-plot')


def test_curves_grow_together_in_one_plot(page):
    await_state(page, "recorded")
    ask(page, "Seconds", 100)
    ask(page, "Checks", 500)
    page.get_by_role("button", name="Start race").click()
    await_state(page, "racing")
    expect(curves(page)).to_have_count(1)
    curves(page).evaluate("plot => { plot.dataset.mine = 'yes'; }")
    before = curves(page).evaluate(POINTS)
    page.wait_for_function(f"() => ({POINTS})(document.querySelector('[data-mine=yes]')) > {before}")
    assert set(curves(page).evaluate("plot => plot.data.map(trace => trace.uid)")) == {"sundew", "dense", "random"}


def test_a_second_tab_refuses_a_training_and_shows_the_same_race(page):
    other = page.context.new_page()
    other.goto(page.url.removesuffix("race"))
    other.get_by_role("button", name="Start training").click()
    expect(other.get_by_role("alert")).to_contain_text("is still running: stop it first, or wait until it has finished")
    await_state(other, "idle")
    other.locator(".st-key-pages").get_by_role("link", name="Race").click()
    await_state(other, "racing")
    expect(other.locator("[data-testid=stSidebar]").get_by_label("Seconds", exact=True)).to_have_value("100")
    expect(other.get_by_role("button", name="Stop")).to_be_enabled()
    expect(other.get_by_role("button", name="Start race")).to_be_disabled()
    other.close()


def test_a_reload_shows_the_race_and_stop_keeps_its_results(page):
    page.reload()
    await_state(page, "racing")
    expect(curves(page)).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    await_state(page, "stopped")
    assert curves(page).evaluate(POINTS) >= 2
    expect(page.locator('.figure-card[data-panel="equal-seconds"] .figure-empty')).to_contain_text("No seed has finished")
    expect(page.get_by_role("button", name="Start race")).to_be_enabled()


def test_a_finished_race_is_compared_along_the_axis_that_the_user_chooses(page):
    ask(page, "Seconds", 1)
    ask(page, "Checks", 4)
    page.get_by_role("button", name="Start race").click()
    await_state(page, "finished")
    for name in ("accuracy", "reach", "equal-seconds", "equal-samples", "equal-epochs", "equal-flop", "compute"):
        expect(page.locator(f'.figure-card[data-panel="{name}"] .main-svg').first).to_be_attached()
    page.locator(".st-key-race_axis").get_by_text("Samples").click()
    expect(page.locator('.figure-card[data-panel="accuracy"] .figure-xaxis')).to_have_text("samples trained")
    expect(page.locator(".st-key-race_chosen")).to_be_visible()


def test_the_page_fits_a_phone_and_the_browser_reported_no_error(page, complaints):
    with phone(page):
        expect(curves(page)).to_have_count(1)
    # At an address below the root, Streamlit first requests its health there (404), and then at the root.
    assert [said for said in complaints if "404" not in said] == []
