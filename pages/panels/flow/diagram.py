"""The architecture flow as a component: one SVG that stays over every update, with its export below.

The server describes what is shown (`sundew_core.figures.flow.diagram`), and the browser draws it with the modules of
`sundew_core.figures.flow.page`. These are served as files, since a component's own script would travel in every message.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v1 import declare_component

from sundew_core.figures.flow.diagram import palettes
from sundew_core.figures.flow.page import MODULES

_HERE = Path(__file__).parent
_VERSION = zlib.crc32(b"".join(path.read_bytes() for path in sorted(MODULES.iterdir())))
_DIAGRAM = st.components.v2.component(
    "flow_diagram",
    html='<div class="flow"></div>',
    js=(_HERE / "diagram.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # the diagram is exported with the page's font
)


def address() -> str:
    """Serve the modules in this runtime, if they are not served yet, and give the address of the first.

    `plotly_js` says why in this way. The version is in the path, so that all modules in a browser are of one version.
    """
    folder = declare_component(f"flow_{_VERSION:x}", path=MODULES)
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{'/' + base if base else ''}/component/{folder.name}/diagram.js"


def write_diagram(frame: dict[str, Any], *, selected: str, file: str) -> bytes:
    """Write what the component reads, as JSON. `file` is the name of an exported picture, without its ending."""
    contents = {"address": address(), "frame": frame, "selected": selected, "file": file}
    version = zlib.crc32(json.dumps(contents, allow_nan=False).encode())
    message = {"version": version, **contents, "palettes": palettes()}
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode()


def flow_diagram(message: bytes, *, key: str, on_stage: Callable[[str], None]) -> None:
    """Draw the diagram. `on_stage` is called with the stage that the user chose."""
    _DIAGRAM(key=key, data=message, on_stage_change=lambda: on_stage(str(st.session_state[key]["stage"])))
