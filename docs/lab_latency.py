"""Measure how long the gate lab takes from a moved slider to the redrawn figures, on the server.

    python -m docs.lab_latency

A viewer that draws nothing (`tests.viewers`) moves sliders of the lab one after the other, as a person does, and waits
for each picture: 400 candidate batches of 512, simulated with the actual gate, drawn, written as JSON and sent. The
first moves warm up and are not counted. With `--training` a run trains in the same process meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
from pathlib import Path
from statistics import median, quantiles

from tests.driving import serving
from tests.viewers import Viewer, viewing

MOVES = 100
WARM_UP = 10
PATIENCE_S = 60.0
CANDIDATES = 512
SLIDERS = {
    "Target activation rate": (0.03, 0.12),
    "Temperature": (0.05, 0.3),
    "Pressure": (0.0, 0.8),
    "Gain kp": (0.05, 1.0),
    "Gain ki": (0.001, 0.1),
}
"""Sliders by label, each with the range in which it is moved."""


async def measure(address: str, training: bool) -> list[float]:
    """Seconds from each counted move to the last byte of its answer."""
    async with viewing(address, f"candidate_batch={CANDIDATES}&epochs=10000") as viewer:
        if training:
            await viewer.press("Start training")
        await viewer.visit("Lab")
        await _await_figures(viewer)
        seconds = []
        for i, (label, (low, high)) in enumerate(itertools.islice(itertools.cycle(SLIDERS.items()), WARM_UP + MOVES)):
            # No value twice: the lab keeps the latest answers.
            value = round(low + (high - low) * ((i * 0.618) % 1.0), 3)
            before = viewer.component("figure_wall")["version"]
            answer = await viewer.slide(label, value)
            assert viewer.component("figure_wall")["version"] != before, f"{label} at {value} drew nothing new"
            seconds.append(answer.latency_s)
        if training:
            await viewer.visit("Train")
            await viewer.press("Stop")
        return seconds[WARM_UP:]


async def _await_figures(viewer: Viewer) -> None:
    """Wait until the gate is loaded."""
    async with asyncio.timeout(PATIENCE_S):
        while "figure" not in viewer.component("figure_wall")["cards"][0]:
            await asyncio.sleep(0.2)
            await viewer.load()


def main() -> None:
    """Serve the app in a process of its own, measure, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--training", action="store_true", help="while a run trains in the same process")
    training = parser.parse_args().training
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address:
        seconds = asyncio.run(measure(address, training))
    middle, p95, most = (1000 * value for value in (median(seconds), quantiles(seconds, n=20)[-1], max(seconds)))
    print(
        f"slider to redrawn data, 400 batches of {CANDIDATES}, {'while a run trains' if training else 'nothing trains'}, "
        f"n = {len(seconds)}: median {middle:.0f} ms, p95 {p95:.0f} ms, most {most:.0f} ms"
    )


if __name__ == "__main__":
    main()
