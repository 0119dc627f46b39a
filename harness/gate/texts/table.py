"""The verdict as plain text, for terminals and CI logs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from simgate.harness.gate.texts.wording import share
from simgate.harness.gate.verdict import RuleVerdict, ScenarioSummary, Verdict
from simgate.harness.text import table

_SCENARIO_HEAD = (
    "scenario",
    "severity",
    "expected",
    "pass",
    "fail",
    "known",
    "invalid",
    "error",
    "missing",
    "rate",
)


def verdict_table(verdict: Verdict, width: int = 100) -> str:
    """Headline, rules, scenarios and notes.

    Args:
        verdict: What to show.
        width: Sentences are wrapped to so many columns.
    """
    blocks = [textwrap.fill(verdict.headline, width)]
    blocks += [rule_lines(number, rule, width) for number, rule in enumerate(verdict.rules, start=1)]
    if verdict.scenarios:
        blocks.append(_scenarios(verdict.scenarios))
    if verdict.notes:
        blocks.append("\n".join(_indented(f"note: {note}", width, "      ") for note in verdict.notes))
    return "\n\n".join(blocks)


def _indented(text: str, width: int, indent: str) -> str:
    return textwrap.fill(text, width, subsequent_indent=indent)


def rule_lines(number: int, rule: RuleVerdict, width: int) -> str:
    """A rule's decision and statement, why, and what would change it."""
    head = _indented(
        f"{number}. {'WAITS' if rule.waits else rule.decision.value:<12} {rule.statement}", width, " " * 16
    )
    lines = [head, textwrap.fill(rule.reason, width, initial_indent=" " * 16, subsequent_indent=" " * 16)]
    if rule.would_change:
        change = f"would change: {rule.would_change}"
        lines.append(textwrap.fill(change, width, initial_indent=" " * 16, subsequent_indent=" " * 18))
    return "\n".join(lines)


def _scenarios(summaries: Sequence[ScenarioSummary]) -> str:
    rows: list[tuple[str, ...]] = [_SCENARIO_HEAD, *(_scenario(summary) for summary in summaries)]
    for name, numbers in (
        ("begun again", [summary.retried for summary in summaries]),
        ("not needed", [summary.not_run for summary in summaries]),
    ):
        if any(numbers):
            # Before the rate, whose column holds words.
            cells = [name, *map(str, numbers)]
            rows = [(*row[:-1], cell, row[-1]) for row, cell in zip(rows, cells, strict=True)]
    counts = range(2, len(rows[0]) - 1)
    return table(rows[0], rows[1:], right=counts, width=None)


def _scenario(summary: ScenarioSummary) -> tuple[str, ...]:
    counts = (
        summary.expected,
        summary.passed,
        summary.failed,
        summary.known,
        summary.invalid,
        summary.errors,
        summary.missing,
    )
    rate = "-"
    if summary.rate is not None:
        rate = share(summary.rate)
        if summary.shown is not None:
            rate += f"  [{share(summary.shown.low)}, {share(summary.shown.high)}]"
    return (summary.scenario, summary.severity, *(str(count) for count in counts), rate)
