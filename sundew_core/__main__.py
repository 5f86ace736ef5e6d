"""The command line: `python -m sundew_core train | race | bench | runs | show | export | data`.

Every knob is a flag: its name with dashes for underscores. Exit codes: 0 finished, 1 failed, 2 bad input,
130 stopped from the keyboard. With `--events -` standard output carries nothing but events, one JSON line each; with
`--json` it is one JSON document.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from types import FrameType
from typing import Any

from sundew_core.commands import Command, Stop
from sundew_core.config import ARMS, KNOBS, Config
from sundew_core.contests import ArmValidated, ContestEvent, ContestFailed, Rules
from sundew_core.data.inventory import inventory
from sundew_core.errors import InputError, SundewError
from sundew_core.events import EpochEnded, new_run_id, to_json, to_record
from sundew_core.export_command import WORDS as EXPORT
from sundew_core.export_command import add_export
from sundew_core.knob_flags import add_knob, config_of
from sundew_core.metrics import RunView, console_line, log_lines, summary_lines
from sundew_core.metrics.bench import BenchView
from sundew_core.metrics.bench import result as bench_result
from sundew_core.metrics.contest_lines import bench_lines, race_lines, validation_line
from sundew_core.metrics.race import RaceView
from sundew_core.metrics.race import result as race_result
from sundew_core.recorder import Recorder
from sundew_core.store import Store

RACE = "Train several arms in turn on this machine, each for the same training seconds, and compare them."
BENCH = "Time every arm and scorer in turn on this machine: seconds an epoch, speed-up over dense, share of its ceiling."
FINISHED, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except InputError as error:
        _say(f"error: {error}")
        return BAD_INPUT
    except SundewError as error:
        _say(f"error: {error}")
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
    for knob in KNOBS.values():
        add_knob(training, knob)

    racing = commands.add_parser("race", help="train several arms in turn and compare them", description=RACE)
    racing.set_defaults(command=_race)
    racing.add_argument("--arms", default="sundew,dense,random", metavar="A,B", help=f"who races, of {', '.join(ARMS)}")
    racing.add_argument("--seconds", type=_number, default=30.0, metavar="S", help="training seconds of each arm (default: 30)")
    racing.add_argument("--seeds", type=_count, default=1, metavar="N", help="how many seeds, from --seed on (default: 1)")
    racing.add_argument("--validations", type=_count, default=20, metavar="N", help="validations of each arm (default: 20)")
    timing = commands.add_parser("bench", help="time every arm and scorer in turn", description=BENCH)
    timing.set_defaults(command=_bench)
    timing.add_argument("--seconds", type=_number, default=60.0, metavar="S", help="length of the rounds (default: 60)")
    for contest in (racing, timing):
        contest.add_argument("--json", action="store_true", help="print events and result as one JSON document")
        for knob in KNOBS.values():
            if knob.name != "arm":
                add_knob(contest, knob)

    listing = commands.add_parser("runs", help="list the recorded runs, newest first")
    listing.set_defaults(command=_runs)
    listing.add_argument("--limit", type=_count, default=20, metavar="N", help="how many (default: 20)")

    showing = commands.add_parser("show", help="show one recorded run")
    showing.set_defaults(command=_show)
    showing.add_argument("run", metavar="RUN", help="the run's id, or enough of its beginning")
    showing.add_argument("--events", choices=["-"], help="print the events as JSON lines instead")

    add_export(commands.add_parser("export", help="write a run's figures and data as files", description=EXPORT))

    data = commands.add_parser("data", help="list the data sets: built in, on disk, downloadable")
    data.set_defaults(command=_data)
    return parser


def _number(text: str) -> float:
    number = float(text)
    if not 0.0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not allowed: give a number above 0")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not allowed: give 1 or more")
    return number


def _train(options: argparse.Namespace) -> int:
    config = config_of(options)

    from sundew_core.training.trainer import train

    run = new_run_id()
    out = sys.stderr if options.events else sys.stdout
    view = RunView.of(())
    with _stop_on_interrupt() as inbox:
        events = train(config, run=run, inbox=inbox, progress=_say)
        with closing(Store()) as store:
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
        _say(f"error: {view.failed.error}")
        return FAILED
    print("\n".join([*summary_lines(view), f"Recorded as {run}"]), file=out)
    return INTERRUPTED if inbox.stopped else FINISHED


def _race(options: argparse.Namespace) -> int:
    config = config_of(options)

    from sundew_core.race import race

    arms = tuple(arm.strip() for arm in options.arms.split(",") if arm.strip())
    rules = Rules(arms=arms, seconds=options.seconds, seeds=options.seeds, validations=options.validations)
    out = sys.stderr if options.json else sys.stdout
    events: list[ContestEvent] = []
    with _stop_on_interrupt() as inbox:
        for event in race(config, rules, inbox=inbox, progress=_say):
            events.append(event)
            if isinstance(event, ArmValidated):
                print(validation_line(event, rules.seconds), file=out, flush=True)
    view = RaceView.of(events)
    _tell(options, events, race_result(view), race_lines(view))
    return _failed(view.failed) or (INTERRUPTED if inbox.stopped else FINISHED)


def _bench(options: argparse.Namespace) -> int:
    config = config_of(options)

    from sundew_core.bench import bench

    events = list(bench(config, options.seconds, progress=_say))
    view = BenchView.of(events)
    _tell(options, events, bench_result(view), bench_lines(view))
    return _failed(view.failed) or FINISHED


def _tell(options: argparse.Namespace, events: Sequence[ContestEvent], result: dict[str, Any], lines: Sequence[str]) -> None:
    """Print a contest: as one JSON document, or in lines."""
    document = {"events": [to_record(event) for event in events], "result": result}
    print(json.dumps(document, allow_nan=False) if options.json else "\n".join(lines), flush=True)


def _failed(failure: ContestFailed | None) -> int:
    if failure is None:
        return FINISHED
    _say(f"error: {failure.error}" + (f" (arm {failure.who})" if failure.who else ""))
    return FAILED


class _Interrupts:
    """An inbox that turns the first Ctrl-C into a `Stop`."""

    stopped = False

    def __call__(self, *, wait: bool) -> Sequence[Command]:
        return [Stop()] if self.stopped else []

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Take in the first Ctrl-C, and leave the second one its usual effect."""
        self.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _say("stopping after this batch; press Ctrl-C again to leave at once")


@contextmanager
def _stop_on_interrupt() -> Iterator[_Interrupts]:
    inbox = _Interrupts()
    before = signal.signal(signal.SIGINT, inbox.interrupt)
    try:
        yield inbox
    finally:
        signal.signal(signal.SIGINT, before)


def _runs(options: argparse.Namespace) -> int:
    with closing(Store()) as store:
        rows = store.runs(limit=options.limit)
    if not rows:
        print("No runs yet. Train one with: python -m sundew_core train")
        return FINISHED
    columns = "{:<22}  {:<16}  {:<11}  {:<14.14}  {:<10.10}  {:<10}  {:>6}  {:>6}  {:>7}  {:>8}"
    print(columns.format("run", "when", "status", "data", "model", "arm", "target", "held", "epochs", "val acc"))
    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created_s))
        target, held, accuracy = (_percent(rate) for rate in (row.target, row.activation_rate, row.val_accuracy))
        epochs = f"{row.epochs_done}/{row.epochs}"
        print(columns.format(row.run, when, row.status, row.dataset, row.model, row.arm, target, held, epochs, accuracy))
    return FINISHED


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100 * fraction:.1f} %"


def _show(options: argparse.Namespace) -> int:
    with closing(Store()) as store:
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


def _say(message: str) -> None:
    """Tell the person at the terminal; standard output stays for results."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
