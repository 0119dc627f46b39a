"""Whether a runtime can work on a machine, for ``simgate doctor``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Availability:
    """What a runtime's class method ``availability()`` answers; it runs in a process of its own.

    Attributes:
        detail: Version and devices.
        problem: Why it cannot run here; empty when it can.
        remedy: What to do about the problem, or to use more of the machine.
    """

    detail: str
    problem: str = ""
    remedy: str = ""
