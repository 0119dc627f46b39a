"""The commands on models time and compare what a host runs: one thread a host."""

from __future__ import annotations

import os


def one_thread() -> None:
    """Asks libraries that are loaded from now on for one thread, as a host's environment does."""
    from simgate.harness.execution.hosts.host_environment import ONE_THREAD

    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
