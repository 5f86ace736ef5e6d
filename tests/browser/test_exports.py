"""Exports in a real browser: pages that draw without a network, and the downloads of the Runs page, opened.

The tests share one server and run in order: each continues where the test before it ended.
"""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect
from pyarrow import parquet

from sundew_core.config import Config
from sundew_core.events.run import EpochEnded, from_json
from sundew_core.exporting.bundle import bundle
from sundew_core.exporting.tables import epochs_csv
from sundew_core.exporting.words import readme_snippet
from sundew_core.figures.flow import page as architecture
from sundew_core.figures.run import sheet
from sundew_core.metrics import RunView, speedup
from sundew_core.records.example import example
from tests.support import made_up
from tests.support.browsing import DOTS, keep
from tools.support.driving import browser_path, pick, serving, troubles_of, troubles_of_server

RUN = "20261122-205442-cccccc"


@pytest.fixture(scope="module")
def events():
    first, *others = made_up.run_events(epochs=2)
    return [replace(first, run=RUN), *others, made_up.finished()]


@pytest.fixture(scope="module")
def home(home, events):
    keep(home, RUN, Config(epochs=2), events)
    return home


@pytest.fixture(scope="module")
def server(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROWSER_PATH", browser_path())  # it draws PNG and SVG
        with serving(home) as address:
            yield address


@pytest.fixture(scope="module")
def page(tab, server):
    tab.goto(f"{server}/runs")
    pick(tab, 0)
    tab.get_by_role("button", name="Export").click()
    return tab


def offline(browser: Browser, file: Path, text: str) -> tuple[Page, list[str]]:
    """Open a page from the disk without a network; returns it with its console errors and its requests for other addresses."""
    file.write_text(text, encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_offline(True)
    page = context.new_page()
    complaints = troubles_of(page)
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else complaints.append(request.url)
    )
    page.goto(file.as_uri())
    return page, complaints


def download(page: Page, button: str) -> bytes:
    """Click a button of the popover, by the key of its file, and read the file."""
    with page.expect_download() as coming:
        page.locator(f".st-key-run_export-{button}-{RUN} button:visible").click()
    return Path(coming.value.path()).read_bytes()


def test_the_sheet_draws_from_the_disk_without_a_network(browser, tmp_path):
    page, complaints = offline(browser, tmp_path / "sheet.html", sheet.page(RunView.of(example()), False))
    page.locator("#sheet .main-svg").first.wait_for()
    assert page.locator("#sheet").evaluate("sheet => sheet.data.length") == len(
        sheet.training_results(RunView.of(example()), False)["data"]
    )
    for title in ("Training loss", "Validation accuracy", "Activation rate", "Energy savings", "Speed", "Samples"):
        expect(page.locator(".annotation-text").get_by_text(title, exact=True)).to_be_visible()
    inside = page.evaluate(
        """() => { const sheet = document.querySelector("#sheet .main-svg").getBoundingClientRect();
            return [...document.querySelectorAll(".annotation-text, .legendtext")].map((text) => text.getBoundingClientRect())
                .every((box) => box.left >= sheet.left && box.right <= sheet.right && box.top >= sheet.top
                    && box.bottom <= sheet.bottom); }"""
    )
    assert inside
    assert complaints == []


def test_the_diagram_moves_from_the_disk_without_a_network(browser, tmp_path):
    text = architecture.architecture_diagram(RunView.of(example()), True)
    page, complaints = offline(browser, tmp_path / "diagram.html", text)
    expect(page.locator(".flow-svg .number")).to_have_text(f"{speedup(RunView.of(example())).value:.1f}×")
    before = page.evaluate(DOTS)
    page.wait_for_function(f"before => ({DOTS})() !== before", arg=before)
    page.locator("[data-stage=gate]").click()
    expect(page.locator("[data-stage=gate]")).not_to_have_attribute("aria-pressed", "true")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download the diagram as SVG").click()
    assert coming.value.suggested_filename == "architecture_diagram.svg"
    assert complaints == []


def test_data_are_exported_as_recorded(page, events):
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert download(page, "csv-epochs-csv").decode() == epochs_csv(epochs)
    table = parquet.read_table(io.BytesIO(download(page, "parquet-epochs-parquet")))
    assert [EpochEnded(**row) for row in table.to_pylist()] == epochs
    assert [from_json(line) for line in download(page, "jsonl-events-jsonl").decode().splitlines()] == events
    assert download(page, "zip-reproduce-zip") == bundle(events)


def test_tensorboard_is_exported_as_a_folder(page):
    with zipfile.ZipFile(io.BytesIO(download(page, "tensorboard-events-out-tfevents-sundew"))) as archive:
        (name,) = archive.namelist()
        assert name == f"sundew-{RUN}/events.out.tfevents.sundew"
        assert b"epoch/val_accuracy" in archive.read(name)


def test_figures_have_the_chosen_ground(page):
    assert "<title>digits · cnn · sundew" in download(page, "html-training_results-html").decode()
    assert download(page, "png-training_results-png").startswith(b"\x89PNG")
    light = download(page, "svg-architecture_diagram-svg").decode()
    page.locator(".st-key-run_export_ground").get_by_text("Dark").click()
    expect(page.locator(".st-key-run_export_ground").get_by_role("radio", name="Dark")).to_be_checked()
    page.wait_for_timeout(1_500)  # until the buttons have the new ground
    dark = download(page, "svg-architecture_diagram-svg").decode()
    grounds = [ElementTree.fromstring(text.encode())[2].get("fill") for text in (light, dark)]
    assert grounds == ["#FFFFFF", "#0E1513"]


def test_snippets_can_be_copied(page, events):
    view = RunView.of(events)
    words = page.locator(".st-key-run_exports")
    expect(words.locator("code").first).to_have_text(readme_snippet(view).strip(), use_inner_text=True)
    words.get_by_role("tab", name="BibTeX").click()
    expect(words.locator("code").filter(has_text="@software").first).to_be_visible()


def test_open_exports_stop_the_ticks_and_closed_ones_resume_them(page, home):
    begun = replace(made_up.started(), run="20261122-205449-dddddd")
    keep(home, begun.run, Config(epochs=2), [begun])
    rows = "table => table.getAttribute('aria-rowcount') ?? table.querySelectorAll('tbody tr').length"
    table = page.locator("[data-testid=stDataFrame] table").first
    before = table.evaluate(rows)
    page.wait_for_timeout(3_000)  # more than a tick
    assert table.evaluate(rows) == before
    page.keyboard.press("Escape")
    page.wait_for_function(
        f"before => ({rows})(document.querySelector('[data-testid=stDataFrame] table')) !== before", arg=before
    )


def test_the_server_reported_no_error(page, home):
    # Streamlit makes the files in threads without a session, and warns about that.
    assert [line for line in troubles_of_server(home) if "ScriptRunContext" not in line] == []
