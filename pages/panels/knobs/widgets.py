"""Widgets of knobs: each is made from the knob's declaration, keeps its value in the link, and has a remark below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from pages.panels.knobs import form, setup
from sundew_core.config import DENSE_ARMS, KNOBS, TARGET_ARMS
from sundew_core.knobs import Knob

BOUND: Any = "query-params"
SHORT_LABELS = {"adapt_kp": "Gain kp", "adapt_ki": "Gain ki"}
"""Labels of knobs that share a line with another, for which their own labels are too long."""
NAMES = {
    "folder": ("Path of the image folder", "/path/to/images", "One sub-folder per class."),
    "torchvision": ("Name of the torchvision model", "mobilenet_v3_small", "As torchvision.models lists it."),
}
"""Label, example and help of the widget that holds the name of a data set or a model."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Decides which widgets the user can change; `remarks` are the sentences below them, by knob."""

    arm: str
    running: bool
    remarks: Mapping[str, str]

    def why_not(self, knob: Knob) -> str | None:
        """Say why the user cannot change this knob now; None if the user can."""
        if knob.live and self.arm in DENSE_ARMS:
            return f"Has no effect: the arm {self.arm} trains on every candidate and has no gate."
        if knob.live and self.arm not in TARGET_ARMS:
            return f"Has no effect: the arm {self.arm} follows a fixed rule and has no target."
        if knob.live and self.arm != "sundew" and knob.name != "target_activation_rate":
            return f"Has no effect: the arm {self.arm} has a target, but no gate."
        return form.LOCKED if self.running and not knob.live else None


def widget(name: str, situation: Situation) -> None:
    """Draw the widget of a knob by its kind, and the remark on its value.

    Each knob has a container, so that a remark that comes or goes moves no other widget: a widget keeps the focus by its place.
    """
    with st.container(gap=None):
        _by_kind(KNOBS[name], situation)
        remark(situation.remarks.get(name))


def slider(name: str, situation: Situation) -> None:
    """Draw the slider of a knob that is a number, and the remark on its value."""
    with st.container(gap=None):
        bare_slider(KNOBS[name], **_common(KNOBS[name], situation))
        remark(situation.remarks.get(name))


def bare_slider(knob: Knob, label: str | None = None, **more: Any) -> float:
    """Draw the slider of a knob over its whole range, and return its value. Streamlit gets `more`. Fractions are in percent."""
    low, high = _range(knob)
    return st.slider(
        label or SHORT_LABELS.get(knob.name, knob.label),
        low,
        high,
        float(knob.default),
        float(knob.step or 0.01),
        format="percent" if knob.unit == "fraction" else _decimals(knob),
        **more,
    )


def _by_kind(knob: Knob, situation: Situation) -> None:
    match form.kind(knob):
        case "choice":
            _choice(knob, situation)
        case "switch":
            st.toggle(knob.label, bool(knob.default), **_common(knob, situation))
        case "count":
            low, high = _range(knob)
            st.number_input(knob.label, int(low), int(high), int(knob.default), 1, **_common(knob, situation))
        case "number":
            low, high = _range(knob)
            st.number_input(
                knob.label, low, high, float(knob.default), knob.step, format=_decimals(knob), **_common(knob, situation)
            )
        case "text":
            st.text_input(knob.label, form.as_text(knob.default), placeholder=knob.allowed, **_common(knob, situation))


def remark(sentence: str | None) -> None:
    """Draw a quiet remark on the widget above, if there is one."""
    if sentence:
        st.html(f'<p class="sundew-remark" role="note">{escape(sentence)}</p>')


def explanation(knob: Knob) -> str:
    """The tooltip of a knob: what it is, where it stands in the law, and what to look for."""
    parts = (knob.sentence, knob.formula and f"`{knob.formula}`", knob.look_for and f"Look for: {knob.look_for}")
    return "\n\n".join(filter(None, parts))


def _choice(knob: Knob, situation: Situation) -> None:
    options = form.CHOICES.get(knob.name, knob.choices)
    st.selectbox(knob.label, options, options.index(knob.default), **_common(knob, situation))
    named = form.NAMED.get(knob.name)
    if named is not None and st.session_state.get(knob.name) == named:
        label, example, words = NAMES[named]
        disabled = situation.why_not(knob) is not None
        st.text_input(label, key=named, placeholder=example, help=words, disabled=disabled, bind=BOUND)


def _common(knob: Knob, situation: Situation) -> dict[str, Any]:
    why_not = situation.why_not(knob)
    steers = {"on_change": setup.steer, "args": (knob.name,)} if knob.live else {}
    words = "\n\n".join(filter(None, (explanation(knob), why_not)))
    return {"key": knob.name, "help": words, "disabled": why_not is not None, "bind": BOUND, **steers}


def _range(knob: Knob) -> tuple[float, float]:
    assert knob.minimum is not None
    assert knob.maximum is not None
    return float(knob.minimum), float(knob.maximum)


def _decimals(knob: Knob) -> str:
    """The format that shows as many decimals as a knob's step has."""
    decimals = len(f"{knob.step or 0.01:.6f}".rstrip("0").partition(".")[2])
    return f"%.{decimals}f"
