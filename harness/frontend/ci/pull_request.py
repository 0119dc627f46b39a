"""A verdict as Markdown: for a comment on a pull request, and for the summary of a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from simgate.harness.gate.texts.wording import share
from simgate.harness.gate.verdict import Decision, RuleVerdict, Verdict
from simgate.harness.text import markdown_code, markdown_words, plural

if TYPE_CHECKING:
    from simgate.harness.gate.comparing.pairing import RunEvidence
    from simgate.harness.results.record import RunRecord
    from simgate.harness.results.run_folder import RunFolder

MOST_VARIANTS = 10
"""So many variants that broke are told one by one; the report has all."""
_SIGNS = {Decision.GO: "✅", Decision.NO_GO: "❌", Decision.INCONCLUSIVE: "❔"}

_WORDS = {
    "failure": "failed",
    "invalid": "INVALID",
    "known, invalid": "INVALID",
    "error": "ERROR",
    "missing": "missing",
}
"""What variants that did not pass count as, by the gate's status."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A variant that did not pass.

    Attributes:
        name: Its id.
        severity: Of its scenario.
        status: What the gate counts it as, in words.
        record: None when there is none.
        regressed: Whether the baseline passed it.
    """

    name: str
    severity: str
    status: str
    record: RunRecord | None
    regressed: bool


def markdown(folder: RunFolder, verdict: Verdict, picture_base: str | None = None) -> str:
    """Verdict, rules with what would change them, what broke, scenarios and notes.

    Args:
        folder: Of the run.
        verdict: The gate's answer.
        picture_base: Address under which the run's folder is published; empty for paths within that folder,
            None for no pictures but their paths.

    Raises:
        NotARun, JournalDamaged: The run cannot be read.
    """
    from simgate.harness.gate.comparing.baseline_copy import read_evidence

    sign = _SIGNS[verdict.decision]
    judged = f"{verdict.judged} on {verdict.pack}"
    lines = [f"## {sign} {verdict.decision.value}: {markdown_words(judged)}", ""]
    lines += [markdown_words(verdict.headline.partition(": ")[2]), ""]
    lines += [*_rules(verdict.rules)]
    broken = what_broke(read_evidence(folder), verdict)
    if broken:
        lines += [f"### What broke: {_counts(broken)}", ""]
        for one in broken[:MOST_VARIANTS]:
            lines += _variant(folder, one, picture_base)
        if len(broken) > MOST_VARIANTS:
            lines.append(f"- and {len(broken) - MOST_VARIANTS} more, in the report")
        lines.append("")
    lines += [*_scenarios(verdict), *_notes(verdict)]
    lines.append(f"<sub>run {markdown_code(verdict.run_id)}</sub>")
    return "\n".join(lines) + "\n"


def what_broke(run: RunEvidence, verdict: Verdict) -> list[Broken]:
    """Variants that did not pass; those first that the baseline passed, then by severity."""
    from simgate.harness.packs.severity import severity_rank

    regressed = {name for rule in verdict.rules if rule.paired for name in rule.paired.broken_variants}
    found: list[Broken] = []
    places: Counter[str] = Counter()
    order: dict[str, int] = {}
    for v in run.evidence.variants:
        violates = v.record is not None and bool(v.record.violations)
        status = _WORDS.get(v.status.value) or ("violates a hard rule" if violates else "")
        if status:
            name, scenario = v.expected.id, v.expected.scenario
            found.append(Broken(name, v.expected.severity, status, v.record, name in regressed))
            # In turn, so that no scenario hides another.
            places[scenario] += 1
            order[name] = places[scenario]
    found.sort(key=lambda one: (not one.regressed, severity_rank(one.severity), order[one.name]))
    return found


def _rules(rules: Sequence[RuleVerdict]) -> Iterator[str]:
    if not rules:
        return
    yield "| | rule | why | what would change it |"
    yield "|---|---|---|---|"
    for rule in rules:
        cells = map(markdown_words, (rule.statement, rule.reason, rule.would_change))
        yield f"| {_SIGNS[rule.decision]} {rule.decision.value} | {' | '.join(cells)} |"
    yield ""


def _counts(broken: Sequence[Broken]) -> str:
    counts = Counter(one.status for one in broken)
    text = ", ".join(f"{count} {status}" for status, count in counts.items())
    regressed = sum(one.regressed for one in broken)
    return text + (f"; {plural(regressed, 'variant')} that the baseline passed" if regressed else "")


def _variant(folder: RunFolder, one: Broken, picture_base: str | None) -> Iterator[str]:
    from simgate.harness.results.reading.stored_record import whole

    record = whole(one.record) if one.record is not None else None
    reason = " ".join(record.reason.split()) if record and record.reason else one.status
    if record is not None and record.violations:
        reason = f"violates {record.violations[0].statement}"
    again = ", which the baseline passed" if one.regressed else ""
    yield f"- {markdown_code(one.name)} ({one.severity}{again}): {markdown_words(reason)}"
    path = record.artifacts.get("failure_picture") if record else None
    if path is None:
        return
    if picture_base is None:
        yield f"  picture: {markdown_code(folder.path / path)}"
    else:
        place = f"{picture_base.rstrip('/')}/{quote(path)}" if picture_base else quote(path)
        yield f"  ![{markdown_words(one.name)} at the moment of failure]({place})"


def _scenarios(verdict: Verdict) -> Iterator[str]:
    if not verdict.scenarios:
        return
    yield "<details><summary>Scenarios</summary>"
    yield ""
    yield "| scenario | severity | variants | passed | failed | INVALID | ERROR | missing | rate |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for one in verdict.scenarios:
        counts = (one.expected, one.passed, one.failed, one.invalid, one.errors, one.missing)
        rate = "-" if one.rate is None else share(one.rate)
        cells = (markdown_words(one.scenario), one.severity, *map(str, counts), rate)
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "</details>"
    yield ""


def _notes(verdict: Verdict) -> Iterator[str]:
    for note in verdict.notes:
        yield f"- {markdown_words(note)}"
    if verdict.notes:
        yield ""
