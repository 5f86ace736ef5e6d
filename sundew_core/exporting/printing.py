"""Printing: figures as PNG and SVG, made by a browser that is installed here and sees no network.

Plotly's figures go through kaleido, pages of our own through the same browser by the library below it. Without a browser
there are no pictures; pages as HTML need none and draw offline.
"""

import asyncio
import base64
import logging
import os
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sundew_core.errors import SundewError
from sundew_core.figures.parts import Drawn

SCALE = 3
"""Pixels of a PNG for each of the figure: a sheet of 800 is 2,400 wide, which at 18 cm are 339 a inch."""
TIMEOUT_S = 90
NO_BROWSER = (
    "PNG and SVG need Chrome or Chromium, and none was found: install one (Debian and Ubuntu: apt install chromium; any "
    "system: choreo_get_chrome, which comes with kaleido), or set BROWSER_PATH to the program of one. HTML needs none"
)


class PrintingError(SundewError):
    """A picture could not be made; everything else can."""


def browser() -> str:
    """The program that makes pictures: `BROWSER_PATH`, else the first Chrome or Chromium found. Raises `PrintingError`."""
    from choreographer.browsers.chromium import Chromium

    wanted = os.environ.get("BROWSER_PATH")
    if wanted and not os.access(wanted, os.X_OK):
        raise PrintingError(f"BROWSER_PATH={wanted} is not a program: set it to that of Chrome or Chromium, or take it away")
    found = wanted or Chromium.find_browser(skip_local=False)
    if not found:
        raise PrintingError(NO_BROWSER)
    return found


def print_figure(figure: Drawn, kind: str) -> bytes:
    """A figure with its own `width` and `height` as `png`, `SCALE` times as large, or `svg`. Raises `PrintingError`."""
    program = browser()

    import kaleido

    size = {name: figure["layout"][name] for name in ("width", "height")}
    options = {"format": kind, "scale": SCALE if kind == "png" else 1, **size}
    here = {"path": program, "mathjax": False, "timeout": TIMEOUT_S}  # mathjax would come from the network
    return _made(lambda: bytes(kaleido.calc_fig_sync(figure, options, kopts=here)))


def print_page(page: str, kind: str) -> bytes:
    """What a page's own `picture(kind)` gives, a data address, as `png` or `svg`. Raises `PrintingError`."""
    program = browser()
    with ThreadPoolExecutor(max_workers=1) as thread:  # there may be a loop in this one, such as that of a notebook
        return _made(lambda: thread.submit(asyncio.run, _picture(page, kind, program)).result())


def _made(make: Callable[[], bytes]) -> bytes:
    """What `make` gives; whatever goes wrong in a browser is said in one way."""
    from choreographer.errors import (
        BrowserClosedError,
        BrowserDepsError,
        BrowserFailedError,
        ChannelClosedError,
        DevtoolsProtocolError,
    )

    # The last thing that is read of a browser which is closed may be half a message: the library logs that as an error and goes
    # on. Its logger is there by now; one that was asked for sooner would be of the wrong kind.
    logging.getLogger("choreographer.channels.pipe").setLevel(logging.CRITICAL)
    failures = (BrowserClosedError, BrowserDepsError, BrowserFailedError, ChannelClosedError, DevtoolsProtocolError)
    try:
        return make()
    except (*failures, OSError, RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
        reason = " ".join(str(part) for part in error.args) or type(error).__name__
        raise PrintingError(f"the browser {browser()} made no picture: {reason}. Set BROWSER_PATH to another one") from error


async def _picture(page: str, kind: str, program: str) -> bytes:
    import choreographer

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        file.write_text(page, encoding="utf-8")
        async with choreographer.Browser(program) as opened:
            tab = await opened.create_tab(file.as_uri())
            # The page's script is a module, which runs some time after the page has come.
            script = f"""new Promise((done, fail) => {{
                const end = Date.now() + {1000 * TIMEOUT_S};
                const turn = () => window.picture ? window.picture("{kind}").then(done, fail)
                    : Date.now() > end ? fail(new Error("the page did not draw")) : setTimeout(turn, 20);
                turn();
            }})"""
            asked: dict[str, Any] = {"expression": script, "awaitPromise": True, "returnByValue": True}
            answer = await asyncio.wait_for(tab.send_command("Runtime.evaluate", asked), TIMEOUT_S)
    outcome = answer.get("result", {})
    if "exceptionDetails" in outcome or "value" not in outcome.get("result", {}):
        raise RuntimeError(outcome.get("result", {}).get("description", "its page did not draw"))
    return base64.b64decode(outcome["result"]["value"].partition(",")[2])
