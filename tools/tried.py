"""Try out: several settings of the knobs train in turn like the arms of a race, for a line each in `docs/results.md`.

    python -m tools.tried docs/races/NAME.json --dataset fashion-mnist --train-samples 3000 --seconds 20 --seeds 3 \
        "dense: arm=dense" "sharper: gate_temperature=0.05" "loss alone: contrast_weight=0"

Every setting gets the same training seconds and seeds, and turns as short as in a race. Every knob is also a flag here, and
holds for all settings. A setting is kept where its knobs are the defaults of today; whoever changes a default runs this again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from sundew_core.cli.terminal import add_knobs, config_of, count, number
from sundew_core.config import KNOBS, Config
from sundew_core.contests.race import Racer
from sundew_core.data.loading import silent
from sundew_core.events.contest import SLICE_S, ArmValidated
from sundew_core.metrics.contests.lines import with_interval
from sundew_core.metrics.contests.race import Estimate, estimate
from sundew_core.training.machine import hardware, versions

NUMBERS = ("final", "early", "trained", "rate")
"""Of each seed: accuracy at the end and early, samples trained, and which share of the candidates that was."""
EARLY = 5 / 8
"""Share of the seconds at which settings are also compared: 1 / 1.6."""


def try_out(
    config: Config, settings: Mapping[str, Mapping[str, Any]], seconds: float, seeds: int
) -> dict[str, dict[str, list[float]]]:
    """Train every setting for so many seconds and seeds; gives what each came to, a number a seed."""
    came_to: dict[str, dict[str, list[float]]] = {name: {what: [] for what in NUMBERS} for name in settings}
    for seed in range(config.seed, config.seed + seeds):
        racers = {name: Racer(config.changed(seed=seed, **knobs), seconds, silent) for name, knobs in settings.items()}
        for racer in racers.values():
            racer.ready((EARLY, 1.0))
        while waiting := {name: racer for name, racer in racers.items() if not racer.done}:
            name, racer = min(waiting.items(), key=lambda item: item[1].budget.spent_s)
            if (validated := racer.turn(SLICE_S)) is not None:
                _take(came_to[name], validated)
        say = (f"{name} {100 * numbers['final'][-1]:.2f}" for name, numbers in came_to.items())
        print(f"seed {seed}: {', '.join(say)}", file=sys.stderr, flush=True)
    return came_to


def _take(numbers: dict[str, list[float]], validated: ArmValidated) -> None:
    if validated.share == EARLY:
        numbers["early"].append(validated.val_accuracy)
    if validated.share >= 1.0:
        numbers["final"].append(validated.val_accuracy)
        numbers["trained"].append(validated.trained)
        numbers["rate"].append(validated.trained / validated.candidates)


def section(name: str, record: Mapping[str, Any]) -> list[str]:
    """The record as a part of the page: a line for each setting, in the order in which they were given."""
    what, defaults = record["tried"], Config().model_dump(mode="json")
    varied = {knob for setting in record["settings"] for knob in setting["knobs"]}
    rows = [["setting", "knobs", "accuracy", "at 5/8 of the seconds", "against the first", "passes", "rate", "kept"], ["---"] * 8]
    first = record["settings"][0]
    for setting in record["settings"]:
        finals = setting["final"]
        apart = estimate([one - other for one, other in zip(finals, first["final"], strict=True)])
        early = estimate(setting["early"]) if len(setting["early"]) == len(finals) else None
        # Another arm has no use for what the gate's settings vary.
        in_force = setting["knobs"] if "arm" in setting["knobs"] else {**what["config"], **setting["knobs"]}
        # Told as they differ from the defaults of today, which a record may have led to.
        knobs = {knob: value for knob, value in in_force.items() if knob in varied and value != defaults[knob]}
        rows.append(
            [
                setting["name"], ", ".join(f"{knob}={value}" for knob, value in knobs.items()) or "-",
                with_interval(estimate(finals)), with_interval(early), "-" if setting is first else _points(apart),
                f"{sum(setting['trained']) / len(finals) / what['train_samples']:.1f}",
                f"{100 * sum(setting['rate']) / len(finals):.1f} %",
                "another arm" if "arm" in knobs else "no" if knobs else "default",
            ]
        )  # fmt: skip
    day = time.strftime("%Y-%m-%d", time.gmtime(what["started_s"]))
    machine = ", ".join(f"{key} {value}" for key, value in what["hardware"].items())
    data = f"{what['train_samples']:,} images of {what['dataset']}"
    return [
        f"## Tried on {data}: {what['model']}, {what['seconds']:g} training seconds",
        "",
        f"Recorded {day} in [{name}](races/{name}) on {machine}, torch {what['versions']['torch']}; n = {what['seeds']} seeds "
        f"from {what['seed']} on. *Passes* is how often a sample trained on average. The held-out images chose between settings "
        "here: a claim needs a race on other data.",
        "",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def _points(apart: Estimate | None) -> str:
    if apart is None:
        return "-"
    width = "" if apart.half_width is None else f" ± {100 * apart.half_width:.2f}"
    return f"{100 * apart.mean:+.2f}{width}"


def setting_of(text: str) -> tuple[str, dict[str, Any]]:
    """Read `NAME: knob=value knob=value`. Raises `argparse.ArgumentTypeError`."""
    name, colon, words = text.partition(":")
    pairs = [word.partition("=") for word in words.split()]
    if not colon or not all(knob in KNOBS and equals for knob, equals, _ in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not `NAME: knob=value ...` with knobs of the configuration")
    given = {knob: value for knob, _, value in pairs}
    held = Config(**given)
    return name.strip(), {knob: getattr(held, knob) for knob in given}


def main(arguments: Sequence[str] | None = None) -> None:
    """Try the settings out and write the record."""
    parser = argparse.ArgumentParser(prog="python -m tools.tried", description="Try settings of the knobs out, in turn.")
    parser.add_argument("record", type=Path, help="where to write the record")
    parser.add_argument("settings", nargs="+", type=setting_of, metavar="SETTING", help="NAME: knob=value knob=value")
    parser.add_argument("--seconds", type=number, default=20.0, help="training seconds of each (default: 20)")
    parser.add_argument("--seeds", type=count, default=3, help="how many seeds, from --seed on (default: 3)")
    add_knobs(parser)
    options = parser.parse_args(arguments)
    config, settings = config_of(options), dict(options.settings)
    learner = Racer(config, options.seconds, silent).session.learner
    what = {
        "started_s": time.time(), "dataset": config.dataset, "model": config.model, "train_samples": len(learner.dataset.train),
        "seconds": options.seconds, "seeds": options.seeds, "seed": config.seed, "config": config.model_dump(mode="json"),
        "versions": versions(), "hardware": hardware(torch.device(learner.device)),
    }  # fmt: skip
    came_to = try_out(config, settings, options.seconds, options.seeds)
    tried = [{"name": name, "knobs": dict(knobs), **came_to[name]} for name, knobs in settings.items()]
    options.record.write_text(json.dumps({"tried": what, "settings": tried}, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {options.record}")


if __name__ == "__main__":
    main()
