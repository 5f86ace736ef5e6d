"""Job: one background thread. Commands go in; events come out through a store.

The caller gets an id at once. The thread prepares and trains, and writes every event to the store, where any number of
readers in this process or another follow it. The thread also imports torch, so that a page that only reads never loads it.
"""

import functools
import gc
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from sundew_core.errors import InputError, SundewError
from sundew_core.events.commands import Command, Stop

Event = TypeVar("Event")
Failure = TypeVar("Failure")
Load = Callable[[], Callable[[], Iterable[Event]]]
"""Imports the function that makes the events, which may take seconds, and returns it."""


class Slot:
    """Lets one job at a time train in this process. Safe to use from several threads.

    Two jobs at once would slow each other down and spoil each other's measured times. A job takes the slot before it starts
    and keeps it until its thread ends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._what = ""

    def take(self, what: str, prepare: Callable[[], None], work: Callable[[], None]) -> threading.Thread:
        """Call `prepare` here and `work` in a new thread, and return the thread.

        While another thread has the slot, it raises `InputError` and calls neither. `what` begins the message that refuses
        the next job, such as `race 7 is still running`.
        """
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise InputError(f"{self._what}: stop it first, or wait until it has finished")
            prepare()
            self._what = what
            self._thread = threading.Thread(target=work, name=f"sundew: {what}", daemon=True)
            self._thread.start()
            return self._thread


class Job(ABC, Generic[Event, Failure]):
    """Does one piece of work at a time in the background. Safe to use from several threads."""

    def __init__(self, slot: Slot, failed: Callable[[Exception], Failure]) -> None:
        """Work only if the `slot` is free; `failed` turns the error that stopped the work into its last event."""
        self._slot = slot
        self._failed = failed
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._name: str | None = None
        self.unrecorded: Failure | None = None
        """The failure of the latest work, if the store could not record it; otherwise None."""
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()

    @property
    def active(self) -> str | None:
        """Id of this job's work in progress; None if there is none."""
        with self._lock:
            return self._name if self._thread is not None and self._thread.is_alive() else None

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until this job has no work in progress; return False if `timeout_s` is over first."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self.active is None

    def close(self) -> None:
        """Stop the work in progress and wait for its end."""
        self._commands.put(Stop())
        self.wait()

    @abstractmethod
    def _record(self, name: str, events: Iterable[Event | Failure]) -> None:
        """Write the events to the store as they come."""

    def _start(self, name: str, what: str, begin: Callable[[], None], load: Load[Event]) -> str:
        """Call `begin` here, where it may refuse; in the thread, call `load` and record the events of what it returns.

        Returns `name`. Raises `InputError` while another job has the slot; `what` is as in `Slot.take`.
        """

        def prepare() -> None:
            begin()
            self._name, self.unrecorded, self._commands = name, None, queue.SimpleQueue()

        with self._lock:
            self._thread = self._slot.take(what, prepare, lambda: self._work(name, load))
        return name

    def _work(self, name: str, load: Load[Event]) -> None:
        try:
            try:
                events = load()
                _spare_the_collector()
                self._record(name, events())
            except Exception as error:
                self._record(name, [self._failed(error)])
        except SundewError as error:  # a full disk cannot take even the failure
            self.unrecorded = self._failed(error)

    def _inbox(self, *, wait: bool) -> Sequence[Command]:
        """The commands given since the last call, in order; with `wait`, block until there is at least one."""
        first = [self._commands.get()] if wait else []
        return first + [self._commands.get_nowait() for _ in range(self._commands.qsize())]


@functools.cache
def _spare_the_collector() -> None:
    """Exclude everything loaded so far, mainly torch, from garbage collection; once per process.

    Pages leave garbage behind at every tick. Each full collection used to visit all of torch's objects and stopped every
    thread, including training, for a few tenths of a second.
    """
    gc.collect()
    gc.freeze()
