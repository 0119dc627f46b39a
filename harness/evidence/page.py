"""``index.html`` of a package: the answer, the checklist, the requirement matrix, what is inside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simgate.harness.evidence.readiness import Check, readiness
from simgate.harness.evidence.traceability import Requirement, Row
from simgate.harness.gate.verdict import Verdict
from simgate.harness.html_pages import page_environment
from simgate.harness.results.manifest import Manifest

TEMPLATES = Path(__file__).parent / "templates"
ROWS_SHOWN = 2000
"""Further variants are in traceability.csv only."""


def index_page(
    manifest: Manifest,
    verdict: Verdict,
    checks: Sequence[Check],
    matrix: Sequence[Requirement],
    rows: Sequence[Row],
    files: Sequence[str],
) -> str:
    """The page, self-contained."""
    jinja = page_environment(TEMPLATES)
    by_requirement: dict[str, list[Row]] = {}
    for row in rows[:ROWS_SHOWN]:
        by_requirement.setdefault(row.requirement, []).append(row)
    return jinja.get_template("index.html").render(
        manifest=manifest,
        verdict=verdict,
        headline=verdict.headline.removeprefix(f"{verdict.decision.value}: "),
        ready=readiness(checks),
        checks=checks,
        matrix=matrix,
        rows=by_requirement,
        left_out=max(0, len(rows) - ROWS_SHOWN),
        files=files,
    )
