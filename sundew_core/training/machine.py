"""The machine that trains: its devices, and how it is named in a run's record."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import torch

from sundew_core.errors import InputError

FLOP_PER_THREAD = 1e9
"""Work of an optimizer step for which another thread is worth waiting for."""
PACKAGES = ("torch", "torchvision", "numpy")


def find_device(name: str) -> torch.device:
    """The device of that name; `auto` is the best that is there. Raises `InputError` for one that is not."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device("cuda:0" if name == "cuda" else name)
    there = {
        "cpu": True,
        "mps": torch.backends.mps.is_available(),
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
    }
    if not there[device.type]:
        raise InputError(f"device={name} is not on this machine: choose auto or cpu")
    return device


def choose_threads(step_flop: float) -> None:
    """Set how many threads torch uses on the CPU: one for each `FLOP_PER_THREAD` of an optimizer step, as far as there are cores.

    Decided by counted work and not by the clock, since another number of threads rounds sums differently, and the
    same run must give the same events.
    """
    torch.set_num_threads(max(1, min(os.cpu_count() or 1, int(step_flop / FLOP_PER_THREAD))))


def versions() -> dict[str, str]:
    """Versions of what decides the numbers."""
    return {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def hardware(device: torch.device) -> dict[str, str]:
    """What a reader of the record must know to judge its seconds."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "accelerator": torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else "none"
        if device.type == "cpu"
        else device.type,
    }


def _processor() -> str:
    """The processor's name; Linux knows it better than `platform` does."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
