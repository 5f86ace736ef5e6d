"""Sheets: a run's figures as pages of their own, which draw without a network."""

from __future__ import annotations

import html

import plotly.io
from plotly.offline import get_plotlyjs

from sundew_core.figures.diagram import describe, own_variant
from sundew_core.figures.panels import PANELS
from sundew_core.figures.theme import FONT, Drawn, theme
from sundew_core.metrics import RunView

STYLE = """
body{{margin:0;padding:18px;background:{ground};color:{text};font-family:{font}}}
main{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(360px,100%),1fr));gap:14px;max-width:1280px;margin:auto}}
section{{background:{panel};border:1px solid {line};border-radius:12px;min-width:0;overflow:hidden}}
p,li{{color:{secondary};margin:6px 14px}}
ul{{list-style:none;padding:0;margin:0 0 14px}}
h1{{font-size:19px;max-width:1280px;margin:0 auto 14px}}
h2{{font-size:15px;margin:12px 14px}}
"""
HEIGHT_PX = 270


def training_results(run: RunView, dark: bool) -> str:
    """Write the six panels as one page; a panel that has nothing to draw says why."""
    cards = []
    for panel in PANELS.values():
        if (sentence := panel.empty(run)) is not None:
            cards.append(f"<h2>{panel.title}</h2><p>{html.escape(sentence)}</p>")
            continue
        cards.append(f'<div role="img" aria-label="{html.escape(panel.alt(run))}">{_drawn(panel.draw(run, dark))}</div>')
    # Figures drawn while the page is read would not know how wide their cards are going to be.
    script = f"<script>{get_plotlyjs()}</script>"
    again = '<script>addEventListener("load", () => dispatchEvent(new Event("resize")))</script>'
    return _page(f"Training results: {_title(run)}", f"{script}<main>{_sections(cards)}</main>{again}", dark)


def architecture_diagram(run: RunView, dark: bool) -> str:
    """Write the stages that a candidate passes, in order, with what each says about the run."""
    told = describe(run, own_variant(run), motion="standing", caption=_title(run))
    cards = []
    for stage in told["stages"]:
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in filter(None, [*stage["lines"], stage["time"]]))
        cards.append(f"<h2>{html.escape(stage['title'])}</h2><ul>{lines}</ul>")
    return _page(f"Architecture: {_title(run)}", f"<main>{_sections(cards)}</main><p>{html.escape(told['note'])}</p>", dark)


def _sections(cards: list[str]) -> str:
    return "".join(f"<section>{card}</section>" for card in cards)


def _title(run: RunView) -> str:
    if run.started is None:
        return "not begun"
    return f"{run.started.config['dataset']}, {run.started.model}, {run.arm}"


def _drawn(figure: Drawn) -> str:
    sized = {**figure, "layout": {**figure["layout"], "height": HEIGHT_PX, "autosize": True}}
    return str(plotly.io.to_html(sized, full_html=False, include_plotlyjs=False, validate=False, config={"responsive": True}))


def _page(title: str, body: str, dark: bool) -> str:
    look = theme(dark)
    style = STYLE.format(
        ground=look.ground, panel=look.panel, line=look.line, text=look.text, secondary=look.secondary, font=FONT
    )
    name = html.escape(title)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{name}</title>\n<style>{style}</style>\n<h1>{name}</h1>\n{body}\n</html>\n"
    )
