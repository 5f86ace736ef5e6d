"""The architecture flow as a component: one SVG that stays over every update, with replay and export below it.

The server says what it shows (`sundew_core.figures.flow.diagram`), the browser draws it, by the modules of
`sundew_core.figures.flow.page`. They are served as files, since what a component holds itself would travel in every message.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where a replay stands, in epochs."""

    position: float
    length: float
    playing: bool


def address() -> str:
    """Serve the modules in this runtime, if they are not yet, and give the address of the first.

    `plotly_js` says why so. The version is in the path, so that all modules that a browser holds are of the same one.
    """
    folder = declare_component(f"flow_{_VERSION:x}", path=MODULES)
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{'/' + base if base else ''}/component/{folder.name}/diagram.js"


def write_diagram(frame: dict[str, Any], *, selected: str, replay: Position | None, file: str) -> bytes:
    """Write what the component reads, as JSON. `file` is the name of an exported picture, without its ending."""
    where = None if replay is None else asdict(replay)
    contents = {"address": address(), "frame": frame, "selected": selected, "replay": where, "file": file}
    version = zlib.crc32(json.dumps(contents, allow_nan=False).encode())
    message = {"version": version, **contents, "palettes": palettes()}
    return json.dumps(message, allow_nan=False, separators=(",", ":")).encode()


def flow_diagram(
    message: bytes, *, key: str, on_stage: Callable[[str], None], on_replay: Callable[[str, float | None], None]
) -> None:
    """Draw the diagram. `on_stage` hears which stage a person chose, `on_replay` what to do: play, pause, or seek a position."""
    _DIAGRAM(
        key=key,
        data=message,
        on_stage_change=lambda: on_stage(str(st.session_state[key]["stage"])),
        on_replay_change=lambda: _tell_replay(key, on_replay),
    )


def _tell_replay(key: str, on_replay: Callable[[str, float | None], None]) -> None:
    asked = st.session_state[key]["replay"]
    on_replay(str(asked["do"]), None if asked.get("at") is None else float(asked["at"]))
