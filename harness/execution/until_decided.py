"""Ends a run when the gate is decided, by tests that are valid at any stopping time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from simgate.harness.gate.rules.regression import Comparison
from simgate.harness.gate.selection import left_out
from simgate.harness.gate.stopping.sequential import SequentialGate
from simgate.harness.gate.tally import judge, quarantines
from simgate.harness.packs.model import Pack
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.record import Outcome, RunRecord


class UntilDecided:
    """A :class:`simgate.harness.execution.stopping.StoppingRule`.

    Records arrive in any order; they count in the manifest's, each as soon as all before it are there.

    Args:
        manifest: Gives the order.
        pack: Gives the rules.
        comparison: With a baseline; None without one.
        records: What an earlier part of the run has left: all of its journal.
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
        self._own: dict[str, list[RunRecord]] = defaultdict(list)
        self._complete: set[str] = set()
        for record in records:
            self.observe_attempt(record)
        # An ERROR is run again; until then it stands for nothing but an attempt.
        self._complete |= {name for name, own in self._own.items() if own[-1].outcome is not Outcome.ERROR}
        self._count()

    def should_stop(self) -> str:
        """The decision and on how many variants it rests; empty while there is none."""
        if self._gate.decision is None:
            return ""
        return f"decided after {self._gate.counted} of {len(self._manifest.expected)} variants"

    def observe(self, record: RunRecord) -> None:
        """Counts what the record completes."""
        if self._wanted.get(record.variant) == record.identity:
            self.observe_attempt(record)
            self._complete.add(record.variant)
            self._count()

    def observe_attempt(self, record: RunRecord) -> None:
        """Remembers an attempt; its variant counts when a later one is its last."""
        if self._wanted.get(record.variant) == record.identity:
            self._own[record.variant].append(record)

    def _count(self) -> None:
        while self._gate.decision is None and self._gate.counted < len(self._manifest.expected):
            expected = self._manifest.expected[self._gate.counted]
            if expected.id not in self._complete:
                return
            excused = self._excused.get(expected.scenario, frozenset())
            self._gate.add(judge(expected, self._own[expected.id], self._pack, excused))
