"""What all tests share: the search of property tests, a short calibration, and a server and a browser for each module.

Property tests search new examples on a developer's machine, and repeat the same examples in CI.
A module that drives the browser overrides `home` to give its server runs, and `page` to begin on another page.
"""

import os
import sys

import pytest
from hypothesis import settings
from playwright.sync_api import sync_playwright

from tests.support.acting import runner, running
from tools.support.driving import PATIENCE_MS, SCREEN, browser_path, launch, serving, troubles_of

settings.register_profile("search", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "search")

__all__ = ["runner", "running"]  # fixtures


def pytest_configure():
    """Limit each process to one thread of computation: several share the cores, and more threads would wait for each other.

    This must happen before torch is imported, and holds for the processes that tests start, too.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def short_calibration():
    """Shorten the calibration, which takes two seconds before each run. Few tests need it, and many train.

    Gives the usual number of its operations.
    """
    calibration = sys.modules.get("sundew_core.training.calibration")
    with pytest.MonkeyPatch.context() as patch:
        budget_flop = calibration and calibration.BUDGET_FLOP
        if budget_flop:
            patch.setattr(calibration, "BUDGET_FLOP", budget_flop / 20)
        yield budget_flop


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The folder where the module's server keeps its runs and its log."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home):
    """The address of the module's own server."""
    with serving(home) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """The machine's browser. Without one, tests that need it are skipped; in CI they fail."""
    if browser_path() is None and not os.environ.get("CI"):
        pytest.skip("no Chromium here: install one, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def tab(browser):
    """An empty tab on a small screen with the dark theme. Other tabs of its context find the app in the browser's cache."""
    tab = browser.new_context(viewport=SCREEN, color_scheme="dark").new_page()
    tab.set_default_timeout(PATIENCE_MS)
    return tab


@pytest.fixture(scope="module")
def complaints(tab):
    """Errors and warnings of the tab's console, and its uncaught errors."""
    return troubles_of(tab)


@pytest.fixture(scope="module")
def page(tab, server, complaints):
    """The tab with the first page of the app."""
    tab.goto(server)
    return tab


@pytest.fixture
def data_home(tmp_path, monkeypatch):
    """An empty data folder, and an empty cache of loaded data sets."""
    from sundew_core.data import loading

    monkeypatch.setenv("SUNDEW_DATA", str(tmp_path / "data"))
    loading._latest.clear()
    return tmp_path / "data"
