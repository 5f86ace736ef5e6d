"""Meters of real joules: NVML for NVIDIA GPUs, Linux powercap for processors.

On a machine without a meter `find_meter` returns None, and everything built on it shows "not measured" instead of a number.
"""

import os
from pathlib import Path
from typing import Any, Protocol

POWERCAP = Path("/sys/class/powercap")


class Meter(Protocol):
    """An energy counter that only grows."""

    name: str

    def read_j(self) -> float:
        """Joules since a fixed moment."""
        ...


class NvmlMeter:
    """Total energy of one NVIDIA GPU since its driver was loaded (Volta and later)."""

    def __init__(self, nvml: Any, handle: Any, index: int) -> None:
        self._nvml, self._handle = nvml, handle
        self.name = f"NVML, GPU {index}"
        self.read_j()

    def read_j(self) -> float:
        """Joules; the driver counts millijoules."""
        return float(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle)) / 1000.0


def find_nvml(index: int) -> tuple[Any, Any] | None:
    """NVML, and its handle of the GPU that torch calls `cuda:index`; None if NVML, its driver or the GPU is missing."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        return pynvml, nvml_handle(pynvml, index)
    except pynvml.NVMLError:
        return None


def nvml_handle(nvml: Any, index: int) -> Any:
    """NVML's handle of the GPU that torch calls `cuda:index`.

    NVML counts all GPUs of the machine. Torch counts only those that `CUDA_VISIBLE_DEVICES` names, by number or UUID.
    """
    visible = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    name = visible[index] if index < len(visible) else str(index)
    return nvml.nvmlDeviceGetHandleByIndex(int(name)) if name.isdigit() else nvml.nvmlDeviceGetHandleByUUID(name)


class PowercapMeter:
    """Energy of all processor packages (Intel and AMD RAPL), corrected for the overflow of the counters."""

    name = "powercap, processor packages"

    def __init__(self, root: Path = POWERCAP) -> None:
        packages = sorted(path for path in root.glob("*-rapl:*") if path.name.count(":") == 1)
        self._counters = [path / "energy_uj" for path in packages]
        self._range_uj = [int((path / "max_energy_range_uj").read_text()) for path in packages]
        self._last_uj = [int(counter.read_text()) for counter in self._counters]
        self._total_uj = 0
        if not packages:
            raise FileNotFoundError(f"no powercap energy counter under {root}")

    def read_j(self) -> float:
        """Joules since the meter was made. Read it at least once per overflow (minutes under full load)."""
        for i, counter in enumerate(self._counters):
            now_uj = int(counter.read_text())
            self._total_uj += (now_uj - self._last_uj[i]) % (self._range_uj[i] + 1)
            self._last_uj[i] = now_uj
        return self._total_uj / 1e6


def find_meter(device_type: str, index: int = 0) -> Meter | None:
    """The meter of the hardware that trains, with `device_type` as torch names it. None if no meter is available."""
    if device_type == "cuda":
        return _nvml_meter(index)
    if device_type == "cpu":
        try:
            return PowercapMeter()
        except OSError:  # absent, or readable by root only
            return None
    return None


def _nvml_meter(index: int) -> Meter | None:
    if (found := find_nvml(index)) is None:
        return None
    try:
        return NvmlMeter(*found, index)
    except found[0].NVMLError:  # a GPU older than the counter
        return None
