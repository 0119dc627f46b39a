"""Ends a run when the gate is decided, by tests that are valid at any stopping time."""

from __future__ import annotations

from collections.abc import Iterable

from simgate.harness.gate.regression import Comparison
from simgate.harness.gate.selection import left_out
from simgate.harness.gate.sequential import SequentialGate
from simgate.harness.gate.tally import judge, quarantines
from simgate.harness.packs.model import Pack
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.record import RunRecord


class UntilDecided:
    """A :class:`simgate.harness.execution.stopping.StoppingRule`.

    Records arrive in any order; they count in the manifest's, each as soon as all before it are there.

    Args:
        manifest: Gives the order.
        pack: Gives the rules.
        comparison: With a baseline; None without one.
        records: What an earlier part of the run has left.
    """

    def __init__(
        self,
        manifest: Manifest,
        pack: Pack,
        comparison: Comparison | None = None,
        records: Iterable[RunRecord] = (),
    ) -> None:
        self._manifest, self._pack = manifest, pack
        self._excused = quarantines(manifest, pack)
        self._gate = SequentialGate(pack, manifest.expected, comparison, left_out(manifest, pack))
        self._wanted = {expected.id: expected.identity for expected in manifest.expected}
        self._arrived: dict[str, RunRecord] = {}
        for record in records:
            self.observe(record)

    def should_stop(self) -> str:
        """The decision and on how many variants it rests; empty while there is none."""
        if self._gate.decision is None:
            return ""
        return f"decided after {self._gate.counted} of {len(self._manifest.expected)} variants"

    def observe(self, record: RunRecord) -> None:
        """Counts what the record completes."""
        if self._wanted.get(record.variant) != record.identity:
            return
        self._arrived[record.variant] = record
        while self._gate.decision is None and self._gate.counted < len(self._manifest.expected):
            expected = self._manifest.expected[self._gate.counted]
            arrived = self._arrived.get(expected.id)
            if arrived is None:
                return
            excused = self._excused.get(expected.scenario, frozenset())
            self._gate.add(judge(expected, [arrived], self._pack, excused))
