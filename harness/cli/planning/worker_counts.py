"""How long a pack takes on so many workers, and what that costs: start-up and the tail are in it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simgate.harness.cli.planning.times import Measured, variants_of
from simgate.harness.packs.model import Pack

START_UP_S = 15.0
"""Of a worker, where nobody says it: interpreter, simulator and model, on an idle machine."""
_COUNTS = (1, 4, 16, 64, 256)
_DEALT = 20_000
"""Variants up to which each is dealt to a worker; of more the tail is below what can be seen."""


@dataclass(frozen=True, slots=True)
class OnWorkers:
    """A run on a number of workers.

    Attributes:
        workers: How many.
        seconds: From its start until the last record.
        busy: Share of the workers' time in which they run variants.
        cost: Of the workers' time until each has nothing left to do; None without a price.
    """

    workers: int
    seconds: float
    busy: float
    cost: float | None


def on_workers(
    pack: Pack, measured: Measured, workers: int, start_up_s: float, price: float | None
) -> list[OnWorkers]:
    """A run on the number that is asked for, and on others beside it; empty when nothing was measured.

    Args:
        pack: The pack.
        measured: How long variants took.
        workers: How many are asked for.
        start_up_s: Of each.
        price: Of an hour of one worker.
    """
    taken = sorted(_durations(pack, measured), reverse=True)
    if not taken:
        return []
    counts = sorted({workers, *(count for count in _COUNTS if count <= len(taken))})
    return [_on(taken, count, start_up_s, price) for count in counts]


def _on(taken: Sequence[float], workers: int, start_up_s: float, price: float | None) -> OnWorkers:
    """The longest first, each to the worker that is free first, as a run on a cluster hands them out."""
    workers = min(workers, len(taken))
    total = sum(taken)
    ends = [total / workers] * workers
    if len(taken) <= _DEALT:
        ends = [0.0] * workers
        for seconds in taken:
            heapq.heapreplace(ends, ends[0] + seconds)
    held = sum(ends) + workers * start_up_s
    cost = None if price is None else held / 3600.0 * price
    return OnWorkers(workers, start_up_s + max(*ends, taken[0]), total / held, cost)


def _durations(pack: Pack, measured: Measured) -> Iterator[float]:
    """As many as there are variants, spread as those that were measured."""
    every = sorted(second for found in measured.seconds.values() for second in found)
    for scenario in pack.scenarios:
        known = sorted(measured.seconds.get(scenario.id, ())) or every
        number = variants_of(pack, scenario.id)
        if known:
            yield from (known[(2 * k + 1) * len(known) // (2 * number)] for k in range(number))
