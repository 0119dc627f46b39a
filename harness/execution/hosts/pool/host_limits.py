"""When a host is given up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simgate.harness.execution.hosts.interpreter import process_traits

_NEVER = 1 << 31


@dataclass(frozen=True, slots=True)
class HostLimits:
    """When a host is given up. Generous: a slow machine must not turn into ERROR records.

    Attributes:
        startup_s: From the start of the process until everything is built.
        heartbeat_s: Longest silence; native code may hold the interpreter for a while.
        batch_floor_s: Smallest deadline of a batch.
        wall_factor: Wall-clock seconds allowed for each simulated second, on top of the floor.
        recycle_after: Variants after which a host is replaced, for simulators leak.
        shutdown_s: From the request to exit until the kill.
    """

    startup_s: float = 180.0
    heartbeat_s: float = 60.0
    batch_floor_s: float = 60.0
    wall_factor: float = 20.0
    recycle_after: int = 200
    shutdown_s: float = 5.0

    def batch_s(self, time_limit_s: float, variants: int) -> float:
        """Deadline of a batch, wall-clock seconds."""
        return self.batch_floor_s + self.wall_factor * time_limit_s * variants


def limits_of(adapter: str, waits_s: float = 0.0) -> HostLimits:
    """The limits for a simulator.

    Args:
        adapter: Entry-point name.
        waits_s: What its host may be kept waiting by others at a start, besides.
    """
    traits = process_traits(adapter)
    usual = HostLimits() if traits.leaks else HostLimits(recycle_after=_NEVER)
    if traits.slow:
        usual = HostLimits(startup_s=900.0, heartbeat_s=400.0, batch_floor_s=400.0)
    return replace(usual, startup_s=usual.startup_s + waits_s, batch_floor_s=usual.batch_floor_s + waits_s)
