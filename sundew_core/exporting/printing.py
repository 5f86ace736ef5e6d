"""Printing: figures as PNG and SVG, made by a browser installed on this machine, without a network.

Kaleido prints Plotly's figures; choreographer, the library below it, prints our own pages in the same browser. Without a
browser no pictures can be made; HTML pages need no browser here and draw offline.
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
"""Pixels of a PNG per pixel of the figure: a sheet 800 wide becomes 2,400 pixels, 339 per inch at a width of 18 cm."""
TIMEOUT_S = 90
NO_BROWSER = (
    "PNG and SVG need Chrome or Chromium, and none was found: install one (Debian and Ubuntu: apt install chromium; any "
    "system: choreo_get_chrome, which kaleido installs), or set BROWSER_PATH to its program. HTML needs no browser"
)


class PrintingError(SundewError):
    """A picture could not be made; all other files can."""


def browser() -> str:
    """The browser that makes pictures: `BROWSER_PATH`, or the first Chrome or Chromium found. Raises `PrintingError`."""
    from choreographer.browsers.chromium import Chromium

    wanted = os.environ.get("BROWSER_PATH")
    if wanted and not os.access(wanted, os.X_OK):
        raise PrintingError(f"BROWSER_PATH={wanted} is not a program: set it to the program of Chrome or Chromium, or unset it")
    found = wanted or Chromium.find_browser(skip_local=False)
    if not found:
        raise PrintingError(NO_BROWSER)
    return found


def print_figure(figure: Drawn, kind: str) -> bytes:
    """Print a figure as `png`, `SCALE` times its own `width` and `height`, or as `svg`. Raises `PrintingError`."""
    program = browser()

    import kaleido

    size = {name: figure["layout"][name] for name in ("width", "height")}
    options = {"format": kind, "scale": SCALE if kind == "png" else 1, **size}
    here = {"path": program, "mathjax": False, "timeout": TIMEOUT_S}  # mathjax would come from the network
    return _made(lambda: bytes(kaleido.calc_fig_sync(figure, options, kopts=here)))


def print_page(page: str, kind: str) -> bytes:
    """Print a page as `png` or `svg`, from the data URL that the page's own `picture(kind)` returns. Raises `PrintingError`."""
    program = browser()
    with ThreadPoolExecutor(max_workers=1) as thread:  # this thread may have a loop already, as in a notebook
        return _made(lambda: thread.submit(asyncio.run, _picture(page, kind, program)).result())


def _made(make: Callable[[], bytes]) -> bytes:
    """What `make` returns. Raises `PrintingError` for everything that goes wrong in a browser."""
    from choreographer.errors import (
        BrowserClosedError,
        BrowserDepsError,
        BrowserFailedError,
        ChannelClosedError,
        DevtoolsProtocolError,
    )

    # A browser that is closed may end in half a message, which the library logs as an error and ignores. Its logger exists by
    # now; a logger made before the import would be of the wrong class.
    logging.getLogger("choreographer.channels.pipe").setLevel(logging.CRITICAL)
    failures = (BrowserClosedError, BrowserDepsError, BrowserFailedError, ChannelClosedError, DevtoolsProtocolError)
    try:
        return make()
    except (*failures, OSError, RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
        reason = " ".join(str(part) for part in error.args) or type(error).__name__
        raise PrintingError(f"the browser {browser()} made no picture: {reason}. Set BROWSER_PATH to another browser") from error


async def _picture(page: str, kind: str, program: str) -> bytes:
    import choreographer

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        file.write_text(page, encoding="utf-8")
        async with choreographer.Browser(program) as opened:
            tab = await opened.create_tab(file.as_uri())
            # The script of the page is a module, which runs some time after the page has loaded.
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
