"""Drive the real app: serve it on a free port, and open it in the machine's Chromium. Tools and tests share this."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect

from tools import ROOT
from tools.support.waiting import PATIENCE_S

PATIENCE_MS = 1_000 * PATIENCE_S
SCREEN = {"width": 1280, "height": 720}
"""The size of a small laptop or projector."""
ENDLESS = 10_000
"""Epochs of a run that is stopped with its server: more than fit into any measurement."""
HEADER_PX, ROW_PX, BOX_PX = 36, 31, 14
"""Pixels in the table of runs: the height of its header and of a row, and the middle of a row's box from the left."""
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def browser_path() -> str | None:
    """Chromium or Chrome: `CHROMIUM`, or the first on the path."""
    wanted = os.environ.get("CHROMIUM")
    return wanted or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def launch(playwright: Playwright) -> Browser:
    """Start the machine's browser; expectations of its pages wait long enough for a busy machine."""
    expect.set_options(timeout=PATIENCE_MS)
    return playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)


@contextmanager
def serving(home: Path, command: list[str] | None = None) -> Iterator[str]:
    """Serve the app, or the server that `command` starts, with its runs in `home` and its log in `home/server.log`.

    Gives the address. Raises `AssertionError` if the server does not answer.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = command or [sys.executable, "-m", "streamlit", "run", "app.py"]
    environment = {
        **os.environ, "SUNDEW_HOME": str(home), "STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_HEADLESS": "true",
    }  # fmt: skip
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            await_health(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def await_health(address: str, process: subprocess.Popen) -> None:
    """Wait until the server answers, for a minute or longer. Raises `AssertionError` if it does not."""
    for _ in range(300):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError("the server did not answer")


def troubles_of(page: Page) -> list[str]:
    """A list that collects the errors and warnings of a page's console and its uncaught errors, from now on."""
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return troubles


def troubles_of_server(home: Path) -> list[str]:
    """Warnings and errors in the log of the server that has its runs in `home`."""
    log = (home / "server.log").read_text()
    troubles = re.findall(r"^(?:\S+(?:Error|Exception|Disconnect)|.*(?:Warning|ScriptRunContext|Traceback)).*", log, re.M)
    # Streamlit logs this error itself when a tab closes in the middle of a message.
    return [line for line in troubles if "WebSocketDisconnected" not in line]


def pick(page: Page, row: int) -> None:
    """Click the box of a row in the table of runs, which is drawn on a canvas; 0 is the newest run."""
    table = page.locator("[data-testid=stDataFrame]").first
    table.locator("canvas").first.wait_for()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + BOX_PX, box["y"] + HEADER_PX + ROW_PX * (row + 0.5))
