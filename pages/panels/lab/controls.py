"""Controls of the gate lab: a slider for every knob of the gate, and the scores and the disturbance that test it.

The lab starts with the knobs of the run that trains here, or else with those of the Train page. From then on its sliders are
independent: they change neither, until the user presses a button.
"""

import time
from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from pages.panels.knobs import setup
from pages.panels.knobs.setup import Replaced
from pages.panels.knobs.sidebar import GAINS, GATE
from pages.panels.knobs.widgets import bare_slider, explanation
from pages.panels.lab.tester import Histograms, Question
from pages.panels.shell import shared
from sundew_core.config import KNOBS, Config, GateConfig
from sundew_core.errors import KnobError
from sundew_core.knobs import Knob
from sundew_core.lab.scenario import DISTURBANCES, RECORDED, SOURCES

PREFIX = "lab_"
RESERVOIR = ("max_energy", "processing_cost", "dormancy_regen")
BATCH = "candidate_batch"
MOVED = (*GATE, *GAINS, *RESERVOIR, BATCH)
"""Knobs that have a slider here."""
SOURCE, DISTURBANCE = f"{PREFIX}source", f"{PREFIX}disturbance"
START = "lab_start_threshold"
EXTRAS, REPLACED = "lab_extras", "lab_replaced"
DECADES, STEPS = range(-1, 5), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
"""A scale has these steps in each decade."""
BATCH_SIZES = {float(2**power) for power in range(4, 14)}
"""With a larger candidate batch, drawing the figures would take seconds."""
SHORT_LABELS = {
    "gate_temperature": "Temperature", "energy_pressure": "Pressure", "max_energy": "Reservoir, u", "processing_cost": "Cost, u",
    "dormancy_regen": "Refill, u", BATCH: "Batch",
}  # fmt: skip
"""Two sliders share a line, and the knobs' own labels are too long for it. The tooltips show those."""


def controls(histograms: Histograms, remarks: Mapping[str, str]) -> None:
    """Draw the sliders, and below them all remarks on their values. `histograms` are those of the latest run.

    A remark next to its slider would move the others while the user drags it.
    """
    with st.container(key="controls", gap="xsmall"):
        st.markdown("#### Gate lab")
        _slider(GATE[0])
        with _pair():
            for name in GATE[1:]:
                _slider(name)
        for name in GAINS:
            _slider(name)
        for pair in (RESERVOIR[:2], (RESERVOIR[2], BATCH)):
            with _pair():
                for name in pair:
                    _scale(name)
        with _pair():
            _tests(histograms)
        said = "".join(f"<p><b>{escape(KNOBS[name].label)}:</b> {escape(sentence)}</p>" for name, sentence in remarks.items())
        st.html(f'<div class="sundew-remark lab-remarks" role="note">{said}</div>')


def question(histograms: Histograms) -> Question:
    """The test that the sliders ask for. On the first visit of a session they take over the current knobs."""
    state = st.session_state
    if START not in state:
        reset()
        state[DISTURBANCE] = "target step"
        state[SOURCE] = RECORDED
    if state[SOURCE] == RECORDED and not histograms:
        state[SOURCE] = SOURCES[1]
    seen = histograms if state[SOURCE] == RECORDED else ()
    return Question(gate(), state[SOURCE], state[DISTURBANCE], candidates(), seen)


def gate() -> GateConfig:
    """The gate's knobs as the sliders show them."""
    moved = {name: st.session_state[PREFIX + name] for name in GateConfig.model_fields if name in MOVED}
    return GateConfig(**moved, activation_threshold=st.session_state[START])


def candidates() -> int:
    """The candidate batch as its slider shows it."""
    return int(st.session_state[PREFIX + BATCH])


def hold(values: Mapping[str, Any]) -> None:
    """Make the sliders of these knobs show these values, or the nearest that they have.

    A request that is under way may still bring the value that the browser showed before, so this value is remembered.
    """
    for name, value in values.items():
        held = _fitting(KNOBS[name], value)
        before = st.session_state.get(PREFIX + name)
        if before is not None and before != held:
            st.session_state.setdefault(REPLACED, {})[name] = Replaced(before, held, time.monotonic())
        st.session_state[PREFIX + name] = held


def reset() -> None:
    """Show the knobs of the run that trains here, or else those of the Train page; for a forbidden value the default."""
    running = shared.runner().config
    values = setup.chosen() if running is None else running.model_dump()
    allowed = {name: _allowed(name, values[name]) for name in (*GateConfig.model_fields, BATCH)}
    st.session_state[START] = allowed.pop("activation_threshold")
    hold(allowed)


def _allowed(name: str, value: Any) -> Any:
    try:
        return getattr(Config(**{name: value}), name)
    except KnobError:
        return KNOBS[name].default


def _fitting(knob: Knob, value: Any) -> Any:
    """The value as the knob's slider holds it: rounded to its steps, or added to its scale."""
    if knob.name in (*RESERVOIR, BATCH):
        held = tuple(map(float, value)) if isinstance(value, tuple) else min(float(value), scale(knob.name)[-1])
        known = st.session_state.setdefault(EXTRAS, {}).setdefault(knob.name, set())
        known.update(held if isinstance(held, tuple) else (held,))
        return held
    low, high = limits(knob)
    step = float(knob.step or 0.01)
    return min(high, max(low, round(round(float(value) / step) * step, 6)))


def limits(knob: Knob) -> tuple[float, float]:
    """Lowest and highest value of a knob that is a number."""
    assert knob.minimum is not None
    assert knob.maximum is not None
    return float(knob.minimum), float(knob.maximum)


def scale(name: str) -> list[float]:
    """Values of a knob that spans decades, ascending: steps of each decade, its limits, and what it has held in this session."""
    low, high = limits(KNOBS[name])
    steps = (round(10.0**decade * step, 6) for decade in DECADES for step in STEPS)
    values = BATCH_SIZES if name == BATCH else {low, high, *(value for value in steps if low < value < high)}
    return sorted(values | st.session_state.get(EXTRAS, {}).get(name, set()))


def _pair() -> Any:
    """A line for two knobs. Columns would be three blocks to send at every move."""
    return st.container(horizontal=True, gap="small", wrap=False)


def _slider(name: str) -> None:
    bare_slider(KNOBS[name], SHORT_LABELS.get(name), **_common(name))


def _scale(name: str) -> None:
    """Draw a slider over the decades of a knob."""
    label, default = SHORT_LABELS.get(name, KNOBS[name].label), KNOBS[name].default
    st.select_slider(label, scale(name), default, format_func=lambda value: f"{value:,g}", **_common(name))


def _tests(histograms: Histograms) -> None:
    """Draw the choice of scores and of a disturbance."""
    st.selectbox(
        "Scores", SOURCES if histograms else SOURCES[1:], key=SOURCE, persist_state="session",
        help="Where significance comes from: the record of the latest run, or a distribution. Each batch is spread evenly over "
        "it, as ranks are.",
    )  # fmt: skip
    words = "\n\n".join(f"*{name}*: {sentence}" for name, sentence in DISTURBANCES.items())
    st.selectbox("Disturbance", tuple(DISTURBANCES), key=DISTURBANCE, help=words, persist_state="session")


def _common(name: str) -> dict[str, Any]:
    words = (f"**{KNOBS[name].label}**\n\n" if name in SHORT_LABELS else "") + explanation(KNOBS[name])
    return {"key": PREFIX + name, "help": words, "on_change": _moved, "args": (name,), "persist_state": "session"}


def _moved(name: str) -> None:
    """Keep the value that the user gave a slider; undo a change that is only an echo of a value that the page has replaced."""
    replaced = st.session_state.get(REPLACED, {}).pop(name, None)
    if replaced is not None and replaced.is_echoed_by(st.session_state[PREFIX + name]):
        st.session_state[PREFIX + name] = replaced.by
