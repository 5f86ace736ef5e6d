"""Live sliders: the sliders of the sidebar send their values while they are dragged, as fast as the page answers."""

from pathlib import Path

from pages.panels.shell.component import component

_LIVE = component("live_sliders", Path(__file__).with_name("live_sliders.js"))


def live_sliders(answer: str, *, key: str) -> None:
    """Make the sliders of the sidebar live. `answer` names what the page shows: a new name asks for the next value."""
    _LIVE(key=key, data={"answer": answer})
