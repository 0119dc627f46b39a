"""The "why" of the page: how failed variants differ from passed ones, by scenario and in the whole pack."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from markupsafe import Markup

from simgate.harness.packs.severity import severity_rank
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.slices import Slice, find_slices
from simgate.harness.text import plural
from simgate.reports.contrast import MIN_GROUP, Contrast, NumberContrast, compare
from simgate.reports.run_data import RunData
from simgate.reports.strip_plot import contrast_plot
from simgate.reports.wording import number, percent, unit_of, with_unit

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
    """Two groups of records, and how to speak of them."""

    title: str
    failed: list[RunRecord]
    passed: list[RunRecord]
    reference: str
    where: str
    shown: int
    counted: int
    own: list[RunRecord]
    """Failed and passed variants of the scenario, or of the whole pack: where slices are searched."""
    remark: str = ""


def reasons(run: RunData) -> tuple[Reason, ...]:
    """The whole pack first when several scenarios ran, then the failing scenarios, most failures first."""
    failed = [record for record in run.records if record.outcome == Outcome.FAIL]
    passed = [record for record in run.records if record.outcome == Outcome.PASS]
    if not failed:
        return ()
    names = dict.fromkeys(record.scenario for record in failed)
    comparisons = [_of_scenario(name, failed, passed) for name in names]
    comparisons.sort(key=lambda item: (severity_rank(item.failed[0].severity), -len(item.failed)))
    if len(run.by_scenario) > 1:
        comparisons.insert(0, _of_pack(failed, passed))
    return tuple(_reason(comparison, run.log_parameters) for comparison in comparisons)


def _of_pack(failed: list[RunRecord], passed: list[RunRecord]) -> _Comparison:
    counts = Counter(record.scenario for record in failed).most_common()
    worst = ", ".join(f"{count} in {name}" for name, count in counts[:3])
    more = f" and {plural(len(counts) - 3, 'other scenario')}" if len(counts) > 3 else ""
    return _Comparison(
        title="whole pack",
        failed=failed,
        passed=passed,
        reference="all passed variants",
        where=f"{plural(len(failed), 'failed variant')}: {worst}{more}.",
        shown=SHOWN_IN_PACK,
        counted=len(failed) + len(passed),
        own=[*failed, *passed],
    )


def _of_scenario(name: str, failed: list[RunRecord], passed: list[RunRecord]) -> _Comparison:
    ours = [record for record in failed if record.scenario == name]
    theirs = [record for record in passed if record.scenario == name]
    counted, own = len(ours) + len(theirs), [*ours, *theirs]
    reference, remark = "its passed variants", ""
    where = f"{len(ours)} of {counted} failed."
    if len(theirs) < MIN_GROUP <= len(passed):
        remark = (
            f"Only {plural(len(theirs), 'variant')} of this scenario passed, so the comparison is with "
            "other scenarios: what the scenario itself fixes shows up as a difference."
        )
        reference = "passed variants of other scenarios"
        theirs = [record for record in passed if record.scenario != name]
    return _Comparison(name, ours, theirs, reference, where, SHOWN_IN_SCENARIO, counted, own, remark)


def _reason(of: _Comparison, log_parameters: frozenset[str]) -> Reason:
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
        failed=failed,
        counted=of.counted,
        reference=f"{of.reference} (n = {passed})",
        where=of.where,
        summary=f"{of.where} {_densest(slices) or _first_glance(contrasts)}".strip(),
        differences=tuple(_difference(c, failed, passed, c.parameter in log_parameters) for c in contrasts),
        slices=slices,
        remark=remark,
    )


def slices_absent() -> str:
    """Why no failure slices are searched; empty when they are."""
    return "" if find_spec("sklearn") else "Failure slices were not searched: pip install 'simgate[slices]'."


def _slices(of: _Comparison) -> tuple[Slice, ...]:
    """Failure slices; in the whole pack the scenario is a parameter like others."""
    if slices_absent():
        return ()
    rows = [{"scenario": record.scenario, **record.parameters} for record in of.own]
    return tuple(find_slices(rows, [record.outcome == Outcome.FAIL for record in of.own]))


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
