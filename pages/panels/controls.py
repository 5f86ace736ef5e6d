"""Controls: the sidebar. Every widget is made from `KNOBS`, and every choice lives in the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from sundew_core.config import DATASETS, KNOBS, MODELS, Config, Knob
from sundew_core.errors import InputError
from sundew_core.metrics import DENSE_ARMS

GATE = ("target_activation_rate", "gate_temperature", "energy_pressure", "adapt_kp", "adapt_ki")
FOLDER = "folder"
"""The choice of data set that asks for a path."""
TORCHVISION = "torchvision"
"""The choice of model that asks for a name."""
BOUND: Any = "query-params"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person did in this run of the script."""

    values: dict[str, Any]
    """Knobs by name, not yet validated."""
    start: bool
    stop: bool

    def config(self) -> Config:
        """Validate the choices. Raises `KnobError`; a data set without its path, or a model without its name, `InputError`."""
        if self.values["dataset"] == f"{FOLDER}:":
            raise InputError("The image folder has no path: give the folder that holds one sub-folder per class.")
        if self.values["model"] == f"{TORCHVISION}:":
            raise InputError("The torchvision model has no name: give one, such as mobilenet_v3_small.")
        return Config(**self.values)


def controls(training: bool) -> Wish:
    """Draw the sidebar and say what was chosen; `training` decides which of the two buttons can be pressed."""
    with st.container(key="controls", gap="xsmall"):
        st.markdown("#### Sundew")
        values = _learning()
        st.markdown(":small[GATE]")
        dense = values["arm"] in DENSE_ARMS
        for name in GATE:
            values[name] = _slider(KNOBS[name], disabled=dense)
        start, stop = _buttons(training)
    return Wish(values, start, stop)


def _learning() -> dict[str, Any]:
    left, right = st.columns(2, gap="small")
    with left:
        dataset = _choice(KNOBS["dataset"], (*DATASETS, FOLDER))
    with right:
        model = _choice(KNOBS["model"], (*MODELS, TORCHVISION))
    if dataset == FOLDER:
        path = st.text_input(
            "Path of the image folder", key="folder", placeholder="/path/to/images", help="One sub-folder per class.", bind=BOUND
        )
        dataset = f"{FOLDER}:{(path or '').strip()}"
    if model == TORCHVISION:
        name = st.text_input(
            "Name of the torchvision model",
            key="torchvision",
            placeholder="mobilenet_v3_small",
            help="As torchvision.models lists it.",
            bind=BOUND,
        )
        model = f"{TORCHVISION}:{(name or '').strip()}"
    left, right = st.columns(2, gap="small")
    with left:
        arm = _choice(KNOBS["arm"])
    with right:
        epochs = _count(KNOBS["epochs"])
    return {"dataset": dataset, "model": model, "arm": arm, "epochs": epochs}


def _buttons(training: bool) -> tuple[bool, bool]:
    with st.container(key="buttons", horizontal=True, gap="small", wrap=False):
        start = st.button("Start training", key="start", type="primary", disabled=training, width="stretch")
        stop = st.button("Stop", key="stop", disabled=not training, width="content", help="Ends the run; what it did is kept.")
    return start, stop


def _choice(knob: Knob, choices: tuple[str, ...] = ()) -> str:
    options = choices or knob.choices
    chosen = st.selectbox(
        knob.label,
        options,
        index=options.index(knob.default),
        key=knob.name,
        help=knob.sentence,
        bind=BOUND,
    )
    assert chosen is not None
    return chosen


def _count(knob: Knob) -> int:
    assert knob.minimum is not None
    assert knob.maximum is not None
    number = st.number_input(
        knob.label, int(knob.minimum), int(knob.maximum), int(knob.default), 1, key=knob.name, help=knob.sentence, bind=BOUND
    )
    return int(number)


def _slider(knob: Knob, disabled: bool) -> float:
    assert knob.minimum is not None
    assert knob.maximum is not None
    assert knob.step is not None
    return float(
        st.slider(
            knob.label,
            float(knob.minimum),
            float(knob.maximum),
            float(knob.default),
            float(knob.step),
            format=_format(knob),
            key=knob.name,
            help=knob.sentence,
            disabled=disabled,
            bind=BOUND,
        )
    )


def _format(knob: Knob) -> str:
    """Fractions are shown in percent; other numbers with the decimals of their step."""
    if knob.unit == "fraction":
        return "percent"
    decimals = len(f"{knob.step:.6f}".rstrip("0").partition(".")[2])
    return f"%.{decimals}f"
