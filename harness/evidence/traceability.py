"""Requirement traceability: requirement -> scenarios -> variants -> outcome."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from simgate.harness.gate.tally import JudgedVariant, Status
from simgate.harness.gate.verdict import ScenarioSummary, Verdict
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.text import plural

NO_REQUIREMENT = "(none)"
"""Stands for scenarios that name no requirement, so that the matrix holds every variant."""


class Standing(StrEnum):
    """What the variants say about a requirement; a description, the gate's rules decide."""

    PASSED = "all passed"
    FAILED = "failed"
    OPEN = "open"
    """Nothing failed, but not everything counted: INVALID, ERROR, missing, in quarantine, or nothing ran."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement with the scenarios that test it.

    Attributes:
        id: As the pack writes it.
        scenarios: All that name it, also those that did not run.
    """

    id: str
    scenarios: tuple[ScenarioSummary, ...]

    def count(self, name: str) -> int:
        """Sum of one of the summaries' counts, for example ``passed``."""
        return sum(int(getattr(scenario, name)) for scenario in self.scenarios)

    @property
    def standing(self) -> Standing:
        """Failed when any variant failed; all passed only when every scenario has evidence and no doubt."""
        if self.count("failed"):
            return Standing.FAILED
        doubts = sum(self.count(name) for name in ("invalid", "errors", "missing", "known"))
        silent = any(not scenario.passed for scenario in self.scenarios)
        return Standing.OPEN if doubts or silent else Standing.PASSED

    @property
    def summary(self) -> str:
        """For example ``58 passed, 2 failed, 1 missing of 61 variants``."""
        names = ("passed", "failed", "invalid", "errors", "missing", "known")
        counts = [f"{self.count(name)} {name}" for name in names if self.count(name)]
        return f"{', '.join(counts) or 'none counted'} of {plural(self.count('expected'), 'variant')}"


def requirements(verdict: Verdict) -> tuple[Requirement, ...]:
    """Every requirement that a scenario of the pack names, sorted; at last the scenarios that name none."""
    tested: dict[str, list[ScenarioSummary]] = {}
    for scenario in verdict.scenarios:
        for name in scenario.requirements or (NO_REQUIREMENT,):
            tested.setdefault(name, []).append(scenario)
    names = sorted(tested, key=lambda name: (name == NO_REQUIREMENT, name))
    return tuple(Requirement(name, tuple(tested[name])) for name in names)


COLUMNS = ("requirement", "scenario", "severity", "variant", "outcome", "reason", "identity", "trace_digest")


@dataclass(frozen=True, slots=True)
class Row:
    """One variant under one requirement."""

    requirement: str
    scenario: str
    severity: str
    variant: str
    outcome: str
    reason: str
    identity: str
    trace_digest: str


def trace(found: Iterable[Requirement], variants: Sequence[JudgedVariant]) -> list[Row]:
    """A row for every variant under every requirement of its scenario, by requirement and manifest order."""
    by_scenario: dict[str, list[JudgedVariant]] = {}
    for variant in variants:
        by_scenario.setdefault(variant.expected.scenario, []).append(variant)
    rows = []
    for requirement in found:
        for scenario in requirement.scenarios:
            judged = by_scenario.get(scenario.scenario, [])
            rows += [_row(requirement.id, variant) for variant in judged]
    return rows


def _row(requirement: str, variant: JudgedVariant) -> Row:
    record, expected = variant.record and as_read(variant.record), variant.expected
    return Row(
        requirement=requirement,
        scenario=expected.scenario,
        severity=expected.severity,
        variant=expected.id,
        outcome=_OUTCOMES[variant.status],
        reason=record.reason if record else "no record",
        identity=expected.identity,
        trace_digest=record.trace_digest if record else "",
    )


_OUTCOMES = {
    Status.SUCCESS: "PASS",
    Status.FAILURE: "FAIL",
    Status.INVALID: "INVALID",
    Status.ERROR: "ERROR",
    Status.MISSING: "MISSING",
    Status.KNOWN: "KNOWN",
    Status.KNOWN_PASSED: "PASS (in quarantine)",
    Status.KNOWN_INVALID: "INVALID (in quarantine)",
    Status.NOT_RUN: "NOT RUN",
}


class _Encoded:
    """A file for csv that hands back what is written to it."""

    def write(self, text: str) -> bytes:
        return text.encode()


def csv_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows as lines of CSV after a header (RFC 4180), UTF-8."""
    writer: Any = csv.writer(cast(Any, _Encoded()))
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([_cell(getattr(row, column)) for column in COLUMNS])


def _cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def as_data(found: Iterable[Requirement], rows: Sequence[Row]) -> list[dict[str, object]]:
    """The matrix as JSON values: requirements, their scenarios, their variants."""
    matrix: list[dict[str, object]] = []
    by_place: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_place.setdefault((row.requirement, row.scenario), []).append(row)
    for requirement in found:
        scenarios = [
            {
                "scenario": scenario.scenario,
                "title": scenario.title,
                "severity": scenario.severity,
                "variants": [
                    {
                        "variant": r.variant,
                        "outcome": r.outcome,
                        "reason": r.reason,
                        "trace_digest": r.trace_digest,
                    }
                    for r in by_place.get((requirement.id, scenario.scenario), [])
                ],
            }
            for scenario in requirement.scenarios
        ]
        matrix.append(
            {
                "requirement": requirement.id,
                "standing": requirement.standing.value,
                "summary": requirement.summary,
                "scenarios": scenarios,
            }
        )
    return matrix
