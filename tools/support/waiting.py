"""Wait for another thread, process or browser: long enough for a slow machine, and no longer than needed."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 60.0
Value = TypeVar("Value")


def eventually(condition: Callable[[], Value]) -> Value:
    """Wait until `condition()` is true and return its value. Raises `AssertionError` after `PATIENCE_S` seconds."""
    ends_s = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < ends_s, f"the condition did not come true in {PATIENCE_S:.0f} seconds"
        time.sleep(0.01)
    return value
