"""Measure how long the server takes to redraw the gate lab after a slider has moved.

    python -m tools.lab_latency

A viewer that draws nothing (`tools.support.viewers`) moves one slider of the lab after the other, as a user does, and waits for
each answer: 400 candidate batches of 512, simulated with the actual gate, drawn, written as JSON and sent. The first
moves warm up and do not count. Moves during which other programs took much of the machine are reported separately; the
tool makes more moves until enough were undisturbed, or until a limit. With `--training` a run trains in the same process.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from tools.support.driving import ENDLESS, serving
from tools.support.machine import Cores, children
from tools.support.viewers import Viewer, viewing

WANTED = 100
"""Undisturbed moves."""
MOST = 600
"""The limit of all moves."""
WARM_UP = 10
DISTURBED = 0.1
"""A move is disturbed if other programs take more than this share of all cores."""
PATIENCE_S = 60.0
CANDIDATES = 512
SLIDERS = {
    "Target activation rate": (0.03, 0.12),
    "Temperature": (0.05, 0.3),
    "Pressure": (0.0, 0.8),
    "Gain kp": (0.05, 1.0),
    "Gain ki": (0.001, 0.1),
}
"""Sliders by label, each with the range of its values."""
GOLDEN = 0.618
"""Steps of this share of a range, modulo 1, reach no value twice: the lab would answer a repeated value from its cache."""


async def measure(address: str, training: bool) -> tuple[list[float], list[float]]:
    """Seconds from each counted move to the last byte of its answer: of all moves, and of the undisturbed ones."""
    pids = [os.getpid(), *children()]
    async with viewing(address, f"candidate_batch={CANDIDATES}&epochs={ENDLESS}") as viewer:
        if training:
            await viewer.press("Start training")
        await viewer.turn_to("Lab")
        await _await_figures(viewer)
        seconds, undisturbed = [], []
        for i, (label, (low, high)) in enumerate(itertools.islice(itertools.cycle(SLIDERS.items()), MOST)):
            shown, before = viewer.component("figure_wall")["version"], Cores.now(pids)
            answer = await viewer.slide(label, round(low + (high - low) * (i * GOLDEN % 1.0), 3))
            assert viewer.component("figure_wall")["version"] != shown, f"{label} drew nothing new"
            if i >= WARM_UP:
                seconds.append(answer.latency_s)
                if before.others_share(Cores.now(pids)) <= DISTURBED:
                    undisturbed.append(answer.latency_s)
            if len(undisturbed) == WANTED:
                break
        if training:
            await viewer.turn_to("Train")
            await viewer.press("Stop")
        return seconds, undisturbed


async def _await_figures(viewer: Viewer) -> None:
    """Wait until the gate is loaded."""
    async with asyncio.timeout(PATIENCE_S):
        while "figure" not in viewer.component("figure_wall")["cards"][0]:
            await asyncio.sleep(0.2)
            await viewer.load()


def print_line(what: str, seconds: Sequence[float]) -> None:
    """Print the median, the 95th percentile and the maximum."""
    if len(seconds) < 2:
        print(f"{what:<44} n = {len(seconds)}: too few to sum up")
        return
    middle, p95, most = (1000 * value for value in (median(seconds), quantiles(seconds, n=20)[-1], max(seconds)))
    print(f"{what:<44} median {middle:4.0f} ms, p95 {p95:4.0f} ms; maximum {most:4.0f} ms, n = {len(seconds)}")


def main() -> None:
    """Serve the app in another process, measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.lab_latency", description=__doc__.partition("\n")[0])
    parser.add_argument("--training", action="store_true", help="let a run train in the same process")
    training = parser.parse_args().training
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address:
        seconds, undisturbed = asyncio.run(measure(address, training))
    print(f"Slider to redrawn data, 400 batches of {CANDIDATES}, {'while a run trains' if training else 'nothing trains'}")
    print_line("  all moves", seconds)
    print_line("  undisturbed moves", undisturbed)


if __name__ == "__main__":
    main()
