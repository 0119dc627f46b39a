"""The "why" of the page: how failed variants differ from passed ones, by scenario and in the whole pack."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from markupsafe import Markup

from simgate.harness.packs.severity import severity_rank
from simgate.harness.results.record import Outcome
from simgate.harness.slices import Slice, find_slices
from simgate.harness.text import number, ordinal, plural
from simgate.reports.contrast import MIN_GROUP, Contrast, NumberContrast, compare
from simgate.reports.drawing.strip_plot import contrast_plot
from simgate.reports.run_data import RunData
from simgate.reports.survey import Row
from simgate.reports.wording import percent, unit_of, with_unit

SHOWN_IN_SCENARIO = 3
SHOWN_IN_PACK = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """One parameter that differs, in words and as a picture."""

    parameter: str
    sentence: str
    effect: str
    plot: Markup


@dataclass(frozen=True, slots=True)
class Reason:
    """How the failed variants of one scenario differ from those that passed.

    Attributes:
        title: The scenario, or the whole pack.
        failed: Number of failed variants.
        counted: Failed and passed variants.
        reference: What they are compared with, with its n.
        where: How many failed.
        summary: The same with what they have in common, for the first glance.
        differences: Clearest first.
        slices: Regions of the parameters in which the failures gather, most failures first.
        remark: Why there are none, or that parameters are the scenario's own; empty otherwise.
    """

    title: str
    failed: int
    counted: int
    reference: str
    where: str
    summary: str
    differences: tuple[Difference, ...]
    slices: tuple[Slice, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two groups of variants, and how to speak of them."""

    title: str
    failed: list[Row]
    passed: list[Row]
    reference: str
    where: str
    shown: int
    counts: tuple[int, int]
    """Failed and passed variants in all; of a large run, those above are some of them."""
    own: list[Row]
    """Failed and passed variants of the scenario, or of the whole pack: where slices are searched."""
    remark: str = ""


def reasons(run: RunData) -> tuple[Reason, ...]:
    """The whole pack first when several scenarios ran, then the failing scenarios, most failures first."""
    groups = _Groups(run)
    if not groups.failed:
        return ()
    names = dict.fromkeys(row.scenario for row in groups.failed)
    comparisons = [_of_scenario(name, groups) for name in names]
    comparisons.sort(key=lambda item: (severity_rank(item.failed[0].severity), -item.counts[0]))
    if len(run.by_scenario) > 1:
        comparisons.insert(0, _of_pack(groups))
    sampled = _sampled(run)
    return tuple(_reason(comparison, run.log_parameters, sampled) for comparison in comparisons)


class _Groups:
    """Failed and passed variants of a run, with their parameters.

    Args:
        run: The run; of a large one, the groups hold what its survey has kept.
    """

    def __init__(self, run: RunData) -> None:
        self.failed = run.survey.failed
        self.judged = [row for row in run.survey.rows if row.outcome in (Outcome.FAIL, Outcome.PASS)]
        self.passed = [row for row in self.judged if row.outcome is Outcome.PASS]
        self._counts = Counter(
            (result.expected.scenario, result.outcome) for result in run.results if result.record
        )

    def count(self, outcome: Outcome, scenario: str | None = None) -> int:
        """How many variants of the run ended so."""
        return sum(
            count
            for (name, ended), count in self._counts.items()
            if ended is outcome and scenario in (None, name)
        )


def _sampled(run: RunData) -> str:
    """What is said where not every variant was looked at; empty where all were."""
    found = run.survey
    if found.every == 1:
        return ""
    of_failed = f"every {ordinal(found.failed_every)}" if found.failed_every > 1 else "every"
    return (
        f"In a run of so many variants parameters are compared, and regions searched, on every "
        f"{ordinal(found.every)} variant; compared with them is {of_failed} failed one."
    )


def _of_pack(groups: _Groups) -> _Comparison:
    names = dict.fromkeys(row.scenario for row in groups.failed)
    counts = Counter({name: groups.count(Outcome.FAIL, name) for name in names}).most_common()
    failed, passed = groups.count(Outcome.FAIL), groups.count(Outcome.PASS)
    worst = ", ".join(f"{count} in {name}" for name, count in counts[:3])
    more = f" and {plural(len(counts) - 3, 'other scenario')}" if len(counts) > 3 else ""
    return _Comparison(
        title="whole pack",
        failed=groups.failed,
        passed=groups.passed,
        reference="all passed variants",
        where=f"{plural(failed, 'failed variant')}: {worst}{more}.",
        shown=SHOWN_IN_PACK,
        counts=(failed, passed),
        own=_failed_first(groups.judged),
    )


def _of_scenario(name: str, groups: _Groups) -> _Comparison:
    ours = [row for row in groups.failed if row.scenario == name]
    theirs = [row for row in groups.passed if row.scenario == name]
    own = _failed_first([row for row in groups.judged if row.scenario == name])
    counts = groups.count(Outcome.FAIL, name), groups.count(Outcome.PASS, name)
    reference, remark = "its passed variants", ""
    where = f"{counts[0]} of {sum(counts)} failed."
    if len(theirs) < MIN_GROUP <= len(groups.passed):
        remark = (
            f"Only {plural(counts[1], 'variant')} of this scenario passed, so the comparison is with "
            "other scenarios: what the scenario itself fixes shows up as a difference."
        )
        reference = "passed variants of other scenarios"
        theirs = [row for row in groups.passed if row.scenario != name]
    return _Comparison(name, ours, theirs, reference, where, SHOWN_IN_SCENARIO, counts, own, remark)


def _failed_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.outcome is not Outcome.FAIL)


def _reason(of: _Comparison, log_parameters: frozenset[str], sampled: str) -> Reason:
    failed, passed = len(of.failed), len(of.passed)
    slices = _slices(of)
    contrasts = compare([r.parameters for r in of.failed], [r.parameters for r in of.passed])[: of.shown]
    remark = of.remark
    if min(failed, passed) < MIN_GROUP:
        remark = f"Too few to compare: {failed} failed and {passed} passed; both need {MIN_GROUP}."
    elif not contrasts:
        remark = (
            "No single parameter separates failed from passed variants by more than chance would among so "
            "many parameters. Look at the variants themselves."
        )
    return Reason(
        title=of.title,
        failed=of.counts[0],
        counted=sum(of.counts),
        reference=f"{of.reference} (n = {passed})",
        where=of.where,
        summary=f"{of.where} {_densest(slices) or _first_glance(contrasts)}".strip(),
        differences=tuple(_difference(c, failed, passed, c.parameter in log_parameters) for c in contrasts),
        slices=slices,
        remark=f"{remark} {sampled}".strip(),
    )


def slices_absent() -> str:
    """Why no failure slices are searched; empty when they are."""
    return "" if find_spec("sklearn") else "Failure slices were not searched: pip install 'simgate[slices]'."


def _slices(of: _Comparison) -> tuple[Slice, ...]:
    """Failure slices; in the whole pack the scenario is a parameter like others."""
    if slices_absent():
        return ()
    rows = [{"scenario": row.scenario, **row.parameters} for row in of.own]
    return tuple(find_slices(rows, [row.outcome is Outcome.FAIL for row in of.own]))


def _densest(slices: tuple[Slice, ...]) -> str:
    """``31 of 36 failures lie where door.tint < 0.09 and lighting.lux < 130 (31 of 33 failed there).``"""
    if not slices:
        return ""
    one = slices[0]
    return (
        f"{one.failed_inside} of {plural(one.failed, 'failure')} lie where {one.region} "
        f"({one.failed_inside} of {one.inside} failed there)."
    )


def _first_glance(contrasts: list[Contrast]) -> str:
    """``They have lower lighting.lux and door.kind = glass more often.``"""
    parts = []
    for contrast in contrasts[:2]:
        if isinstance(contrast, NumberContrast):
            parts.append(f"{'higher' if contrast.effect > 0 else 'lower'} {contrast.parameter}")
        else:
            parts.append(f"{contrast.parameter} = {number(contrast.value)} more often")
    return f"They have {' and '.join(parts)}." if parts else ""


def _difference(contrast: Contrast, failed: int, passed: int, log: bool) -> Difference:
    plot = contrast_plot(contrast, log)
    if not isinstance(contrast, NumberContrast):
        sentence = (
            f"{number(contrast.value)} in {percent(contrast.failed_share, 0)} of failed "
            f"and {percent(contrast.passed_share, 0)} of passed variants"
        )
        effect = f"difference {100 * contrast.effect:+.0f} points, n = {failed} and {passed}"
        return Difference(contrast.parameter, sentence, effect, plot)
    unit = unit_of(contrast.parameter)
    ours, theirs = float(np.median(contrast.failed)), float(np.median(contrast.passed))
    sentence = f"median {with_unit(ours, unit, 3)} in failed, {with_unit(theirs, unit, 3)} in passed variants"
    shift = f", medians {contrast.shift:+.1f} MAD apart" if contrast.shift is not None else ""
    effect = f"rank-biserial {contrast.effect:+.2f}{shift}, n = {failed} and {passed}"
    return Difference(contrast.parameter, sentence, effect, plot)
