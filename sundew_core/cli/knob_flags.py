"""Knobs as flags of a command: a knob's name with dashes for underscores, and a shorter one for the gate's."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sundew_core.config import KNOBS, Config
from sundew_core.knobs import Knob

SHORT_FLAGS = {
    "target_activation_rate": "--target",
    "gate_temperature": "--temperature",
    "energy_pressure": "--pressure",
    "adapt_kp": "--kp",
    "adapt_ki": "--ki",
}


def add_knob(parser: argparse.ArgumentParser, knob: Knob) -> None:
    """A flag for a knob. Values stay text here: the configuration reads and judges them, with its own messages."""
    flags = ["--" + knob.name.replace("_", "-")]
    if knob.name in SHORT_FLAGS:
        flags.insert(0, SHORT_FLAGS[knob.name])
    pair = isinstance(knob.default, tuple)
    text = " ".join(f"{part:g}" for part in knob.default) if pair else str(knob.default)
    notes = [note for note in (knob.unit, knob.allowed, f"default: {text}") if note]
    parser.add_argument(
        *flags,
        dest=f"knob_{knob.name}",
        nargs=2 if pair else None,
        metavar=("LOW", "HIGH") if pair else "X",
        help=f"{knob.sentence} ({'; '.join(notes)})".replace("%", "%%"),
    )


def config_of(options: argparse.Namespace, recorded: Mapping[str, Any] = MappingProxyType({})) -> Config:
    """The configuration that the flags ask for, over the knobs of a `recorded` run if there is one. Raises `KnobError`."""
    given = {name: value for name in KNOBS if (value := getattr(options, f"knob_{name}", None)) is not None}
    return Config(**{**{name: value for name, value in recorded.items() if name in KNOBS}, **given})
