"""How long something of the node is waited for, and what is said when it has not come."""

from __future__ import annotations

import os
import time

_BUSY = 1.5
"""Processes that want a processor, for each that there is, from which on a machine is overloaded."""


class Deadline:
    """A wait that a pack declares; as text what it is called, with a word for an overloaded machine.

    Args:
        seconds: From now on.
        key: Its key in the pack.
    """

    def __init__(self, seconds: float, key: str) -> None:
        self._until, self._said = time.monotonic() + seconds, f"{seconds:g} s ({key})"

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left of it."""
        return time.monotonic() > self._until

    def __str__(self) -> str:
        return f"{self._said}{busy()}"


def busy() -> str:
    """What a message about a missed deadline adds on a machine that is overloaded; else empty."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = os.getloadavg()[0]
    if load <= _BUSY * processors:
        return ""
    return f"; this machine is overloaded (load {load:.0f}, {processors} processors): run fewer --workers"
