"""A pool whose hosts outlive a run, for runs that follow each other (``simgate run --watch``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType

from simgate.harness.execution.events import Listener
from simgate.harness.execution.hosts.pool.host_pool import HostPool
from simgate.harness.execution.planning.plan import Plan


class KeptPool:
    """Hosts on this machine, from one run to the next. Use as a context manager; leaving it ends them."""

    def __init__(self) -> None:
        self._pool: HostPool | None = None
        self._hosts = 0

    def __enter__(self) -> KeptPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.__exit__(kind, error, trace)

    @contextmanager
    def taken_up(
        self, plan: Plan, listeners: Sequence[Listener], retried: dict[str, int]
    ) -> Iterator[HostPool]:
        """The pool, made ready for a plan. What ends the run with an exception ends the hosts.

        Args:
            plan: What the hosts must hold.
            listeners: Told what happens.
            retried: Variant -> how often the machine's fault has been tried again.
        """
        if self._hosts != plan.hosts:
            self.__exit__(None, None, None)
            self._hosts = plan.hosts
        if self._pool is None:
            self._pool = HostPool(plan, listeners=listeners, retried=retried)
        else:
            self._pool.take_up(plan, listeners, retried)
        try:
            yield self._pool
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
