"""Figures as the browser gets them, and their parts."""

import json

from sundew_core.figures.run.panels import PANELS
from sundew_core.metrics import RunView

OVER_EPOCHS = ("loss", "accuracy", "activation", "savings")
"""The panels with a time axis."""


def draw(name, events, dark=True):
    """The figure as the browser gets it."""
    return json.loads(PANELS[name].build(RunView.of(events), dark).to_json(remove_uids=False))


def trace(figure, uid):
    return next(trace for trace in figure["data"] if trace["uid"] == uid)


def words(figure, name=None):
    """The texts in a figure, or those of one kind."""
    labels = figure["layout"].get("annotations", [])
    return " | ".join(label["text"] for label in labels if name in (None, label.get("name")))


def markers(figure):
    return [shape for shape in figure["layout"].get("shapes", []) if shape["name"] == "intervention"]
