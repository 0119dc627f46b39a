"""What a report needs of a run: manifest, verdict, and each expected variant with the record that counts.

Which record counts is decided by the gate (:func:`simgate.harness.gate.tally.gather`), so that a report can
never show other numbers than the verdict rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from simgate.harness.expansion.nominal import NominalRange
from simgate.harness.gate.decide import judged_run
from simgate.harness.gate.last_read import LastRead
from simgate.harness.gate.tally import Evidence, JudgedVariant, Status
from simgate.harness.gate.verdict import Verdict
from simgate.harness.packs.model import Pack
from simgate.harness.results.manifest import ExpectedVariant, Manifest
from simgate.harness.results.reading.stored_record import updated
from simgate.harness.results.record import Outcome, RunRecord, Scalar
from simgate.harness.results.run_folder import RunFolder
from simgate.reports.survey import Survey, survey

OUTCOMES = {
    Status.SUCCESS: Outcome.PASS,
    Status.FAILURE: Outcome.FAIL,
    Status.INVALID: Outcome.INVALID,
    Status.ERROR: Outcome.ERROR,
    Status.KNOWN: Outcome.KNOWN,
    Status.KNOWN_PASSED: Outcome.PASS,
    Status.KNOWN_INVALID: Outcome.INVALID,
}


@dataclass(frozen=True, slots=True)
class VariantResult:
    """An expected variant and what became of it.

    Attributes:
        expected: From the manifest.
        record: The record that counts, with the outcome that the gate counts; None when it is missing.
        missing_because: Why there is no record; empty when there is one.
        outcomes: Of all its records, in the journal's order; ``record.attempts`` counts them all.
    """

    expected: ExpectedVariant
    record: RunRecord | None
    missing_because: str = ""
    outcomes: tuple[Outcome, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """Outcome that the gate counts; None when it is missing."""
        return self.record.outcome if self.record else None

    @property
    def to_look_at(self) -> bool:
        """Whether it did not pass, or violates a hard rule of the gate."""
        return self.record is None or self.record.outcome is not Outcome.PASS or bool(self.record.violations)


@dataclass(frozen=True)
class RunData:
    """A run as reports see it.

    Attributes:
        folder: Where the run lies.
        manifest: What was to be run, and with what.
        verdict: The gate's answer.
        results: One entry for each expected variant, in the manifest's order.
        unexpected: Variants with records that the manifest does not list; they count for nothing.
        not_needed: Variants after a sequential test's decision; not among ``results``.
    """

    folder: Path
    manifest: Manifest
    verdict: Verdict
    results: tuple[VariantResult, ...]
    unexpected: tuple[str, ...] = ()
    not_needed: tuple[ExpectedVariant, ...] = ()

    @cached_property
    def by_scenario(self) -> dict[str, list[VariantResult]]:
        """Results by scenario, in the order of the manifest."""
        groups: dict[str, list[VariantResult]] = {}
        for result in self.results:
            groups.setdefault(result.expected.scenario, []).append(result)
        return groups

    @cached_property
    def records(self) -> list[RunRecord]:
        """The records that count."""
        return [result.record for result in self.results if result.record]

    @cached_property
    def survey(self) -> Survey:
        """Sums over the records that count, and what is kept of them."""
        return survey(self.records)

    @cached_property
    def pack(self) -> Pack:
        """The manifest's."""
        return Pack.model_validate(self.manifest.pack)

    @cached_property
    def nominal(self) -> dict[str, NominalRange]:
        """Distribution of the parameters, by scenario."""
        rows: dict[str, list[Mapping[str, Scalar]]] = {}
        for row in self.survey.rows:
            rows.setdefault(row.scenario, []).append(row.parameters)
        return {s.id: NominalRange.of_scenario(s, rows.get(s.id, ())) for s in self.pack.scenarios}

    @cached_property
    def log_parameters(self) -> frozenset[str]:
        """Parameters that the pack draws on a log scale."""
        return frozenset(
            name
            for scenario in self.pack.scenarios
            for name, spec in scenario.parameters.items()
            if spec.kind == "log_uniform"
        )

    def count(self, outcome: Outcome | None) -> int:
        """How many expected variants ended so; None counts the missing ones."""
        return sum(result.outcome == outcome for result in self.results)


def load_run(folder: RunFolder) -> RunData:
    """Reads a run and decides it from its records; nothing else that lies in the folder is believed.

    The last one, with what was summed up of it, is remembered until its files change.

    Raises:
        simgate.harness.results.run_folder.NotARun: No readable manifest.
        simgate.harness.results.journal.JournalDamaged: The journal cannot be read.
        simgate.harness.gate.decide.UndecidableRun: The manifest's pack cannot be read.
    """
    return _LAST.of(folder)


def _load(folder: RunFolder) -> RunData:
    own, verdict = judged_run(folder)
    # With what only a running host could say: version of the simulator, renderer.
    manifest = own.manifest.model_copy(update={"fingerprint": own.fingerprint})
    results = results_of(own.evidence)
    counted = len(results) if verdict.stopped_at is None else verdict.stopped_at
    rest = tuple(result.expected for result in results[counted:])
    return RunData(folder.path, manifest, verdict, results[:counted], own.evidence.unexpected, rest)


_LAST = LastRead(_load, of_reports=True)


def results_of(evidence: Evidence) -> tuple[VariantResult, ...]:
    """One result for each expected variant, with the record that counts for it."""
    refused = set(evidence.refused)
    return tuple(_result(variant, refused) for variant in evidence.variants)


def _result(variant: JudgedVariant, refused: set[str]) -> VariantResult:
    if variant.record is None:
        why = "no record"
        if variant.expected.id in refused:
            why = (
                "no record that counts: the one in the journal was made with another model, simulator or pack"
            )
        return VariantResult(variant.expected, None, why)
    record = variant.record
    changes: dict[str, object] = {"reason": variant.contradiction} if variant.contradiction else {}
    for name, value in (("outcome", OUTCOMES[variant.status]), ("attempts", variant.attempts)):
        if getattr(record, name) != value:
            changes[name] = value
    return VariantResult(variant.expected, updated(record, **changes), outcomes=variant.outcomes)
