"""Make the pictures of `docs/how-it-works.md` from the project's own figures, in the machine's Chromium.

python -m tools.pictures
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import plotly
from playwright.sync_api import Browser, Page, sync_playwright

from sundew_core.config import GateConfig
from sundew_core.events.run import BatchSeen
from sundew_core.figures.lab.ceilings import ceilings
from sundew_core.figures.lab.courses import rate_response
from sundew_core.figures.lab.panels import let_through
from sundew_core.figures.lab.stability import stability_map
from sundew_core.figures.parts import Drawn
from sundew_core.figures.theme import LIGHT
from sundew_core.lab.scenario import RECORDED
from sundew_core.lab.simulation import experiment
from sundew_core.measuring.cost import CostModel
from sundew_core.records.example import example
from tools import DOCS
from tools.support.driving import SCREEN, launch, serving

FOLDER = DOCS / "pictures"
WIDTH, HEIGHT = 760, 360
EXAMPLE_BATCHES = 100
"""Batches at the end of the recorded example, when every sample has been seen."""
PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
COSTS = {
    "memory: scoring is free": CostModel(forward_flop=1, step_flop=3, score_flop=0),
    "proxy: a quarter of a forward pass": CostModel(forward_flop=1, step_flop=3, score_flop=0.25),
    "fresh: a forward pass": CostModel(forward_flop=1, step_flop=3, score_flop=1),
}
"""Costs in forward passes of one sample; a backward pass costs two."""


def figures() -> Mapping[str, Drawn]:
    """Every picture that is a figure, by file name; the gate runs on the scores of the recorded example."""
    config = GateConfig()
    seen = [event.significance_histogram for event in example() if isinstance(event, BatchSeen)]
    histograms = tuple(counts for counts in seen if counts)[-EXAMPLE_BATCHES:]
    trace = experiment(config, RECORDED, "target step", histograms=histograms)
    return {
        "ceilings": ceilings(COSTS, config.target_activation_rate, dark=False),
        "gate": let_through(trace, dark=False),
        "step": rate_response(config, trace, dark=False),
        "stability": stability_map(config, dark=False),
    }


def save_diagram(browser: Browser) -> None:
    """Export the diagram of the recorded example with the button of its page."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address:
        page = browser.new_page(viewport=SCREEN, color_scheme="light")
        page.goto(f"{address}/flow")
        with page.expect_download(timeout=60_000) as download:
            page.get_by_role("button", name="Download the diagram as SVG").click()
        download.value.save_as(FOLDER / "flow.svg")
        page.close()


def save(page: Page, name: str, figure: Drawn) -> None:
    """Write a figure as SVG, on the ground of the light theme so that it is readable on any page."""
    layout = {**figure["layout"], "paper_bgcolor": LIGHT.panel}
    address = page.evaluate(
        "([figure, size]) => Plotly.toImage(figure, { format: 'svg', ...size })",
        [json.loads(json.dumps({**figure, "layout": layout})), {"width": WIDTH, "height": HEIGHT}],
    )
    kind, _, data = address.partition(",")
    text = base64.b64decode(data).decode() if kind.endswith("base64") else unquote(data)
    (FOLDER / f"{name}.svg").write_text(text, encoding="utf-8")


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.add_script_tag(path=str(PLOTLY_JS))
        for name, figure in figures().items():
            save(page, name, figure)
        save_diagram(browser)
        browser.close()


if __name__ == "__main__":
    main()
