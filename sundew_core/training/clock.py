"""Training seconds: a stopwatch that never makes the host wait for the device.

On the CPU it reads the wall clock. On CUDA the host only queues work, so each lap is a pair of events in the device's
own stream, which are read once, at the end of an epoch.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Clock:
    """Adds up seconds by name: `with clock.lap("gating"): ...`; `read()` gives the totals and starts again from 0."""

    def __init__(self, device: torch.device) -> None:
        self._on_cuda = device.type == "cuda"
        self._device = device
        self._laps_s: dict[str, float] = {}
        self._pending: list[tuple[str, torch.cuda.Event, torch.cuda.Event]] = []

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Time the block under a name."""
        if self._on_cuda:
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            start.record()
            yield
            end.record()
            self._pending.append((name, start, end))
        else:
            started_s = time.perf_counter()
            yield
            self._laps_s[name] = self._laps_s.get(name, 0.0) + time.perf_counter() - started_s

    def read(self) -> dict[str, float]:
        """Seconds of each name since the last reading. Waits for the device."""
        synchronize(self._device)
        for name, start, end in self._pending:
            self._laps_s[name] = self._laps_s.get(name, 0.0) + start.elapsed_time(end) / 1000.0
        laps_s, self._laps_s, self._pending = self._laps_s, {}, []
        return laps_s


def synchronize(device: torch.device) -> None:
    """Wait until the device has finished all queued work; a CPU queues none."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
