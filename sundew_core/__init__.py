"""Sundew: adaptive sparse training of image classifiers, measured rather than assumed.

Importing this package is cheap: what it offers is loaded when it is asked for.

    from sundew_core import Config, train

    for event in train(Config(epochs=3)):
        ...

The rooms, and who may import whom. A room imports only from the lines above it, or from its own line::

    errors  places  wording  arms   what may go wrong; where things are kept; how numbers read; every arm and its stages
    knobs                           how a knob is declared, checked and explained
    config                          every knob of a run, declared once
    events                          what a run and a contest are made of, and the commands that a run obeys
    gate  measuring                 the method: law, reservoir, significance, gate, sampler; joules, devices, the cost model
    lab  data  models               the gate's loop without a training; data sets and models by name
    training                        train(config) -> events; no thread, no file, no screen
    contests                        several arms in turn: who is better (race), who is faster (bench)
    metrics                         events -> numbers and lines of text; no torch
    records                         runs and contests on disk, and recorded examples; no torch
    jobs                            background threads: commands in, events out
    figures                         numbers -> Plotly figures; no torch
    exporting                       a run as files for papers, other programs and Kaggle
    cli                             the command line
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sundew_core.config import Config, GateConfig
    from sundew_core.contests.bench import bench
    from sundew_core.contests.race import race
    from sundew_core.events.contest import Rules
    from sundew_core.gate.gate import SundewGate
    from sundew_core.gate.sampler import SundewSampler
    from sundew_core.training.trainer import train

__all__ = ["Config", "GateConfig", "Rules", "SundewGate", "SundewSampler", "bench", "race", "train"]

_HOMES = {
    "Config": "config",
    "GateConfig": "config",
    "Rules": "events.contest",
    "SundewGate": "gate.gate",
    "SundewSampler": "gate.sampler",
    "bench": "contests.bench",
    "race": "contests.race",
    "train": "training.trainer",
}
"""The module that each name of `__all__` comes from."""


def __getattr__(name: str) -> Any:
    """Load a name of the front door when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
