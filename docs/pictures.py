"""Make the pictures of `docs/how-it-works.md` from the project's own figures, in the machine's Chromium.

python -m docs.pictures
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import plotly
from playwright.sync_api import Page, sync_playwright

from sundew_core.energy import CostModel
from sundew_core.figures.ceilings import ceilings
from sundew_core.figures.theme import LIGHT, Drawn
from tests.driving import launch

FOLDER = Path(__file__).parent / "pictures"
WIDTH, HEIGHT = 760, 360
RATE = 0.06
PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
COSTS = {
    "memory: scoring is free": CostModel(forward_flop=1, step_flop=3, score_flop=0),
    "proxy: a quarter of a forward pass": CostModel(forward_flop=1, step_flop=3, score_flop=0.25),
    "fresh: a forward pass": CostModel(forward_flop=1, step_flop=3, score_flop=1),
}
"""In forward passes of one sample: a backward pass takes two of them."""


def figures() -> Mapping[str, Drawn]:
    """Every picture that is a figure, by file name."""
    return {"ceilings": ceilings(COSTS, RATE, dark=False)}


def save(page: Page, name: str, figure: Drawn) -> None:
    """Draw a figure and write it as SVG, on the light theme's ground so that it can be read on any page."""
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
        browser.close()


if __name__ == "__main__":
    main()
