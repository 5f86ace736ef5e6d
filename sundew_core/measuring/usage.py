"""Usage: how busy the training device is now. For display only; evidence of energy comes from `meters`.

The processor's share is this process's CPU time between two readings. A GPU reports through NVML.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from sundew_core.measuring.meters import find_nvml

SPAN_S = 0.5
"""A sooner reading gets the previous answer: several tabs may ask, and CPU time over an instant is noise."""
STALE_S = 10.0
"""CPU time over a longer span says nothing about now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuUsage:
    """One NVIDIA GPU, used by any process; a number is None if the driver does not report it."""

    utilisation: float | None
    """Fraction of the last moments in which a kernel was running."""
    memory_used_b: int | None
    memory_total_b: int | None
    power_w: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """One reading."""

    cpu: float | None
    """Fraction of all `cores` that this process kept busy; None if there is no recent reading to compare with."""
    cores: int
    """Logical cores that this process may use."""
    gpu: GpuUsage | None


class UsageMeter:
    """Reads the usage of this process, and of the GPU that `device` names, if any. Threads may share it."""

    def __init__(self, device: str) -> None:
        """`device` as torch names it and a run records it, such as `cpu` or `cuda:0`."""
        self._lock = threading.Lock()
        self._gpu = _Gpu.find(device)
        self._cores = _cores()
        self._seen: tuple[float, float] | None = None
        self._answer: Usage | None = None

    def read(self) -> Usage:
        """The usage since the previous reading, and the GPU's own report. Takes microseconds without a GPU."""
        with self._lock:
            now_s, cpu_s = time.monotonic(), time.process_time()
            span_s = now_s - self._seen[0] if self._seen else None
            if self._answer is not None and span_s is not None and span_s < SPAN_S:
                return self._answer
            cpu = None
            if self._seen is not None and span_s is not None and 0.0 < span_s <= STALE_S:
                cpu = cpu_share(cpu_s - self._seen[1], span_s, self._cores)
            self._seen = now_s, cpu_s
            self._answer = Usage(cpu=cpu, cores=self._cores, gpu=self._gpu.read() if self._gpu else None)
            return self._answer


def cpu_share(cpu_s: float, span_s: float, cores: int) -> float:
    """Fraction of `cores` that `cpu_s` seconds of CPU time kept busy over `span_s` seconds, at most 1 (clocks tick coarsely)."""
    return min(1.0, cpu_s / (span_s * cores))


def _cores() -> int:
    """Logical cores that this process may use: `taskset` and some containers allow fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Gpu:
    nvml: Any
    handle: Any = field(repr=False)

    @classmethod
    def find(cls, device: str) -> Self | None:
        """The GPU of that name. None for any other device, or if NVML or its driver is missing."""
        kind, _, index = device.partition(":")
        found = find_nvml(int(index or 0)) if kind == "cuda" else None
        return cls(*found) if found else None

    def read(self) -> GpuUsage:
        """Ask for each number by itself: not every GPU reports all of them."""
        rates = self._ask(self.nvml.nvmlDeviceGetUtilizationRates)
        memory = self._ask(self.nvml.nvmlDeviceGetMemoryInfo)
        power_mw = self._ask(self.nvml.nvmlDeviceGetPowerUsage)
        return GpuUsage(
            utilisation=None if rates is None else rates.gpu / 100.0,
            memory_used_b=None if memory is None else int(memory.used),
            memory_total_b=None if memory is None else int(memory.total),
            power_w=None if power_mw is None else power_mw / 1000.0,
        )

    def _ask(self, question: Callable[[Any], Any]) -> Any | None:
        try:
            return question(self.handle)
        except self.nvml.NVMLError:
            return None
