"""The seam for ending a run before its plan does: sequential tests, ``-x``, budgets."""

from __future__ import annotations

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


class NeverStop:
    """Runs the plan to its end."""

    def should_stop(self) -> str:
        """Never a reason."""
        return ""

    def observe(self, record: RunRecord) -> None:
        """Nothing to learn."""
