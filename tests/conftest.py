"""What all tests share: how properties are searched, a short calibration, and a server and a browser for each module.

Property tests search anew on a developer's machine, and repeat the same examples in CI.
A module that drives the browser overrides `home` if its server is to find runs there, and `page` if its story begins elsewhere.
"""

import os
import sys

import pytest
from hypothesis import settings
from playwright.sync_api import sync_playwright

from tests.support.acting import runner, running
from tools.driving import PATIENCE_MS, SCREEN, browser_path, launch, serving, troubles_of

settings.register_profile("search", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "search")

__all__ = ["runner", "running"]  # fixtures


def pytest_configure():
    """Give each process one thread to calculate with, unless its run asks for more: several share the cores, and wait for each
    other's threads more than those would help. Before torch is imported, and for the processes that tests start, too.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def short_calibration():
    """Before it begins, a run measures the machine for two seconds. Few tests care about that, and many train.

    Gives the operations that it spends otherwise.
    """
    calibration = sys.modules.get("sundew_core.training.calibration")
    with pytest.MonkeyPatch.context() as patch:
        budget_flop = calibration and calibration.BUDGET_FLOP
        if budget_flop:
            patch.setattr(calibration, "BUDGET_FLOP", budget_flop / 20)
        yield budget_flop


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where the module's server keeps its runs and its log."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home):
    """The address of a server of the module's own."""
    with serving(home) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """The machine's browser. Without one, its tests are skipped; in CI they fail."""
    if browser_path() is None and not os.environ.get("CI"):
        pytest.skip("no Chromium here: install one, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def tab(browser):
    """An empty tab of a small laptop in the dark. Further tabs of its context find the app in the browser's cache."""
    tab = browser.new_context(viewport=SCREEN, color_scheme="dark").new_page()
    tab.set_default_timeout(PATIENCE_MS)
    return tab


@pytest.fixture(scope="module")
def complaints(tab):
    """Errors and warnings of the tab's console, and errors that nobody caught there."""
    return troubles_of(tab)


@pytest.fixture(scope="module")
def page(tab, server, complaints):
    """The tab with the app's first page in it."""
    tab.goto(server)
    return tab


@pytest.fixture
def data_home(tmp_path, monkeypatch):
    """An empty data folder, and no memory of what other tests loaded."""
    from sundew_core.data import loading

    monkeypatch.setenv("SUNDEW_DATA", str(tmp_path / "data"))
    loading._latest.clear()
    return tmp_path / "data"
