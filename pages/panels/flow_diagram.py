"""The architecture flow as a component: one SVG that stays over every update, with replay and export below it.

The server says what it shows (`sundew_core.figures.diagram`), the browser draws it. A message that brings nothing new is
sent as a short reference, and a version that is already drawn is left alone.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from sundew_core.figures.diagram import palettes

_HERE = Path(__file__).parent
_SCRIPTS = ("flow_layout.js", "flow_stages.js", "flow_dots.js", "flow_export.js", "flow_diagram.js")
"""Parts of one script: a component has one."""
_DIAGRAM = st.components.v2.component(
    "flow_diagram",
    html='<div class="flow"></div>',
    css=(_HERE / "flow_diagram.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
    isolate_styles=False,  # the diagram is exported with the page's font
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where a replay stands, in epochs."""

    position: float
    length: float
    playing: bool


def write_diagram(frame: dict[str, Any], *, selected: str, replay: Position | None, file: str) -> bytes:
    """Write what the component reads, as JSON. `file` is the name of an exported picture, without its ending."""
    contents = {"frame": frame, "selected": selected, "replay": asdict(replay) if replay else None, "file": file}
    text = json.dumps(contents, allow_nan=False, separators=(",", ":"))
    return json.dumps(
        {"version": zlib.crc32(text.encode()), **contents, "palettes": palettes()}, allow_nan=False, separators=(",", ":")
    ).encode()


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
