"""The runner: one background thread that trains one run at a time. Commands go in, events come out through the store.

Whoever asks for a run gets its id at once; preparing and training happen in the thread, and everything that is to
be known about them is read from the store, by any number of readers, in this process or another. torch is imported
by the thread, so that a page which only reads never loads it.
"""

from __future__ import annotations

import functools
import gc
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sundew_core.config import Config
from sundew_core.errors import SundewError
from sundew_core.events.commands import Command, Pause, Resume, Retune, Step, Stop
from sundew_core.events.run import RunFailed, failed, new_run_id
from sundew_core.jobs.job import Seat
from sundew_core.records.recorder import Recorder
from sundew_core.records.runs import Store


class Runner:
    """Trains in the background and records in `store`. Safe to use from several threads.

    Who shares the `seat` with others does not train while they do.
    """

    def __init__(self, store: Store, seat: Seat | None = None) -> None:
        self.store = store
        self._seat = seat or Seat()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._run: str | None = None
        self._config: Config | None = None
        self._unrecorded: RunFailed | None = None
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()

    @property
    def active(self) -> str | None:
        """Id of the run that is being trained; None while there is none."""
        with self._lock:
            return self._run if self._thread is not None and self._thread.is_alive() else None

    def start(self, config: Config) -> str:
        """Begin a run and return its id. Raises `InputError` while another run, or whoever shares the seat, trains."""
        run = new_run_id()

        def prepare() -> None:
            self.store.begin(run, config)
            self._run = run
            self._config = config
            self._unrecorded = None
            self._commands = queue.SimpleQueue()

        with self._lock:
            self._thread = self._seat.take(f"run {run} is still training", prepare, lambda: self._work(run, config))
        return run

    @property
    def config(self) -> Config | None:
        """The active run's configuration as last asked for, changes that are under way included; None without a run."""
        return self._config if self.active else None

    def retune(self, knobs: Mapping[str, Any], *, who: str) -> None:
        """Change knobs of the running gate from its next candidate batch on; without a run, nothing happens.

        Raises `KnobError`, with nothing changed, for an unknown knob or a value out of range.
        """
        with self._lock:
            if self._config is None:
                return
            self._config = self._config.changed(**knobs)
            self._commands.put(Retune(dict(knobs), who))

    def send(self, command: Pause | Resume | Step | Stop) -> None:
        """Give a command to the run; without a run, nothing happens."""
        self._commands.put(command)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing trains; returns whether that is so, or the time was over first."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return self.active is None

    def close(self) -> None:
        """Stop what trains and wait for it."""
        self.send(Stop())
        self.wait()

    @property
    def unrecorded(self) -> RunFailed | None:
        """Why the latest run ended, where even that could not be written to the store; None in all other cases."""
        return self._unrecorded

    def _work(self, run: str, config: Config) -> None:
        try:
            try:
                from sundew_core.training.trainer import train

                spare_the_collector()
                with Recorder(self.store, run) as recorder:
                    for event in train(config, run=run, inbox=self._inbox):
                        recorder.take(event)
            except Exception as error:
                self.store.append(run, failed(error))
        except SundewError as error:  # a full disk takes no more events, not even the last one
            self._unrecorded = failed(error)

    def _inbox(self, *, wait: bool) -> Sequence[Command]:
        first = [self._commands.get()] if wait else []
        return first + [self._commands.get_nowait() for _ in range(self._commands.qsize())]


@functools.cache
def spare_the_collector() -> None:
    """Take what is loaded by now, torch above all, out of Python's search for garbage; once in a process.

    Pages leave garbage behind at every tick, and each full search for it went through all of torch's objects: a few
    tenths of a second in which nothing else ran, training included.
    """
    gc.collect()
    gc.freeze()
