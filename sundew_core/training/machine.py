"""The machine that trains: its devices, and how it is named in a run's record."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import torch

from sundew_core.errors import InputError

FLOP_PER_THREAD = 1e9
"""Operations of an optimizer step per thread; with fewer, threads cost more than they gain."""
PACKAGES = ("torch", "torchvision", "numpy")


def find_device(name: str) -> torch.device:
    """The device of that name; `auto` means the best available. Raises `InputError` if the device is missing."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device("cuda:0" if name == "cuda" else name)
    there = {
        "cpu": True,
        "mps": torch.backends.mps.is_available(),
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
    }
    if not there[device.type]:
        raise InputError(f"device={name} is not available on this machine: choose auto or cpu")
    return device


def choose_threads(step_flop: float) -> None:
    """Set torch's CPU threads: one per `FLOP_PER_THREAD` of an optimizer step, from 1 to the number of cores.

    Counted work decides, not the clock: another number of threads rounds sums differently, and the same run must give
    the same events.
    """
    torch.set_num_threads(max(1, min(os.cpu_count() or 1, int(step_flop / FLOP_PER_THREAD))))


def versions() -> dict[str, str]:
    """Versions of the software that decides the numbers."""
    return {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def hardware(device: torch.device) -> dict[str, str]:
    """What the reader of a record must know to judge its seconds."""
    cpu = device.type == "cpu"
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "accelerator": torch.cuda.get_device_name(device) if device.type == "cuda" else "none" if cpu else device.type,
    }


def _processor() -> str:
    """The processor's name; Linux has a better one than `platform`."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
