"""What the xdist controller tells a worker before it starts; plain types, for it crosses processes."""

from __future__ import annotations

from typing import TypedDict

WORKER_INPUT = "simgate"
"""Key in xdist's ``workerinput``."""


class WorkerInput(TypedDict):
    """The value of that key."""

    slot: int
    """Number of the worker's host: names its log and picks its GPU."""
    runs: str
    """File that will name the run folder of each pack, once the controller has made them."""
