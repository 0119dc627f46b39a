"""``report.html``: one file that answers "is it safe to ship, and if not, why not" without a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markupsafe import Markup

from simgate.harness.evidence.traceability import NO_REQUIREMENT, requirements
from simgate.harness.gate.verdict import Decision, RuleVerdict, Verdict
from simgate.harness.html_pages import page_environment
from simgate.harness.packs.severity import severity_rank
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder
from simgate.harness.text import number, ordinal, plural
from simgate.reports import wording
from simgate.reports.drawing import interval_bar
from simgate.reports.failures import failure_groups
from simgate.reports.gaps import gaps
from simgate.reports.reasons import reasons, slices_absent
from simgate.reports.run_data import RunData, load_run
from simgate.reports.run_facts import costs, environment

TEMPLATES = Path(__file__).parent / "templates"


def write_html(folder: RunFolder) -> Path:
    """Writes ``report.html`` into the run's folder.

    Returns:
        Path of the file.

    Raises:
        NotARun: The folder has no readable manifest.
        JournalDamaged: The journal cannot be read.
    """
    # A lone surrogate cannot be encoded; it is shown as an escape instead of losing the report.
    page = render(load_run(folder)).encode("utf-8", "backslashreplace")
    write_atomic(folder.report_path, page)
    return folder.report_path


def render(run: RunData) -> str:
    """The page of a run."""
    jinja = page_environment(TEMPLATES)
    jinja.filters |= {
        "number": number,
        "percent": wording.percent,
        "with_unit": wording.with_unit,
        "ordinal": ordinal,
        "unit_of": wording.unit_of,
        "breakable": breakable,
    }
    jinja.globals |= {"plural": plural, "rule_bar": interval_bar.rule_bar, "mark": mark}
    return jinja.get_template("report.html").render(_page(run))


def _page(run: RunData) -> dict[str, Any]:
    summaries = sorted(run.verdict.scenarios, key=lambda item: (severity_rank(item.severity), item.scenario))
    axis = interval_bar.share_axis(
        value for item in summaries for value in (item.rate, item.shown.low if item.shown else None)
    )
    bars = {
        item.scenario: interval_bar.rate_bar(item.rate, item.shown, axis, _bound(run, item.severity))
        for item in summaries
    }
    return {
        "run": run,
        "verdict": run.verdict,
        "headline": plain_headline(run.verdict),
        "verdict_class": run.verdict.decision.value.lower(),
        "totals": _totals(run),
        "summaries": summaries,
        "bars": bars,
        "reasons": reasons(run),
        "slices_absent": slices_absent(),
        "requirements": requirements(run.verdict),
        "no_requirement": NO_REQUIREMENT,
        "groups": failure_groups(run),
        "gaps": gaps(run),
        "environment": environment(run),
        "costs": costs(run),
        "rule_numbers": rule_numbers,
    }


def _bound(run: RunData, severity: str) -> float | None:
    """The pass rate that the gate asks of a severity, to draw it beside the scenarios' own rates."""
    bounds = [
        rule.at_least
        for rule in run.pack.gate
        if rule.kind == "pass_rate"
        and rule.severity in (None, severity)
        and rule.scenario is None
        and rule.at_least is not None
    ]
    return max(bounds, default=None)


def _totals(run: RunData) -> list[tuple[str, int]]:
    """(name, count) of every way a variant can end, as the gate counted them."""
    items = run.verdict.scenarios
    return [
        ("passed", sum(item.passed for item in items)),
        ("failed", sum(item.failed for item in items)),
        ("invalid", sum(item.invalid for item in items)),
        ("error", sum(item.errors for item in items)),
        ("missing", sum(item.missing for item in items)),
        ("known", sum(item.known for item in items)),
        *([("not needed", len(run.not_needed))] if run.not_needed else []),
    ]


def rule_numbers(rule: RuleVerdict) -> list[str]:
    """Observed value, the interval shown, and the exact one against the threshold, in words."""
    if rule.estimate is None:
        return [] if rule.kind == "every_variant" else ["nothing measured"]
    threshold = rule.bound if rule.bound is not None else 0.0
    is_share = 0 <= rule.estimate <= 1 and 0 <= threshold <= 1 and not rule.has_unit
    write = wording.percent if is_share else number
    lines = [f"{'worst' if rule.is_plain else 'observed'} {write(rule.estimate)}"]
    for name, interval in (("exact", rule.exact), (rule.shown.method if rule.shown else "", rule.shown)):
        if interval:
            level = f"at {100 * interval.confidence:g} %"
            lines.append(f"{name} {write(interval.low)} to {write(interval.high)} ({level})")
    if rule.bound is not None:
        lines.append(f"threshold {write(rule.bound)}")
    return lines


def plain_headline(verdict: Verdict) -> str:
    """The headline without the decision that the page already shows in large letters."""
    text = verdict.headline.removeprefix(f"{verdict.decision.value}: ")
    return text[:1].upper() + text[1:]


def breakable(name: str) -> Markup:
    """A dotted or underscored name that may break after its parts, so that phones need no scrolling."""
    return Markup("<wbr>").join(re.split(r"(?<=[._])(?=[a-z]{3})", name))


def mark(word: str) -> str:
    """Name of the symbol that goes with an outcome or a decision, so that colour is never alone."""
    good, bad = {Outcome.PASS.value, Decision.GO.value}, {Outcome.FAIL.value, Decision.NO_GO.value}
    return "tick" if word in good else "cross" if word in bad else "query"
