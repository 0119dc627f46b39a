"""Compares two runs variant by variant: what broke, what was fixed, and whether that may be shipped."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from simgate.harness.gate.comparing.broken_slices import BrokenSlice, broken_slices, part_searched
from simgate.harness.gate.comparing.comparability import (
    NotComparable,
    accepted_notes,
    judged_notes,
    machine_class,
    other_policy,
)
from simgate.harness.gate.comparing.metric_changes import (
    Describe,
    MetricChange,
    losses_in_words,
    metric_changes,
)
from simgate.harness.gate.comparing.pairing import Pair, RunEvidence, count_pairs, pair_up
from simgate.harness.gate.comparing.scene_drops import scene_drops
from simgate.harness.gate.decide import combine
from simgate.harness.gate.holm import apply_holm
from simgate.harness.gate.rules.regression import Comparison
from simgate.harness.gate.rules.rule import decide_rule
from simgate.harness.gate.statistics.mcnemar import mcnemar_p
from simgate.harness.gate.tally import JudgedVariant, counted_once
from simgate.harness.gate.verdict import Churn, Decision, RuleVerdict, subject
from simgate.harness.multiplicity import benjamini_hochberg
from simgate.harness.packs.model import GateRule
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.results.record import Outcome, ResultModel, Scalar

DEFAULT_CONFIDENCE = 0.95


class ComparedRun(ResultModel):
    """One side of a comparison."""

    run_id: str
    model: str
    policy: str = Field(default="", exclude_if=lambda policy: not policy)
    """As in :class:`.Verdict`."""
    model_sha256: str
    created_utc: str
    git_commit: str

    @property
    def judged(self) -> str:
        """What is judged on this side."""
        return subject(self.model, self.policy)


class ComparedResult(ResultModel):
    """A variant with one model."""

    outcome: str
    """``MISSING`` when it has no record."""
    reason: str = ""
    metrics: dict[str, Scalar | None] = Field(default_factory=dict)
    """Values of the criteria's metrics."""
    artifacts: dict[str, str] = Field(default_factory=dict)
    """Name -> path relative to that run's folder: ``start_picture``, ``failure_picture``, ``trace``."""


class ComparedVariant(ResultModel):
    """A variant whose outcome changed, or that is in doubt."""

    variant: str
    scenario: str
    severity: str
    change: str
    """``broken``, ``fixed`` or ``doubtful``."""
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    baseline: ComparedResult
    candidate: ComparedResult


class ScenarioChange(ResultModel):
    """The paired table of one scenario."""

    scenario: str
    severity: str
    pairs: int
    both_pass: int
    both_fail: int
    broken: int
    fixed: int
    doubtful: int
    p_value: float
    """McNemar, exact, one-sided, of this scenario alone."""
    q_value: float
    """Benjamini-Hochberg over the scenarios; where to look first, nothing is decided on it."""


class RunComparison(ResultModel):
    """Candidate against baseline; ``compare.json``."""

    schema_version: int = 1
    pack: str
    machine: str
    baseline: ComparedRun
    candidate: ComparedRun
    decision: Decision
    headline: str
    rule: RuleVerdict
    """The regression rule over all scenarios; ``rule.paired`` holds the paired table and both intervals."""
    metric_rules: tuple[RuleVerdict, ...] = ()
    """The pack's own rules on metrics against a baseline (``not_worse_by``)."""
    scenarios: tuple[ScenarioChange, ...]
    metrics: tuple[MetricChange, ...]
    variants: tuple[ComparedVariant, ...]
    """Broken ones first, then doubtful, then fixed."""
    slices: tuple[BrokenSlice, ...] = ()
    """Regions of the parameters in which variants are broken, most first."""
    no_slices: str = ""
    """Why there are none although variants are broken."""
    notes: tuple[str, ...] = ()


def regression_of(run: RunEvidence, max_drop: float | None, confidence: float | None) -> GateRule:
    """The rule to compare by: what is given, else the pack's regression rule, else one without a margin."""
    own = next((rule for rule in run.pack.gate if rule.kind == "regression"), None)
    drop, level = (own.at_most, own.confidence) if own else (None, DEFAULT_CONFIDENCE)
    return GateRule(
        kind="regression",
        at_most=drop if max_drop is None else max_drop,
        confidence=level if confidence is None else confidence,
    )


def compare_runs(
    baseline: RunEvidence,
    candidate: RunEvidence,
    rule: GateRule,
    describe: Describe,
    churn: Churn | None = None,
) -> RunComparison:
    """Compares two runs.

    Args:
        baseline: The older run.
        candidate: The run in question.
        rule: From :func:`regression_of`.
        describe: Unit, direction and bounds of a metric.
        churn: What reruns change by themselves; None when it was not measured.

    Raises:
        NotComparable: The runs differ in more than the model and the policy.
    """
    gate = rules_of(candidate, rule)
    verdict, *of_metrics = judge_rules(baseline, candidate, gate, churn)
    decision = combine(one.decision for one in (verdict, *of_metrics))
    pairs = pair_up(counted_once(candidate.evidence.variants), baseline.by_digest)
    before, now = _side(baseline), _side(candidate)
    slices, no_slices = broken_slices(pairs)
    metrics = metric_changes(pairs, describe)
    lost = losses_in_words(metrics, [one.metric or "" for one in gate])
    # What decides comes first: the refuted rule, or the undecided one.
    told = next(one for one in (verdict, *of_metrics) if one.decision is decision)
    reason = "; ".join(part for part in (lost, told.reason) if part)
    is_other = now.model and other_policy(baseline.manifest, candidate.manifest)
    another = " with another policy" if is_other else ""
    return RunComparison(
        pack=candidate.manifest.pack_name,
        machine=machine_class(candidate.fingerprint),
        baseline=before,
        candidate=now,
        decision=decision,
        headline=f"{decision.value}: {now.judged}{another} against {before.judged}: {reason}",
        rule=verdict,
        metric_rules=tuple(of_metrics),
        scenarios=_scenarios(pairs),
        metrics=metrics,
        variants=_changed(pairs),
        slices=slices,
        no_slices=no_slices,
        notes=(*_notes(baseline, candidate), *filter(None, [part_searched(pairs)])),
    )


def rules_of(candidate: RunEvidence, rule: GateRule) -> list[GateRule]:
    """What a candidate is compared by: a regression rule first, then the pack's own rules on metrics."""
    return [rule, *(one for one in candidate.pack.gate if one.kind == "not_worse_by")]


def judge_rules(
    baseline: RunEvidence, candidate: RunEvidence, gate: Sequence[GateRule], churn: Churn | None
) -> tuple[RuleVerdict, ...]:
    """What each rule says of a candidate against a baseline.

    Raises:
        NotComparable: The runs differ in more than the model and the policy.
    """
    comparison = Comparison(baseline, candidate, churn)
    if named := comparison.differences:
        raise NotComparable(baseline.manifest.run_id, candidate.manifest.run_id, named)
    variants = counted_once(candidate.evidence.variants)
    alone = [decide_rule(one, candidate.pack, variants, candidate.left_out, comparison) for one in gate]
    return apply_holm(gate, alone)


def _side(run: RunEvidence) -> ComparedRun:
    made = run.fingerprint
    return ComparedRun(
        run_id=run.manifest.run_id,
        model=made.model,
        policy="" if made.model else run.pack.driver,
        model_sha256=made.model_sha256,
        created_utc=run.manifest.created_utc,
        git_commit=made.git_commit,
    )


def _scenarios(pairs: Sequence[Pair]) -> tuple[ScenarioChange, ...]:
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(pair.now.expected.scenario, []).append(pair)
    tables = {name: count_pairs(members) for name, members in groups.items()}
    scenes = {name: scene_drops(members) for name, members in groups.items()}
    p_values = {
        name: scenes[name].beyond_p(None) if scenes[name].shared else mcnemar_p(table.broken, table.fixed)
        for name, table in tables.items()
    }
    q_values = dict(zip(p_values, benjamini_hochberg(list(p_values.values())), strict=True))
    return tuple(
        ScenarioChange(
            scenario=name,
            severity=groups[name][0].now.expected.severity,
            pairs=table.pairs,
            both_pass=table.both_pass,
            both_fail=table.both_fail,
            broken=table.broken,
            fixed=table.fixed,
            doubtful=table.doubtful,
            p_value=p_values[name],
            q_value=q_values[name],
        )
        for name, table in tables.items()
    )


def _changed(pairs: Sequence[Pair]) -> tuple[ComparedVariant, ...]:
    found = [(change, pair) for pair in pairs if (change := _change(pair))]
    order = ("broken", "doubtful", "fixed")
    found.sort(key=lambda item: order.index(item[0]))
    return tuple(
        ComparedVariant(
            variant=pair.now.expected.id,
            scenario=pair.now.expected.scenario,
            severity=pair.now.expected.severity,
            change=change,
            parameters=_parameters(pair),
            baseline=_result(pair.before),
            candidate=_result(pair.now),
        )
        for change, pair in found
    )


def _change(pair: Pair) -> str:
    if pair.known:
        return ""
    before, now = pair.results
    if before is None or now is None:
        return "doubtful"
    if before == now:
        return ""
    return "broken" if before else "fixed"


def _parameters(pair: Pair) -> dict[str, Scalar]:
    before, now = pair.records
    record = now or before
    return dict(as_read(record).parameters) if record else {}


def _result(variant: JudgedVariant | None) -> ComparedResult:
    if variant is None or variant.record is None:
        return ComparedResult(outcome="MISSING", reason="no record")
    record = as_read(variant.record)
    against = variant.contradiction
    return ComparedResult(
        outcome=Outcome.INVALID.value if against else record.outcome.value,
        reason=against or record.reason,
        metrics={criterion.metric: criterion.observed for criterion in record.criteria},
        artifacts=dict(record.artifacts),
    )


def _notes(baseline: RunEvidence, candidate: RunEvidence) -> tuple[str, ...]:
    notes = [
        *judged_notes(baseline.manifest, candidate.manifest),
        *accepted_notes(baseline.fingerprint, candidate.fingerprint, candidate.manifest.accepted),
    ]
    commits = baseline.fingerprint.git_commit, candidate.fingerprint.git_commit
    if all(commits) and commits[0] != commits[1]:
        notes.append(
            f"made at different commits ({commits[0][:12]} and {commits[1][:12]}): what else changed between "
            "them is not seen here, but for the pack, the code of simgate and plugins, and versions"
        )
    for side, run in (("baseline", baseline), ("candidate", candidate)):
        if run.manifest.selection:
            notes.append(f"the {side} ran only a part of the pack: {run.manifest.selection}")
        if run.manifest.until_decided:
            notes.append(
                f"the {side} was ended by a sequential test; variants that it did not run are in doubt"
            )
        if run.fingerprint.git_dirty:
            notes.append(f"the {side}'s checkout had uncommitted changes")
    own = {variant.expected.digest for variant in candidate.evidence.variants}
    only = sum(variant.expected.digest not in own for variant in baseline.evidence.variants)
    if only:
        notes.append(f"{only} variants of the baseline were not to be run by the candidate, and are left out")
    return tuple(notes)
