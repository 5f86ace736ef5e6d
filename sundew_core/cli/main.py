"""The command line: `python -m sundew_core train | race | bench | runs | show | export | data`.

Every knob is a flag: its name with dashes for underscores. Exit codes: 0 finished, 1 failed, 2 bad input,
130 stopped from the keyboard. With `--events -` standard output carries nothing but events, one JSON line each; with
`--json` it is one JSON document.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from sundew_core.cli.contests import BENCH, RACE, add_bench, add_race
from sundew_core.cli.export import WORDS as EXPORT
from sundew_core.cli.export import add_export
from sundew_core.cli.terminal import BAD_INPUT, FAILED, FINISHED, INTERRUPTED, add_knobs, config_of, count, say, stop_on_interrupt
from sundew_core.config import Config
from sundew_core.data.inventory import inventory
from sundew_core.errors import InputError, SundewError
from sundew_core.events.run import EpochEnded, new_run_id, to_json
from sundew_core.metrics import RunView, console_line, log_lines, summary_lines
from sundew_core.records.runs import Recorder, RunStore
from sundew_core.wording import percent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except InputError as error:
        say(f"error: {error}")
        return BAD_INPUT
    except SundewError as error:
        say(f"error: {error}")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        sys.stderr.close()
        return FINISHED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sundew_core", description="Adaptive sparse training, measured.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    training = commands.add_parser("train", help="train one run and record it", description="Train one run and record it.")
    training.set_defaults(command=_train)
    training.add_argument("--events", choices=["-"], help="print the events as JSON lines on standard output")
    add_knobs(training)

    add_race(commands.add_parser("race", help="train several arms in turn and compare them", description=RACE))
    add_bench(commands.add_parser("bench", help="time every arm and scorer in turn", description=BENCH))

    listing = commands.add_parser("runs", help="list the recorded runs, newest first")
    listing.set_defaults(command=_runs)
    listing.add_argument("--limit", type=count, default=20, metavar="N", help="how many (default: 20)")

    showing = commands.add_parser("show", help="show one recorded run")
    showing.set_defaults(command=_show)
    showing.add_argument("run", metavar="RUN", help="the run's id, or enough of its beginning")
    showing.add_argument("--events", choices=["-"], help="print the events as JSON lines instead")

    add_export(commands.add_parser("export", help="write a run's figures and data as files", description=EXPORT))

    data = commands.add_parser("data", help="list the data sets: built in, on disk, downloadable")
    data.set_defaults(command=_data)
    return parser


def _train(options: argparse.Namespace) -> int:
    config = config_of(options)

    from sundew_core.training.trainer import train

    run = new_run_id()
    out = sys.stderr if options.events else sys.stdout
    view = RunView.of(())
    with stop_on_interrupt() as inbox:
        events = train(config, run=run, inbox=inbox, progress=say)
        with closing(RunStore()) as store:
            store.begin(run, config)
            with Recorder(store, run) as recorder:
                for event in events:
                    recorder.take(event)
                    view = view.extended([event])
                    if options.events:
                        print(to_json(event), flush=True)
                    if isinstance(event, EpochEnded):
                        print(console_line(event), file=out, flush=True)
    if view.failed is not None:
        say(f"error: {view.failed.error}")
        return FAILED
    print("\n".join([*summary_lines(view), f"Recorded as {run}"]), file=out)
    return INTERRUPTED if inbox.stopped else FINISHED


def _runs(options: argparse.Namespace) -> int:
    with closing(RunStore()) as store:
        rows = store.runs(limit=options.limit)
    if not rows:
        print("No runs yet. Train one with: python -m sundew_core train")
        return FINISHED
    columns = "{:<22}  {:<16}  {:<11}  {:<14.14}  {:<10.10}  {:<10}  {:>6}  {:>6}  {:>7}  {:>8}"
    print(columns.format("run", "when", "status", "data", "model", "arm", "target", "held", "epochs", "val acc"))
    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created_s))
        target, held, accuracy = (percent(rate) for rate in (row.target, row.activation_rate, row.val_accuracy))
        epochs = f"{row.epochs_done}/{row.epochs}"
        print(columns.format(row.run, when, row.status, row.dataset, row.model, row.arm, target, held, epochs, accuracy))
    return FINISHED


def _show(options: argparse.Namespace) -> int:
    with closing(RunStore()) as store:
        row = store.run(options.run)
        events = [event for _, event in store.events(row.run)]
    if options.events:
        print("\n".join(to_json(event) for event in events))
        return FINISHED
    view = RunView.of(events)
    defaults = Config().model_dump(mode="json")
    changed: dict[str, Any] = {name: value for name, value in row.config.items() if defaults.get(name) != value}
    print(f"Run {row.run}: {row.status}")
    print("Knobs changed from their defaults: " + (", ".join(f"{name}={value}" for name, value in changed.items()) or "none"))
    print("\n".join(log_lines(view)))
    return FINISHED


def _data(_options: argparse.Namespace) -> int:
    for item in inventory():
        print(f"{item.name:<14}  {item.status:<12}  {item.note}")
    return FINISHED
