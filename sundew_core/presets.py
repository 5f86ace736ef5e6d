"""Presets: a few knobs under a name, as published for this method. Every knob not named keeps its value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "maximum speed": {"target_activation_rate": 0.03},
        "sweet spot": {"target_activation_rate": 0.06},
        "balanced": {"target_activation_rate": 0.10},
        "higher accuracy": {"target_activation_rate": 0.12},
        "high accuracy": {"target_activation_rate": 0.15},
        "just test": {"epochs": 1},
        "full training": {"epochs": 20},
    }
)
