"""Compare settings of the knobs: they train in turn like the arms of a race, and each becomes a line of `docs/results.md`.

    python -m tools.tried docs/races/NAME.json --dataset fashion-mnist --train-samples 3000 --seconds 20 --seeds 3 \
        "dense: arm=dense" "sharper: gate_temperature=0.05" "loss alone: contrast_weight=0"

Every setting gets the same training seconds and seeds, in turns as short as those of a race. Every knob is also a flag, which
holds for all settings. The section marks the setting whose knobs are today's defaults: after a change of a default, write the
page again.
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

from sundew_core.cli.terminal import add_knobs, config_of, count
from sundew_core.config import KNOBS, Config
from sundew_core.contests.race import Racer
from sundew_core.data.loading import silent
from sundew_core.events.contest import SLICE_S, ArmValidated, positive
from sundew_core.metrics.contests.lines import with_interval
from sundew_core.metrics.contests.race import Estimate, estimate
from sundew_core.training.machine import hardware, versions
from sundew_core.wording import UNKNOWN
from tools.support.markdown import recorded, table

NUMBERS = ("final", "early", "trained", "rate")
"""Recorded for each seed: accuracy at the end, accuracy early, samples trained, and their share of the candidates."""
EARLY = 5 / 8
"""Share of the seconds after which settings are also compared: 1 / 1.6."""


def try_out(
    config: Config, settings: Mapping[str, Mapping[str, Any]], seconds: float, seeds: int
) -> dict[str, dict[str, list[float]]]:
    """Train every setting for `seconds` training seconds with each seed; returns its `NUMBERS`, one value per seed."""
    results: dict[str, dict[str, list[float]]] = {name: {what: [] for what in NUMBERS} for name in settings}
    for seed in range(config.seed, config.seed + seeds):
        racers = {name: Racer(config.changed(seed=seed, **knobs), seconds, silent) for name, knobs in settings.items()}
        for racer in racers.values():
            racer.ready((EARLY, 1.0))
        while waiting := {name: racer for name, racer in racers.items() if not racer.done}:
            name, racer = min(waiting.items(), key=lambda item: item[1].budget.spent_s)
            if (validated := racer.turn(SLICE_S)) is not None:
                _take(results[name], validated)
        finals = (f"{name} {100 * numbers['final'][-1]:.2f}" for name, numbers in results.items())
        print(f"seed {seed}: {', '.join(finals)}", file=sys.stderr, flush=True)
    return results


def _take(numbers: dict[str, list[float]], validated: ArmValidated) -> None:
    if validated.share == EARLY:
        numbers["early"].append(validated.val_accuracy)
    if validated.share >= 1.0:
        numbers["final"].append(validated.val_accuracy)
        numbers["trained"].append(validated.trained)
        numbers["rate"].append(validated.trained / validated.candidates)


def section(name: str, record: Mapping[str, Any]) -> list[str]:
    """The record as a section of the page: one line per setting, in the given order."""
    what, defaults = record["tried"], Config().model_dump(mode="json")
    varied = {knob for setting in record["settings"] for knob in setting["knobs"]}
    rows = [["setting", "knobs", "accuracy", "at 5/8 of the seconds", "against the first", "passes", "rate", "kept"]]
    first = record["settings"][0]
    for setting in record["settings"]:
        finals = setting["final"]
        apart = estimate([one - other for one, other in zip(finals, first["final"], strict=True)])
        early = estimate(setting["early"]) if len(setting["early"]) == len(finals) else None
        # Another arm does not use the knobs that the gate's settings vary.
        in_force = setting["knobs"] if "arm" in setting["knobs"] else {**what["config"], **setting["knobs"]}
        # Compared with today's defaults: a default may have changed because of this record.
        knobs = {knob: value for knob, value in in_force.items() if knob in varied and value != defaults[knob]}
        rows.append(
            [
                setting["name"], ", ".join(f"{knob}={value}" for knob, value in knobs.items()) or "none",
                with_interval(estimate(finals)), with_interval(early), UNKNOWN if setting is first else _points(apart),
                f"{sum(setting['trained']) / len(finals) / what['train_samples']:.1f}",
                f"{100 * sum(setting['rate']) / len(finals):.1f} %",
                "another arm" if "arm" in knobs else "no" if knobs else "default",
            ]
        )  # fmt: skip
    data = f"{what['train_samples']:,} images of {what['dataset']}"
    return [
        f"## Tried on {data}: {what['model']}, {what['seconds']:g} training seconds",
        "",
        f"{recorded(name, what['started_s'], what['hardware'])}, torch {what['versions']['torch']}; n = {what['seeds']} seeds "
        f"from {what['seed']} on. *Passes* is how often a sample trained on average. The held-out images served to choose the "
        "setting, so a claim needs a race on other data.",
        "",
        *table(*rows),
        "",
    ]


def _points(apart: Estimate | None) -> str:
    if apart is None:
        return UNKNOWN
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
    """Train the settings and write the record."""
    parser = argparse.ArgumentParser(prog="python -m tools.tried", description="Compare settings of the knobs.")
    parser.add_argument("record", type=Path, help="where to write the record")
    parser.add_argument("settings", nargs="+", type=setting_of, metavar="SETTING", help="NAME: knob=value knob=value")
    parser.add_argument("--seconds", type=float, default=20.0, help="training seconds of each setting (default: 20)")
    parser.add_argument("--seeds", type=count, default=3, help="number of seeds, from --seed on (default: 3)")
    add_knobs(parser)
    options = parser.parse_args(arguments)
    config, settings = config_of(options), dict(options.settings)
    learner = Racer(config, positive("seconds", options.seconds), silent).session.learner
    what = {
        "started_s": time.time(), "dataset": config.dataset, "model": config.model, "train_samples": len(learner.dataset.train),
        "seconds": options.seconds, "seeds": options.seeds, "seed": config.seed, "config": config.model_dump(mode="json"),
        "versions": versions(), "hardware": hardware(torch.device(learner.device)),
    }  # fmt: skip
    results = try_out(config, settings, options.seconds, options.seeds)
    tried = [{"name": name, "knobs": dict(knobs), **results[name]} for name, knobs in settings.items()]
    options.record.write_text(json.dumps({"tried": what, "settings": tried}, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {options.record}")


if __name__ == "__main__":
    main()
