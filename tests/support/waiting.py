"""Waiting for events. The one limit ends a test that would hang; a busy machine does not reach it."""

import os
import select
import time
from collections.abc import Callable
from typing import TypeVar

LIMIT_S = 900.0
T = TypeVar("T")


def until(seen: Callable[[], T]) -> T:
    """Wait until something is seen, and return it."""
    end = time.monotonic() + LIMIT_S
    while not (found := seen()):
        assert time.monotonic() < end, f"not seen within {LIMIT_S:.0f} s"
        time.sleep(0.01)
    return found


def until_ended(process: int) -> None:
    """Wait until a process of any parent has ended, whether or not its parent has noticed."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], LIMIT_S)[0], f"process {process} runs after {LIMIT_S:.0f} s"
    finally:
        os.close(descriptor)
