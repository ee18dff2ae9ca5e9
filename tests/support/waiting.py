"""Waiting for events. One time limit ends a test that would hang; it is too long for a busy machine to reach."""

import os
import select
import time
from collections.abc import Callable
from typing import TypeVar

LIMIT_S = 900.0
T = TypeVar("T")


def until(seen: Callable[[], T]) -> T:
    """Wait until a condition gives a true value, and return the value."""
    end = time.monotonic() + LIMIT_S
    while not (found := seen()):
        assert time.monotonic() < end, f"not seen within {LIMIT_S:.0f} s"
        time.sleep(0.01)
    return found


def until_ended(process: int) -> None:
    """Wait until a process of any parent has ended, even if its parent has not reaped it."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], LIMIT_S)[0], f"process {process} runs after {LIMIT_S:.0f} s"
    finally:
        os.close(descriptor)
