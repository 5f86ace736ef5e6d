"""Watch a long run in a real browser, and print whether the server's memory or the browser's heap grows.

python -m tools.endurance --minutes 30
"""

import argparse
import tempfile
import time
from pathlib import Path

from playwright.sync_api import CDPSession, sync_playwright

from tools.support.driving import ENDLESS, SCREEN, launch, serving
from tools.support.machine import children

EVERY_S = 30


def main() -> None:
    """Train on digits with one page open, which asks for news once per second, and print one line every half minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address, sync_playwright() as playwright:
        server = _server()
        browser = launch(playwright)
        page = browser.new_page(viewport=SCREEN)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        page.goto(f"{address}/?epochs={ENDLESS}")
        page.get_by_role("button", name="Start training").click()
        began_s = time.monotonic()
        print("minutes  server MB  heap MB  nodes  database MB  state")
        while time.monotonic() - began_s < 60 * minutes:
            page.wait_for_timeout(1_000 * EVERY_S)
            heap_b, nodes = _heap(devtools)
            stored_b = sum(path.stat().st_size for path in Path(folder).glob("sundew.db*"))
            strip = " ".join(page.locator(".sundew-strip .progress").inner_text().split())
            print(
                f"{(time.monotonic() - began_s) / 60:7.1f}  {_resident_b(server) / 1e6:9.0f}  {heap_b / 1e6:7.1f}  {nodes:5.0f}  "
                f"{stored_b / 1e6:11.0f}  {strip}",
                flush=True,
            )
        browser.close()


def _server() -> int:
    """The id of the child process that runs Streamlit. Raises `StopIteration` if there is none."""
    return next(child for child in children() if b"streamlit" in Path(f"/proc/{child}/cmdline").read_bytes())


def _resident_b(process: int) -> int:
    """Bytes of a process in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


def _heap(devtools: CDPSession) -> tuple[float, float]:
    """Bytes in use in the page's heap after a garbage collection, and the number of its DOM nodes."""
    devtools.send("HeapProfiler.collectGarbage")
    metrics = {item["name"]: item["value"] for item in devtools.send("Performance.getMetrics")["metrics"]}
    return metrics["JSHeapUsedSize"], metrics["Nodes"]


if __name__ == "__main__":
    main()
