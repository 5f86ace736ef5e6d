"""The scenario: which scores a simulation feeds to the gate, and what disturbs it half-way. Names only; no torch."""

from collections.abc import Mapping
from types import MappingProxyType

RECORDED = "recorded"
SOURCES = (RECORDED, "uniform", "loss-like", "bimodal", "90 % easy", "drifting", "sudden jump")
"""Where scores come from, by name: a recorded run, or a distribution."""
DISTURBANCES: Mapping[str, str] = MappingProxyType(
    {
        "none": "Nothing changes from outside.",
        "target step": "Half-way the target becomes half as high again, as if the user had moved the slider.",
        "score shift": "Half-way every score s becomes (1 + s) / 2, as if all candidates had become harder.",
    }
)
"""What may happen half-way, by name, with one sentence each."""
