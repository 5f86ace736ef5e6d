"""Runs of two short epochs on the digits, and the part of their events that two equal runs share."""

import json

from sundew_core.config import Config
from sundew_core.events.run import to_json

SMALL = {"digits_repeats": 2, "candidate_batch": 128, "batch_size": 32, "epochs": 2, "device": "cpu"}


def small(**knobs):
    return Config(**{**SMALL, **knobs})


def without_times(events):
    """The events as JSON, without run ids and times."""
    records = [json.loads(to_json(event)) for event in events]
    return [{name: value for name, value in record.items() if name != "run" and not name.endswith("_s")} for record in records]
