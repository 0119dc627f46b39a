"""Where hosts are started: on this machine, or wherever else a pool is told."""

from __future__ import annotations

from typing import Protocol

from simgate.harness.execution.hosts.assignment import HostSetup
from simgate.harness.execution.hosts.host_connection import HostConnection
from simgate.harness.execution.hosts.host_process import HostProcess
from simgate.harness.execution.hosts.messages import Placed
from simgate.harness.execution.planning.plan import Plan
from simgate.sim_adapters.gl import too_few_files


class CannotBegin(Exception):  # noqa: N818 - the name says what happened
    """A host cannot even be begun, and no other attempt would; the message says why."""


class NodeRefused(Exception):  # noqa: N818 - the name says what happened
    """The machine that a host has been given is not one for this run; the message says why."""


class HostStarter(Protocol):
    """Starts the hosts of a pool."""

    is_elsewhere: bool
    """Whether a host waits for a place first (:class:`.Placed`); what one place lacks another may have."""

    def start(self, number: int) -> HostConnection:
        """Starts the host of a slot; does not wait for it.

        Raises:
            CannotBegin: There is no place for it.
        """
        ...

    def setup(self, number: int, placed: Placed | None) -> HostSetup:
        """What the host has to build, where it is.

        Raises:
            NodeRefused: That place is not one for this run.
        """
        ...

    def refuse(self, host: HostConnection, reason: str) -> None:
        """A host could not start where it was, for a reason that will stand there."""
        ...

    def close(self) -> None:
        """Waits until everything is cleared away; all hosts have been ended."""
        ...


class LocalHosts:
    """Hosts on this machine.

    Args:
        plan: What the hosts must hold.
    """

    is_elsewhere = False

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def start(self, number: int) -> HostConnection:
        """See :class:`HostStarter`."""
        try:
            return HostProcess(number, self._plan.folder.host_log(number), self._plan.interpreter)
        except OSError as error:
            command = " ".join(self._plan.interpreter)
            raise CannotBegin(f"`{command}` cannot be run: {error}\n{too_few_files()}".strip()) from None

    def setup(self, number: int, placed: Placed | None) -> HostSetup:
        """See :class:`HostStarter`."""
        return self._plan.setup(number)

    def refuse(self, host: HostConnection, reason: str) -> None:
        """The same cause would meet every retry here; the pool closes the slot."""

    def close(self) -> None:
        """Nothing is left of hosts that have ended."""
