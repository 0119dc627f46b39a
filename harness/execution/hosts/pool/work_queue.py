"""What is still to run, in which portions, and what becomes of a portion whose host has died."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice

from simgate.harness.execution.hosts.assignment import Assignment

MAX_ATTEMPTS = 2
"""A variant on which two hosts have died is not given to a third."""
MAX_PLACES = 4
"""Nodes of a cluster may go for any reason, and several after one another; one on which this many places were
lost may be the reason."""


@dataclass(frozen=True, slots=True)
class AfterCrash:
    """What becomes of a crashed batch.

    Attributes:
        retried: Will run again.
        given_up: Were running when their host died, for the last allowed time.
    """

    retried: tuple[Assignment, ...]
    given_up: tuple[Assignment, ...]


class WorkQueue:
    """Portions in the plan's order, one batch of worlds each.

    Args:
        assignments: All that is to run; each is asked for when its turn has come.
        batch: Worlds that run together in one host.
        count: How many assignments there are; None counts them.
    """

    def __init__(self, assignments: Iterable[Assignment], batch: int, count: int | None = None) -> None:
        if count is None:
            assignments = list(assignments)
            count = len(assignments)
        self._new, self._batch, self._fresh = iter(assignments), batch, -(-count // batch)
        self._portions: deque[tuple[Assignment, ...]] = deque()
        """What goes before the new ones."""
        self._last: deque[tuple[Assignment, ...]] = deque()
        """What comes after them."""

    def __len__(self) -> int:
        return len(self._portions) + self._fresh + len(self._last)

    def take(self) -> tuple[Assignment, ...] | None:
        """The next portion, or None when nothing is left to hand out."""
        if self._portions:
            return self._portions.popleft()
        if self._fresh:
            self._fresh -= 1
            return tuple(islice(self._new, self._batch))
        return self._last.popleft() if self._last else None

    def again(self, assignment: Assignment) -> None:
        """Puts a variant behind all others, alone: by then the machine may have come round."""
        self._last.append((assignment,))

    def clear(self) -> None:
        """Drops what has not been handed out."""
        self._portions.clear()
        self._last.clear()
        self._fresh = 0

    def crashed(
        self, unfinished: Iterable[Assignment], started: Collection[str], most: int = MAX_ATTEMPTS
    ) -> AfterCrash:
        """Takes back what a dead host has not finished; each variant runs alone from now on.

        Those that were running are suspects and spend an attempt; when none had started, all are, so that
        a host that dies on arrival of a batch cannot be fed for ever.

        Args:
            unfinished: Variants of the portion without a record.
            started: Ids of variants that the host had begun.
            most: Attempts after which a suspect is given up.
        """
        rest = list(unfinished)
        suspects = {a.variant.id for a in rest if a.variant.id in started} or {a.variant.id for a in rest}
        retried: list[Assignment] = []
        given_up: list[Assignment] = []
        for assignment in rest:
            if assignment.variant.id not in suspects:
                retried.append(assignment)
            elif assignment.attempt >= most:
                given_up.append(assignment)
            else:
                retried.append(assignment.model_copy(update={"attempt": assignment.attempt + 1}))
        self._portions.extendleft((assignment,) for assignment in reversed(retried))
        return AfterCrash(tuple(retried), tuple(given_up))
