"""Measure how long the gate lab takes from a moved slider to the redrawn figures, on the server.

    python -m tools.lab_latency

A viewer that draws nothing (`tools.viewers`) moves sliders of the lab one after the other, as a person does, and waits
for each picture: 400 candidate batches of 512, simulated with the actual gate, drawn, written as JSON and sent. The
first moves warm up and are not counted. A move in which other programs took much of the machine is told apart: there
are more moves until enough were left in peace, or until there were too many. With `--training` a run trains in the same
process meanwhile.
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

from tools.driving import ENDLESS, serving
from tools.machine import Cores, children
from tools.viewers import Viewer, viewing

WANTED = 100
"""Moves in peace."""
MOST = 600
"""Moves in all."""
WARM_UP = 10
DISTURBED = 0.1
"""Share of all cores that other programs may take in a move."""
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
GOLDEN = 0.618
"""Steps of this share of a range, modulo 1, come to no value twice: the lab keeps its latest answers."""


async def measure(address: str, training: bool) -> tuple[list[float], list[float]]:
    """Seconds from each counted move to the last byte of its answer: of all moves, and of those in peace."""
    pids = [os.getpid(), *children()]
    async with viewing(address, f"candidate_batch={CANDIDATES}&epochs={ENDLESS}") as viewer:
        if training:
            await viewer.press("Start training")
        await viewer.turn_to("Lab")
        await _await_figures(viewer)
        seconds, in_peace = [], []
        for i, (label, (low, high)) in enumerate(itertools.islice(itertools.cycle(SLIDERS.items()), MOST)):
            shown, before = viewer.component("figure_wall")["version"], Cores.now(pids)
            answer = await viewer.slide(label, round(low + (high - low) * (i * GOLDEN % 1.0), 3))
            assert viewer.component("figure_wall")["version"] != shown, f"{label} drew nothing new"
            if i >= WARM_UP:
                seconds.append(answer.latency_s)
                if before.others_share(Cores.now(pids)) <= DISTURBED:
                    in_peace.append(answer.latency_s)
            if len(in_peace) == WANTED:
                break
        if training:
            await viewer.turn_to("Train")
            await viewer.press("Stop")
        return seconds, in_peace


async def _await_figures(viewer: Viewer) -> None:
    """Wait until the gate is loaded."""
    async with asyncio.timeout(PATIENCE_S):
        while "figure" not in viewer.component("figure_wall")["cards"][0]:
            await asyncio.sleep(0.2)
            await viewer.load()


def say(what: str, seconds: Sequence[float]) -> None:
    """Print one line."""
    if len(seconds) < 2:
        print(f"{what:<44} n = {len(seconds)}: too few to say")
        return
    middle, p95, most = (1000 * value for value in (median(seconds), quantiles(seconds, n=20)[-1], max(seconds)))
    print(f"{what:<44} median {middle:4.0f} ms, p95 {p95:4.0f} ms, most {most:4.0f} ms, n = {len(seconds)}")


def main() -> None:
    """Serve the app in a process of its own, measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.lab_latency", description=__doc__.partition("\n")[0])
    parser.add_argument("--training", action="store_true", help="while a run trains in the same process")
    training = parser.parse_args().training
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address:
        seconds, in_peace = asyncio.run(measure(address, training))
    print(f"Slider to redrawn data, 400 batches of {CANDIDATES}, {'while a run trains' if training else 'nothing trains'}")
    say("  all moves", seconds)
    say("  moves in which other programs left it alone", in_peace)


if __name__ == "__main__":
    main()
