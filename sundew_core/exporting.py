"""Exporting: a run's record as text that other programs read. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import fields

from sundew_core.events import EpochEnded, Event, to_json


def events_jsonl(events: Iterable[Event]) -> str:
    """Every event as one line of JSON, in order: what `show RUN --events` prints."""
    return "".join(f"{to_json(event)}\n" for event in events)


def epochs_csv(epochs: Iterable[EpochEnded]) -> str:
    """A line an epoch under the names of the event's fields, units in them; a number that was not measured is left empty."""
    names = [field.name for field in fields(EpochEnded)]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(names)
    table.writerows([getattr(epoch, name) for name in names] for epoch in epochs)
    return text.getvalue()
