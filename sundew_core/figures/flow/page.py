"""The architecture flow of a run as an HTML page that needs no network, drawn by the modules of the Flow page.

An export opens this page in a browser and calls its `picture(kind)`.
"""

import base64
import html
import json
import re
from pathlib import Path

from sundew_core.figures.flow.diagram import describe, own_variant, palettes
from sundew_core.figures.parts import FONT
from sundew_core.figures.theme import theme
from sundew_core.metrics import RunView
from sundew_core.metrics.lines import facts, heading

MODULES = Path(__file__).parent / "js"
"""The browser's modules: the first one is `diagram.js`, its styles are `diagram.css`."""
FILE = "architecture_diagram"
STYLE = """
body{{margin:0;background:{ground}}}
.flow{{max-width:1200px;margin:0 auto;padding:18px;--st-background-color:{ground};--st-font:{font};--st-border-color:{line};
--st-button-radius:8px;--st-secondary-background-color:{panel};--st-text-color:{text};--st-primary-color:{accent}}}
.flow-svg .stage{{cursor:default}}
"""
SCRIPT = """
import {{ addressOf, show }} from "flow/diagram.js";
const root = document.querySelector(".flow");
show(root, {news}, null);
window.picture = (kind) => document.fonts.ready.then(() => addressOf(root, kind));
"""


def architecture_diagram(run: RunView, dark: bool, motion: str = "moving") -> str:
    """Write the page. `motion` is `moving` for moving dots, or `standing` for a picture."""
    look = theme(dark)
    colours = palettes()["dark" if dark else "light"]
    news = {
        "version": 1,
        "frame": describe(run, own_variant(run), motion=motion, caption=heading(run)),
        "selected": "",
        "file": FILE,
        # Paper is white; the page's ground is grey.
        "palettes": {"dark": colours, "light": {**colours, "ground": look.panel}},
    }
    style = STYLE.format(
        ground=look.ground if dark else look.panel, font=FONT, line=look.line, panel=look.panel, text=look.text,
        accent=look.arm_texts["sundew"],
    )  # fmt: skip
    imports = {"imports": {f"flow/{path.name}": _address(path) for path in sorted(MODULES.glob("*.js"))}}
    script = SCRIPT.format(news=json.dumps(news, allow_nan=False).replace("</", "<\\/"))
    css = (MODULES / "diagram.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{html.escape(heading(run))}</title>\n'
        f'<style id="flow-styles">{css}{style}</style>\n<div class="flow" title="{html.escape(facts(run))}"></div>\n'
        f'<script type="importmap">{json.dumps(imports)}</script>\n<script type="module">{script}</script>\n</html>\n'
    )


def _address(path: Path) -> str:
    """A module as a data address. It cannot import by a relative name, so its imports get names of the import map."""
    text = re.sub(r'from "\./', 'from "flow/', path.read_text(encoding="utf-8"))
    return f"data:text/javascript;base64,{base64.b64encode(text.encode()).decode()}"
