"""Wait for what another thread, process or browser does: as long as it takes on a slow machine, and no longer than it needs."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0
Value = TypeVar("Value")


def eventually(condition: Callable[[], Value]) -> Value:
    """Wait until `condition()` is true, and return what it gave."""
    ends_s = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < ends_s, "it did not come true in time"
        time.sleep(0.01)
    return value
