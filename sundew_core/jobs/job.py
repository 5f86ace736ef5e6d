"""Job: one background thread. Commands go in, events come out through a store.

The caller gets an id at once. Preparing and training happen in the thread, and everything that is known about them is read
from the store, by any number of readers, in this process or another. The thread imports torch, so that a page which only
reads never loads it.
"""

from __future__ import annotations

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
"""Imports what makes events, which may take seconds, and returns it."""


class Slot:
    """The one place in a process where something may train. Safe to use from several threads.

    A race beside a training would take its seconds from it, and both would measure the other. Each job takes the slot first,
    and keeps it for as long as its thread lives.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._what = ""

    def take(self, what: str, prepare: Callable[[], None], work: Callable[[], None]) -> threading.Thread:
        """Call `prepare` here and `work` in a thread of its own, which is returned.

        Raises `InputError` while another thread has the slot, before anything is called. `what` names this job in the
        message that the next one gets, such as `race 7 is still running`.
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
    """Works in the background on one thing at a time. Safe to use from several threads."""

    def __init__(self, slot: Slot, failed: Callable[[Exception], Failure]) -> None:
        """Train only while the `slot` is free; `failed` makes the last event of work that an error stopped."""
        self._slot = slot
        self._failed = failed
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._name: str | None = None
        self.unrecorded: Failure | None = None
        """Why the latest work ended, if even that could not be written to the store; None in all other cases."""
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()

    @property
    def active(self) -> str | None:
        """Id of the work in progress here; None if there is none."""
        with self._lock:
            return self._name if self._thread is not None and self._thread.is_alive() else None

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until no work is in progress here; returns whether that is so, or the time was over first."""
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
        """Call `begin` here, where it may refuse, and the rest in the thread: what `load` imports gives the events to record.

        Returns the name.
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
        except SundewError as error:  # a full disk takes no more events, not even the last one
            self.unrecorded = self._failed(error)

    def _inbox(self, *, wait: bool) -> Sequence[Command]:
        """The commands that came since the last call; with `wait`, not before there is one."""
        first = [self._commands.get()] if wait else []
        return first + [self._commands.get_nowait() for _ in range(self._commands.qsize())]


@functools.cache
def _spare_the_collector() -> None:
    """Take what is loaded by now, torch above all, out of Python's search for garbage; once in a process.

    Pages leave garbage behind at every tick, and each full search for it went through all of torch's objects: a few
    tenths of a second in which nothing else ran, training included.
    """
    gc.collect()
    gc.freeze()
