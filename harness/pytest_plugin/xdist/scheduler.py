"""Hands variants to pytest-xdist workers, a part of a scenario at a time.

The stock schedulers split batches (``load``, ``worksteal``), do not group (``loadgroup`` on pytest 9.2), or
run a crashing item again on every replacement worker (``loadscope``). Here the crashed item leaves the queue
and is reported once, and a worker for which nothing is left is told so at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import Scheduling
    from xdist.workermanage import WorkerController

LOOK_AHEAD = 2
"""A worker starts an item only when it knows the next one (or that there is none)."""
UNITS_PER_WORKER = 4
LARGEST_UNIT = 16

Batch = list[int]
Unit = deque[Batch]


def split_into_units(ids: Sequence[str], workers: int, batch_of: Callable[[str], int]) -> Iterator[Unit]:
    """Splits a collection into units: consecutive items of one parent, in batches.

    Items of one id (``--keep-duplicates``) go to one worker, which runs the first and reports all.

    Args:
        ids: Node ids in the order of collection.
        workers: Number of workers that share them.
        batch_of: How many items of this parent (a node id) run together.

    Yields:
        Units of about a quarter of a worker's share; each is a queue of batches of positions in ``ids``.
    """
    wanted = max(1, min(LARGEST_UNIT, -(-len(ids) // (UNITS_PER_WORKER * max(1, workers)))))
    first: dict[str, int] = {}
    copies: dict[int, Batch] = {}
    for position, name in enumerate(ids):
        if (known := first.setdefault(name, position)) != position:
            copies.setdefault(known, []).append(position)
    for parent, positions in groupby(first.values(), key=lambda position: parent_of(ids[position])):
        members = list(positions)
        batch = max(1, batch_of(parent))
        size = max(batch, wanted // batch * batch)
        for start in range(0, len(members), size):
            part = members[start : start + size]
            unit = deque(part[place : place + batch] for place in range(0, len(part), batch))
            again = [copy for position in part for copy in copies.get(position, ())]
            unit.extend([again] if again else [])
            yield unit


def parent_of(nodeid: str) -> str:
    """Node id of the scenario or module that holds an item."""
    return nodeid.rpartition("::")[0]


class VariantScheduling:
    """An xdist scheduler whose unit is a part of a scenario.

    Args:
        workers: Number of workers that must report their collection before anything is handed out.
        batch_of: How many items of a parent (a node id) run together.
        report: Called with a failed collect report when two workers collected different items.
    """

    def __init__(
        self,
        workers: int,
        batch_of: Callable[[str], int],
        report: Callable[[pytest.CollectReport], object],
    ) -> None:
        self._workers = workers
        self._batch_of = batch_of
        self._report = report
        self._queue: deque[Unit] = deque()
        self._unit: dict[WorkerController, Unit] = {}
        self._pending: dict[WorkerController, dict[int, None]] = {}
        self._collected: dict[WorkerController, list[str]] = {}
        self._ids: list[str] | None = None

    @property
    def nodes(self) -> list[WorkerController]:
        """Workers that are up."""
        return list(self._pending)

    @property
    def collection_is_completed(self) -> bool:
        """Whether all workers of the start have reported what they collected."""
        return len(self._collected) >= self._workers

    @property
    def has_pending(self) -> bool:
        """Whether something is left to hand out or to finish."""
        return bool(self._queue) or any(self._unit.values()) or any(self._pending.values())

    @property
    def tests_finished(self) -> bool:
        """Whether everything is handed out, and no worker waits to learn what follows its last item."""
        if not self.collection_is_completed or self._queue or any(self._unit.values()):
            return False
        return all(len(pending) < LOOK_AHEAD for pending in self._pending.values())

    def add_node(self, node: WorkerController) -> None:
        """A worker is up."""
        self._pending[node] = {}
        self._unit[node] = deque()

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """A worker has collected; one that replaces a crashed worker must have found the same."""
        if self._ids is not None and not self._same(node, collection):
            node.shutdown()
            return
        self._collected[node] = list(collection)

    def schedule(self) -> None:
        """Hands out the first units, or feeds a worker that came later."""
        if self._ids is None and not self._start():
            return
        for node in self.nodes:
            self._feed(node)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """A worker has finished an item."""
        del self._pending[node][item_index]
        self._feed(node)

    def mark_test_pending(self, item: str) -> None:
        """Puts an item in front of the queue (a plugin wants a crashed one to run again)."""
        assert self._ids is not None
        self._queue.appendleft(deque([[self._ids.index(item)]]))
        self._feed_all()

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        """Never called: items are not stolen from workers."""
        raise NotImplementedError("simgate's scheduler does not steal items")

    def remove_node(self, node: WorkerController) -> str | None:
        """A worker is gone; what it had not begun goes back to the front of the queue.

        Returns:
            The item that it was on, or None when it had finished its work.

        Raises:
            KeyError: The worker is not known.
        """
        pending = list(self._pending.pop(node))
        rest = self._unit.pop(node)
        if len(pending) > 1:
            rest.appendleft(pending[1:])
        if rest:
            self._queue.appendleft(rest)
            self._feed_all()
        if not pending:
            return None
        assert self._ids is not None
        return self._ids[pending[0]]

    def _start(self) -> bool:
        first, *others = self._collected
        ids = self._collected[first]
        self._ids = ids
        differing = [node for node in others if not self._same(node, self._collected[node])]
        if differing:
            return False
        self._queue.extend(split_into_units(ids, len(self._pending), self._batch_of))
        return bool(ids)

    def _same(self, node: WorkerController, collection: Sequence[str]) -> bool:
        from xdist.report import report_collection_diff

        assert self._ids is not None
        problem = report_collection_diff(self._ids, collection, "the first worker", node.gateway.id)
        if problem:
            self._report(
                pytest.CollectReport(nodeid=node.gateway.id, outcome="failed", longrepr=problem, result=[])
            )
        return not problem

    def _feed_all(self) -> None:
        for node in self.nodes:
            if node in self._collected:
                self._feed(node)

    def _feed(self, node: WorkerController) -> None:
        if node.shutting_down or node not in self._collected:
            return
        while len(self._pending[node]) < LOOK_AHEAD:
            if not self._unit[node] and self._queue:
                self._unit[node] = self._queue.popleft()
            if not self._unit[node]:
                break
            batch = self._unit[node].popleft()
            self._pending[node].update(dict.fromkeys(batch))
            node.send_runtest_some(batch)
        if not self._queue and not self._unit[node]:
            node.shutdown()


class DeferredScheduling:
    """Chooses the scheduler when the first worker says what it collected.

    xdist wants a scheduler before anything is collected, and a session without packs must keep the scheduler
    that the user chose.

    Args:
        has_packs: Whether these node ids hold variants.
        ours: Makes the scheduler for a session with packs.
        default: Makes the scheduler that xdist would have used.
    """

    def __init__(
        self,
        has_packs: Callable[[Sequence[str]], bool],
        ours: Callable[[], Scheduling],
        default: Callable[[], Scheduling],
    ) -> None:
        self._has_packs = has_packs
        self._ours = ours
        self._default = default
        self._chosen: Scheduling | None = None
        self._waiting: list[WorkerController] = []

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """The first collection decides; all go to the chosen scheduler."""
        if self._chosen is None:
            self._chosen = self._ours() if self._has_packs(collection) else self._default()
            for known in self._waiting:
                self._chosen.add_node(known)
        self._chosen.add_node_collection(node, collection)

    @property
    def nodes(self) -> list[WorkerController]:
        """Workers that are up."""
        return self._chosen.nodes if self._chosen else list(self._waiting)

    @property
    def collection_is_completed(self) -> bool:
        """Whether all workers of the start have collected."""
        return self._chosen is not None and self._chosen.collection_is_completed

    @property
    def tests_finished(self) -> bool:
        """Whether nothing is left to hand out."""
        return self._chosen is not None and self._chosen.tests_finished

    @property
    def has_pending(self) -> bool:
        """Whether something is left to do."""
        return self._chosen is not None and self._chosen.has_pending

    def add_node(self, node: WorkerController) -> None:
        """A worker is up."""
        if self._chosen is None:
            self._waiting.append(node)
        else:
            self._chosen.add_node(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """A worker is gone.

        Raises:
            KeyError: The worker is not known.
        """
        if self._chosen is not None:
            crashed: str | None = self._chosen.remove_node(node)
            return crashed
        if node not in self._waiting:
            raise KeyError(node)
        self._waiting.remove(node)
        return None

    def __getattr__(self, name: str) -> Any:
        if self._chosen is None:
            raise AttributeError(f"{name}: no worker has collected yet")
        return getattr(self._chosen, name)
