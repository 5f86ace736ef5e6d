"""The runner of contests: one background thread that races or benches. A stop goes in, events come out through the store.

It keeps to the same rules as the runner of runs, and shares its seat: a race and a training never go on at the same time.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from sundew_core.config import Config
from sundew_core.errors import SundewError
from sundew_core.events.commands import Command, Stop
from sundew_core.events.contest import ContestEvent, ContestFailed, Rules, broke_off, positive
from sundew_core.events.run import new_run_id
from sundew_core.jobs.job import Seat
from sundew_core.jobs.runs import spare_the_collector
from sundew_core.records.contests import ContestStore, Kind

Events = Callable[[], Iterator[ContestEvent]]


class ContestRunner:
    """Races and benches in the background and records in `store`. Safe to use from several threads."""

    def __init__(self, store: ContestStore, seat: Seat) -> None:
        self.store = store
        self._seat = seat
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._contest: str | None = None
        self._unrecorded: ContestFailed | None = None
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()

    @property
    def active(self) -> str | None:
        """Id of the contest that is going on here; None while there is none."""
        with self._lock:
            return self._contest if self._thread is not None and self._thread.is_alive() else None

    @property
    def unrecorded(self) -> ContestFailed | None:
        """Why the latest contest ended, where even that could not be written to the store; None in all other cases."""
        return self._unrecorded

    def race(self, config: Config, rules: Rules) -> str:
        """Begin a race and return its id. Raises `InputError` while anything trains here."""
        contest = new_run_id()

        def events() -> Iterator[ContestEvent]:
            from sundew_core.contests.race import race

            return race(config, rules, name=contest, inbox=self._inbox)

        return self._start(contest, "race", config, rules.plan, events)

    def bench(self, config: Config, seconds: float) -> str:
        """Begin a bench whose rounds take so many seconds, and return its id. Raises `InputError` while anything trains here."""
        positive("seconds", seconds)
        contest = new_run_id()

        def events() -> Iterator[ContestEvent]:
            from sundew_core.contests.bench import bench

            return bench(config, seconds, name=contest, inbox=self._inbox)

        return self._start(contest, "bench", config, {"seconds": seconds}, events)

    def stop(self) -> None:
        """End the contest after the present turn; what is recorded is kept. Without one, nothing happens."""
        self._commands.put(Stop())

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until no contest goes on; returns whether that is so, or the time was over first."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self.active is None

    def close(self) -> None:
        """Stop what goes on and wait for it."""
        self.stop()
        self.wait()

    def _start(self, contest: str, kind: Kind, config: Config, plan: dict[str, object], events: Events) -> str:
        def prepare() -> None:
            self.store.begin(contest, kind, config, plan)
            self._contest = contest
            self._unrecorded = None
            self._commands = queue.SimpleQueue()

        with self._lock:
            self._thread = self._seat.take(f"{kind} {contest} is still going on", prepare, lambda: self._work(contest, events))
        return contest

    def _work(self, contest: str, events: Events) -> None:
        try:
            try:
                recorded = events()
                spare_the_collector()
                for event in recorded:
                    self.store.append(contest, event)
            except Exception as error:
                self.store.append(contest, broke_off(error))
        except SundewError as error:  # a full disk takes no more events, not even the last one
            self._unrecorded = broke_off(error)

    def _inbox(self, *, wait: bool) -> Sequence[Command]:
        """What was asked for since; a contest cannot be paused, so it never waits."""
        return [self._commands.get_nowait() for _ in range(self._commands.qsize())]
