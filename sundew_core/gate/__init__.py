"""The gate: which candidates are worth training on.

    law           the law as plain numbers: probability, set-point, one step of the controller; no torch
    reservoir     the energy budget; no torch
    significance  losses and images -> scores in [0, 1]
    gate          the law at work on batches of scores, and its state
    sampler       the gate in the caller's own training loop, as a sampler for PyTorch's `DataLoader`

`from sundew_core.gate import SundewGate` loads torch; `from sundew_core.gate import law` does not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sundew_core.gate.gate import GateDecision, SundewGate
    from sundew_core.gate.sampler import SundewSampler

__all__ = ["GateDecision", "SundewGate", "SundewSampler"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'sampler' if name == 'SundewSampler' else 'gate'}"), name)
