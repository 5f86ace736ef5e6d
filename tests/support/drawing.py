"""Figures as the browser gets them, and their parts."""

import json

import plotly.graph_objects as go

from sundew_core.figures.run.panels import PANELS
from sundew_core.metrics import RunView

OVER_EPOCHS = ("loss", "accuracy", "activation", "savings")
"""The panels with a time axis."""


def checked(figure):
    """A figure as the browser gets it, after plotly has checked every word of it."""
    return json.loads(go.Figure(figure).to_json(remove_uids=False))


def draw(name, events, dark=True):
    """A panel of these events as the browser gets it."""
    return checked(PANELS[name].draw(RunView.of(events), dark))


def trace(figure, uid):
    return next(trace for trace in figure["data"] if trace["uid"] == uid)


def words(figure, name=None):
    """The texts in a figure, or those of one kind."""
    labels = figure["layout"].get("annotations", [])
    return " | ".join(label["text"] for label in labels if name in (None, label.get("name")))


def markers(figure):
    return [shape for shape in figure["layout"].get("shapes", []) if shape["name"] == "intervention"]
