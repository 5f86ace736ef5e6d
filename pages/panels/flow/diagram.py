"""The architecture flow as a component: one SVG that persists over all updates, with its export below.

The server describes the diagram (`sundew_core.figures.flow.diagram`), and the browser draws it with the modules of
`sundew_core.figures.flow.page`. These are served as files, since a component's own script would travel in every message.
"""

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.panels.wall.plotly_js import served
from sundew_core.figures.flow.diagram import palettes
from sundew_core.figures.flow.page import MODULES

_VERSION = zlib.crc32(b"".join(path.read_bytes() for path in sorted(MODULES.iterdir())))
_DIAGRAM = st.components.v2.component(
    "flow_diagram",
    html='<div class="flow"></div>',
    js=Path(__file__).with_name("diagram.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # the diagram is exported with the page's font
)


def address() -> str:
    """Serve the modules, if they are not served yet, and return the address of the first.

    The version is in the path, so that all modules in a browser are of one version.
    """
    return served(f"flow_{_VERSION:x}", MODULES, "diagram.js")


def write_diagram(frame: dict[str, Any], *, selected: str, file: str) -> bytes:
    """Write the component's message as JSON. `file` is the name of an exported picture, without its extension."""
    contents = {"address": address(), "frame": frame, "selected": selected, "file": file}
    version = zlib.crc32(json.dumps(contents, allow_nan=False).encode())
    message = {"version": version, **contents, "palettes": palettes()}
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode()


def flow_diagram(message: bytes, *, key: str, on_stage: Callable[[str], None]) -> None:
    """Draw the diagram. `on_stage` is called with the stage that the user chose."""
    _DIAGRAM(key=key, data=message, on_stage_change=lambda: on_stage(str(st.session_state[key]["stage"])))
