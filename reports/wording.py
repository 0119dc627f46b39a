"""How values, margins and commands are written, the same in every report."""

from __future__ import annotations

import shlex
from pathlib import Path

from simgate.harness.results.manifest import ImportedFrom
from simgate.harness.results.record import CriterionResult, Outcome, RunRecord, Scalar
from simgate.harness.text import number

UNIT_SUFFIXES = {
    "mps": "m/s",
    "rps": "rad/s",
    "m": "m",
    "deg": "deg",
    "s": "s",
    "ms": "ms",
    "k": "K",
    "lux": "lx",
    "kg": "kg",
    "hz": "Hz",
    "ev": "EV",
    "px": "px",
    "ns": "N s",
}


def with_unit(value: Scalar | None, unit: str, digits: int = 4) -> str:
    """A value and its unit; words carry none."""
    text = number(value, digits)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{text} {unit}" if unit and is_number else text


def unit_of(parameter: str) -> str:
    """Unit that a parameter's name ends in, or an empty string."""
    return UNIT_SUFFIXES.get(parameter.rpartition(".")[2].rpartition("_")[2], "")


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage; never rounds a share below 1 up to 100 %."""
    if share is None:
        return "n/a"
    text = f"{100 * share:.{digits}f}"
    if share < 1 and float(text) >= 100:
        text = f"{100 - 10**-digits:.{digits}f}"
    return f"{text} %"


def replay_line(folder: Path, variant: str, imported: ImportedFrom | None = None) -> str:
    """The command that runs a variant again; of an imported one, who can."""
    if imported is not None:
        return f"in {imported.tool}, whose result it is"
    return f"simgate replay {shlex.quote(str(folder))} {shlex.quote(variant)}"


def broken_criteria(criteria: tuple[CriterionResult, ...]) -> list[CriterionResult]:
    """The criteria that were not met."""
    return [criterion for criterion in criteria if criterion.outcome != Outcome.PASS]


def describe_criterion(criterion: CriterionResult) -> str:
    """One line: bound, observed, margin, when, why."""
    parts = [f"{criterion.statement}: "]
    if criterion.observed is None:
        parts.append("not observed")
    else:
        parts.append(f"observed {with_unit(criterion.observed, criterion.unit)}")
    if criterion.margin is not None:
        unit = f" {criterion.unit}" if criterion.unit else ""
        parts.append(f", margin {criterion.margin:+.4g}{unit}")
    if criterion.lost_at_s is not None:
        parts.append(f", lost at {criterion.lost_at_s:.1f} s")
    if criterion.reason and criterion.observed is None:
        parts.append(f" ({criterion.reason})")
    return "".join(parts)


def headline(record: RunRecord) -> str:
    """What to read first of a variant that did not pass: the record's reason, and when it was lost."""
    if record.violations and record.outcome is not Outcome.FAIL:
        return f"violates a hard rule of the gate: {describe_criterion(record.violations[0])}"
    broken = broken_criteria(record.criteria)
    if record.outcome not in (Outcome.FAIL, Outcome.KNOWN) or not broken:
        return record.reason or f"{record.outcome.value} without a reason in the record"
    if not record.reason:
        return describe_criterion(broken[0])
    lost_at_s = broken[0].lost_at_s
    return record.reason if lost_at_s is None else f"{record.reason}; lost at {lost_at_s:.1f} s"
