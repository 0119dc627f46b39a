"""A comparison as plain text, for terminals and CI logs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from simgate.harness.gate.comparing.compare import RunComparison
from simgate.harness.gate.comparing.metric_changes import BEYOND_CHANCE, MetricChange
from simgate.harness.gate.rules.regression import churn_words
from simgate.harness.gate.texts.table import rule_lines
from simgate.harness.text import table

SHOWN_VARIANTS = 20
SHOWN_METRICS = 12


def comparison_table(comparison: RunComparison, width: int = 100) -> str:
    """Headline, paired table, intervals, scenarios, metrics, changed variants and notes.

    Args:
        comparison: What to show.
        width: Sentences are wrapped to so many columns.
    """
    before, now = comparison.baseline, comparison.candidate
    blocks = [
        textwrap.fill(comparison.headline, width),
        f"baseline   {before.judged}  ({before.run_id})\ncandidate  {now.judged}  ({now.run_id})",
        _paired(comparison, width),
        "\n\n".join(
            rule_lines(number, rule, width) for number, rule in enumerate(comparison.metric_rules, 1)
        ),
        _scenarios(comparison),
        _metrics(comparison.metrics),
        _slices(comparison, width),
        _variants(comparison),
        "\n".join(
            textwrap.fill(f"note: {note}", width, subsequent_indent="      ") for note in comparison.notes
        ),
    ]
    return "\n\n".join(block for block in blocks if block)


def several_table(comparisons: Sequence[RunComparison]) -> str:
    """Several candidates against one baseline, a row each."""
    rows = []
    for one in comparisons:
        facts = one.rule.paired
        passed = f"{facts.both_pass + facts.fixed} of {facts.pairs}" if facts else "-"
        drop = "-" if facts is None or facts.drop is None else _signed(-facts.drop, 3)
        broken, fixed = (str(facts.broken), str(facts.fixed)) if facts else ("-", "-")
        least = f"{_signed(-facts.exact.high, 3)} to {_signed(-facts.exact.low, 3)}" if facts else "-"
        of = one.candidate
        rows.append((of.run_id, of.judged, passed, broken, fixed, drop, least, one.decision.value))
    head = ("candidate", "what", "passes", "broken", "fixed", "gain", "each at its confidence", "decision")
    listed = table(head, rows, right=(2, 3, 4, 5))
    return (
        f"{listed}\n\nall against {comparisons[0].baseline.run_id}; GO among {len(rows)} by Holm's procedure"
    )


def _signed(value: float, decimals: int) -> str:
    """A number with its sign; what rounds to nothing is no loss."""
    return f"{round(value, decimals) + 0.0:+.{decimals}f}"


def _paired(comparison: RunComparison, width: int) -> str:
    facts = comparison.rule.paired
    if facts is None:
        return ""
    rows = [
        ("", "candidate passes", "candidate fails"),
        ("baseline passes", str(facts.both_pass), f"{facts.broken} broken"),
        ("baseline fails", f"{facts.fixed} fixed", str(facts.both_fail)),
    ]
    lines = [_numbers(rows)]
    if facts.doubtful or facts.known:
        lines.append(
            f"{facts.doubtful} in doubt (counted as either), {facts.known} in quarantine (not counted)"
        )
    exact, shown = facts.exact, facts.shown
    level = f"{100 * exact.confidence:g} %"
    estimate = "" if facts.drop is None else f"{_signed(facts.drop, 4)}, "
    lines += [
        "",
        f"drop of the pass rate  {estimate}at least {_signed(exact.low, 4)}, at most "
        f"{_signed(exact.high, 4)} (each at {level})",
        f"                       {exact.method}",
        f"                       {shown.method} {_signed(shown.low, 4)} to "
        f"{_signed(shown.high, 4)} (at {level}, for display)",
        f"worse than baseline?   {facts.test_of_worse}: p = {facts.mcnemar_p:.4g}",
        textwrap.fill(churn_words(facts), width),
        textwrap.fill(f"would change this: {comparison.rule.would_change}", width, subsequent_indent="  "),
    ]
    return "\n".join(lines)


def _scenarios(comparison: RunComparison) -> str:
    rows: list[tuple[str, ...]] = [
        ("scenario", "pairs", "both pass", "both fail", "broken", "fixed", "doubtful", "p", "q")
    ]
    for item in comparison.scenarios:
        numbers = (item.pairs, item.both_pass, item.both_fail, item.broken, item.fixed, item.doubtful)
        rows.append((item.scenario, *(str(n) for n in numbers), f"{item.p_value:.3g}", f"{item.q_value:.3g}"))
    return _numbers(rows)


def _metrics(changes: Sequence[MetricChange]) -> str:
    listed = [change for change in changes if change.q_value <= BEYOND_CHANCE]
    if not changes:
        return ""
    if not listed:
        return f"metrics: none of {len(changes)} changed beyond chance (q <= {BEYOND_CHANCE:g})"
    rows = [("metric", "baseline", "candidate", "change", "95 % interval", "q", "")]
    for change in listed[:SHOWN_METRICS]:
        unit = f" {change.unit}" if change.unit else ""
        rows.append(
            (
                change.metric,
                f"{change.baseline_mean:.4g}{unit}",
                f"{change.candidate_mean:.4g}{unit}",
                f"{change.change:+.4g}",
                "none" if change.low is None else f"{change.low:+.4g} to {change.high:+.4g}",
                f"{change.q_value:.2g}",
                "worse" if change.worse else "" if change.direction == "none" else "better",
            )
        )
    more = len(listed) - SHOWN_METRICS
    tail = f"\nand {more} more, in compare.json" if more > 0 else ""
    head = f"metrics that changed beyond chance ({len(listed)} of {len(changes)}, q <= {BEYOND_CHANCE:g}):\n"
    return head + _numbers(rows) + tail


def _slices(comparison: RunComparison, width: int) -> str:
    if not comparison.slices:
        return textwrap.fill(comparison.no_slices, width)
    lines = ["where it breaks:"]
    for one in comparison.slices:
        lines.append(textwrap.fill(f"  {one.text}", width, subsequent_indent="    "))
        lines.append(textwrap.fill(one.detail, width, initial_indent="    ", subsequent_indent="    "))
    return "\n".join(lines)


def _variants(comparison: RunComparison) -> str:
    if not comparison.variants:
        return "no variant changed its outcome"
    lines = []
    for variant in comparison.variants[:SHOWN_VARIANTS]:
        side = variant.baseline if variant.change == "fixed" else variant.candidate
        if variant.change == "doubtful":
            reason = f"baseline {variant.baseline.outcome}, candidate {variant.candidate.outcome}"
        else:
            reason = ("was: " if variant.change == "fixed" else "") + " ".join(side.reason.split())
        lines.append(f"{variant.change:<8}  {variant.variant}  {reason}")
    more = len(comparison.variants) - SHOWN_VARIANTS
    return "\n".join(lines) + (f"\nand {more} more, in compare.json" if more > 0 else "")


def _numbers(rows: Sequence[tuple[str, ...]]) -> str:
    """A table whose first column is words and whose others are numbers."""
    return table(rows[0], rows[1:], right=range(1, len(rows[0])), width=None)
