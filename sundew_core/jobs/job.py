"""The seat: the one place in a process where something may train.

A race beside a training would take its seconds from it, and both would measure the other. Whoever wants to train takes
the seat first, and keeps it for as long as its thread lives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sundew_core.errors import InputError


class Seat:
    """Holds the thread that trains now. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._what = ""

    def take(self, what: str, prepare: Callable[[], None], work: Callable[[], None]) -> threading.Thread:
        """Call `prepare` here and `work` in a thread of its own, which is returned.

        Raises `InputError` while another thread has the seat, before anything is called; `what` names this one then,
        such as `race 7 is still going on`.
        """
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise InputError(f"{self._what}: stop it first, or wait until it has finished")
            prepare()
            self._what = what
            self._thread = threading.Thread(target=work, name=f"sundew: {what}", daemon=True)
            self._thread.start()
            return self._thread
