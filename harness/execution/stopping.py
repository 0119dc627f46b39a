"""The seam for ending a run before its plan does: sequential tests, ``-x``, budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simgate.harness.results.record import RunRecord


class StoppingRule(Protocol):
    """Asked before each batch, told after each variant."""

    def should_stop(self) -> str:
        """Why no further batch should start; empty to go on. What is running is finished."""
        ...

    def observe(self, record: RunRecord) -> None:
        """A record has arrived and is in the journal."""
        ...

    def observe_attempt(self, record: RunRecord) -> None:
        """The same of an attempt that is not the last: the variant will be run again."""
        ...


class AnyOf:
    """Stops as soon as one of several rules does, for that one's reason.

    Args:
        rules: All are told of every record.
    """

    def __init__(self, rules: Sequence[StoppingRule]) -> None:
        self._rules = tuple(rules)

    def should_stop(self) -> str:
        """The first reason."""
        return next((reason for rule in self._rules if (reason := rule.should_stop())), "")

    def observe(self, record: RunRecord) -> None:
        """Tells all of them."""
        for rule in self._rules:
            rule.observe(record)

    def observe_attempt(self, record: RunRecord) -> None:
        """Tells all of them."""
        for rule in self._rules:
            rule.observe_attempt(record)


class NeverStop:
    """Runs the plan to its end."""

    def should_stop(self) -> str:
        """Never a reason."""
        return ""

    def observe(self, record: RunRecord) -> None:
        """Nothing to learn."""

    def observe_attempt(self, record: RunRecord) -> None:
        """Nothing to learn."""
