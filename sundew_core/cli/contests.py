"""The commands `race` and `bench`: contests from the terminal, recorded like those started on the Race page."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from sundew_core.cli.terminal import FAILED, FINISHED, INTERRUPTED, add_knobs, config_of, say, stop_on_interrupt
from sundew_core.config import ARMS, Config
from sundew_core.events.contest import ArmValidated, ContestEvent, ContestFailed, Rules
from sundew_core.events.run import new_run_id, to_record
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.bench import result as bench_result
from sundew_core.metrics.contests.lines import bench_lines, race_lines, validation_line
from sundew_core.metrics.contests.race import RaceView
from sundew_core.metrics.contests.race import result as race_result
from sundew_core.records.contests import ContestStore, Kind

RACE = "Train several arms in turn on this machine, each for the same training seconds, and compare them."
BENCH = "Time every arm and scorer in turn on this machine: seconds per epoch, speed-up over dense, share of its ceiling."


def add_race(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `race` to its parser, and the function that runs it."""
    parser.set_defaults(command=_race)
    parser.add_argument("--arms", default="sundew,dense,random", metavar="A,B", help=f"arms that race, of {', '.join(ARMS)}")
    parser.add_argument("--seconds", type=float, default=30.0, metavar="S", help="training seconds per arm (default: 30)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="how many seeds, from --seed on (default: 1)")
    parser.add_argument("--validations", type=int, default=20, metavar="N", help="validations per arm (default: 20)")
    _add_common(parser)


def add_bench(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench` to its parser, and the function that runs it."""
    parser.set_defaults(command=_bench)
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="seconds of all rounds together (default: 60)")
    _add_common(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print events and result as one JSON document")
    add_knobs(parser, without="arm")


def _race(options: argparse.Namespace) -> int:
    config = config_of(options)

    from sundew_core.contests.race import race

    arms = tuple(arm.strip() for arm in options.arms.split(",") if arm.strip())
    rules = Rules(arms=arms, seconds=options.seconds, seeds=options.seeds, validations=options.validations)
    out = sys.stderr if options.json else sys.stdout
    events: list[ContestEvent] = []
    name = new_run_id()
    with stop_on_interrupt() as inbox:
        racing = race(config, rules, name=name, inbox=inbox, progress=say)
        for event in _recorded(name, "race", config, rules.plan, racing):
            events.append(event)
            if isinstance(event, ArmValidated):
                print(validation_line(event, rules.seconds), file=out, flush=True)
    view = RaceView.of(events)
    return _finish(options, events, view.failed, race_result(view), race_lines(view), stopped=inbox.stopped)


def _bench(options: argparse.Namespace) -> int:
    config = config_of(options)

    from sundew_core.contests.bench import bench

    name = new_run_id()
    with stop_on_interrupt() as inbox:
        timing = bench(config, options.seconds, name=name, inbox=inbox, progress=say)
        events = list(_recorded(name, "bench", config, {"seconds": options.seconds}, timing))
    view = BenchView.of(events)
    return _finish(options, events, view.failed, bench_result(view), bench_lines(view), stopped=inbox.stopped)


def _recorded(
    contest: str, kind: Kind, config: Config, plan: Mapping[str, Any], events: Iterator[ContestEvent]
) -> Iterator[ContestEvent]:
    """The events, each written to the store before it is passed on."""
    with closing(ContestStore()) as store:
        store.begin(contest, kind, config, plan)
        for event in events:
            store.append(contest, event)
            yield event


def _finish(
    options: argparse.Namespace, events: Sequence[ContestEvent], failure: ContestFailed | None,
    result: dict[str, Any], lines: Sequence[str], *, stopped: bool,
) -> int:  # fmt: skip
    """Print a contest, as one JSON document or in lines, and return the exit code."""
    document = {"events": [to_record(event) for event in events], "result": result}
    print(json.dumps(document, allow_nan=False) if options.json else "\n".join(lines), flush=True)
    if failure is None:
        return INTERRUPTED if stopped else FINISHED
    say(f"error: {failure.error}" + (f" (arm {failure.who})" if failure.who else ""))
    return FAILED
