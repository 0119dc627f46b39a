"""Decides a run: every rule, then all of them together, into one verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from simgate.harness.gate.comparing.baseline_copy import kept_baseline, kept_churn
from simgate.harness.gate.comparing.comparability import accepted_notes, judged_notes
from simgate.harness.gate.comparing.first_baseline import FirstBaseline, kept_first, waiting
from simgate.harness.gate.comparing.metric_changes import describe_of, losses_in_words, metric_changes
from simgate.harness.gate.comparing.pairing import RunEvidence, pair_up
from simgate.harness.gate.holm import apply_holm
from simgate.harness.gate.kept_pack import kept_pack
from simgate.harness.gate.last_read import LastRead
from simgate.harness.gate.measured_drift import with_drift
from simgate.harness.gate.notes import notes_for
from simgate.harness.gate.quarantine import quarantine_errors
from simgate.harness.gate.rules.latency import kinds_of_samples
from simgate.harness.gate.rules.regression import Comparison
from simgate.harness.gate.rules.rule import decide_rules
from simgate.harness.gate.statistics.intervals import wilson
from simgate.harness.gate.stopping.sequential import count_until_decided
from simgate.harness.gate.stopping.sequential_verdict import sequential_rules
from simgate.harness.gate.tally import Evidence, JudgedVariant, Status, tally, without_the_rest
from simgate.harness.gate.verdict import (
    Churn,
    Decision,
    Interval,
    QuarantineError,
    RuleVerdict,
    ScenarioSummary,
    Verdict,
    subject,
)
from simgate.harness.packs.model import Pack
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.manifest import Fingerprint, Manifest
from simgate.harness.results.reading.stored_record import KeptSamples, stored_records
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.harness.text import plural

SHOWN_CONFIDENCE = 0.95
"""Of the intervals shown for each scenario; nothing is decided on them."""

MOST_PAIRS = 10_000
"""About so many pairs are looked at for metrics that no rule judges."""
MOST_TORN = 5
"""So many unreadable lines of the journal are named."""


class UndecidableRun(Exception):  # noqa: N818 - the name says what happened
    """The manifest holds no pack that this version can read; the message says why."""


def decide(
    manifest: Manifest,
    records: Iterable[RunRecord],
    baseline: RunEvidence | None = None,
    fingerprint: Fingerprint | None = None,
    churn: Churn | None = None,
) -> Verdict:
    """The verdict of a run; a pure function.

    Args:
        manifest: What was to be run; a variant without a fitting record counts as missing, never as nothing.
        records: The journal, in its order. Records of another identity do not count.
        baseline: What regression rules hold the run against; they are INCONCLUSIVE without one.
        fingerprint: Of the run, completed by its hosts; the manifest's when None.
        churn: From ``simgate aa``, shown beside regression rules.

    Raises:
        UndecidableRun: The manifest's pack cannot be read.
    """
    pack = _decidable(manifest)
    own = RunEvidence.of(manifest, pack, records, fingerprint or manifest.fingerprint)
    return _verdict(own, baseline, churn)


def _verdict(
    own: RunEvidence,
    baseline: RunEvidence | None,
    churn: Churn | None,
    first: FirstBaseline | None = None,
    folder: Path | None = None,
) -> Verdict:
    manifest, pack = own.manifest, own.pack
    comparison = Comparison(baseline, own, churn) if baseline else None
    evidence, absent, stopped_at = own.evidence, own.left_out, None
    if manifest.until_decided:
        gate = count_until_decided(pack, evidence.variants, comparison, absent)
        if gate.decision is not None:
            stopped_at = gate.counted
            evidence = without_the_rest(evidence, gate.counted)
        rules = sequential_rules(gate, pack, evidence.variants, comparison, absent)
    else:
        rules = apply_holm(pack.gate, decide_rules(pack, evidence.variants, absent, comparison))
    if first is not None and baseline is None:
        rules = waiting(pack.gate, rules, first)
    if folder is not None:
        models = [*manifest.fingerprint.models.values()] or [manifest.fingerprint.model_sha256]
        rules = with_drift(pack.gate, rules, folder, manifest.run_id, models)
    gone_bad = quarantine_errors(manifest, pack, evidence)
    decision, headline = _overall(manifest, pack, evidence, rules, gone_bad)
    return Verdict(
        run_id=manifest.run_id,
        pack=manifest.pack_name,
        model=manifest.fingerprint.model,
        policy="" if manifest.fingerprint.model else pack.driver,
        decision=decision,
        headline="; ".join([f"{decision.value}: {headline}", *_losses(pack, evidence.variants, baseline)]),
        rules=rules,
        scenarios=_summaries(pack, evidence.variants),
        quarantine_errors=gone_bad,
        stopped_at=stopped_at,
        never_begun=sum(
            variant.record is not None and variant.record.attempts == 0 for variant in evidence.variants
        ),
        notes=(
            *(error.message for error in gone_bad),
            *(judged_notes(baseline.manifest, manifest) if baseline else ()),
            *(accepted_notes(baseline.fingerprint, own.fingerprint, manifest.accepted) if baseline else ()),
            *notes_for(manifest, pack, evidence, absent),
        ),
    )


def _losses(pack: Pack, variants: Sequence[JudgedVariant], baseline: RunEvidence | None) -> list[str]:
    """Metrics that are much worse than the baseline's and that no rule judges; of many variants, of some."""
    if baseline is None:
        return []
    pairs = pair_up(variants[:: max(len(variants) // MOST_PAIRS, 1)], baseline.by_digest)
    judged = [rule.metric or "" for rule in pack.gate]
    lost = losses_in_words(metric_changes(pairs, describe_of(pack)), judged)
    return [lost] if lost else []


def _decidable(manifest: Manifest) -> Pack:
    try:
        return kept_pack(manifest)
    except NotARun as error:
        raise UndecidableRun(str(error)) from None


def combine(decisions: Iterable[Decision]) -> Decision:
    """All rules together: NO-GO when any is refuted, GO when every one is proven, else INCONCLUSIVE.

    GO needs no correction for several rules: it claims all of them, and each is tested at its own
    confidence (intersection-union test, Berger 1982). The chance of a false NO-GO grows with the number of
    rules, so a rule counts as refuted only after
    :func:`simgate.harness.gate.holm.apply_holm`.
    """
    made = list(decisions)
    if Decision.NO_GO in made:
        return Decision.NO_GO
    if made and all(decision is Decision.GO for decision in made):
        return Decision.GO
    return Decision.INCONCLUSIVE


def _overall(
    manifest: Manifest,
    pack: Pack,
    evidence: Evidence,
    rules: Sequence[RuleVerdict],
    gone_bad: Sequence[QuarantineError],
) -> tuple[Decision, str]:
    """The decision of the gate and its one sentence."""
    waits = sum(rule.waits for rule in rules)
    judging = [rule for rule, verdict in zip(pack.gate, rules, strict=True) if not verdict.waits]
    rules = [rule for rule in rules if not rule.waits]
    decision = combine(rule.decision for rule in rules)
    missing = sum(variant.status is Status.MISSING for variant in evidence.variants)
    judged = subject(manifest.fingerprint.model, pack.driver)
    if decision is Decision.NO_GO:
        return decision, _first(rules, Decision.NO_GO, "is refuted", "are refuted")
    if not pack.gate:
        return Decision.INCONCLUSIVE, "the pack has no gate rules, so nothing can be decided"
    if not manifest.expected:
        return Decision.INCONCLUSIVE, "no variant was to be run"
    if decision is Decision.INCONCLUSIVE and rules:
        undecided = _first(rules, Decision.INCONCLUSIVE, "is undecided", "are undecided")
        change = next(rule.would_change for rule in rules if rule.decision is Decision.INCONCLUSIVE)
        return decision, f"{undecided}; {change}" if change else undecided
    if not any(rule.judges_model for rule in judging):
        but = "but against a baseline, of which this run is the first" if waits else "only the evidence"
        return Decision.INCONCLUSIVE, f"no gate rule judges the model, {but}"
    if missing:
        return Decision.INCONCLUSIVE, (
            f"every rule holds, but {plural(missing, 'expected variant')} never reported; "
            "finish the run with --resume"
        )
    if gone_bad:
        return Decision.INCONCLUSIVE, f"every rule holds, but {gone_bad[0].message}"
    counts = tally(evidence.variants)
    apart = f", apart from {plural(counts.known, 'variant')} in quarantine" if counts.known else ""
    apart += f", {plural(counts.retried, 'variant')} begun more than once" if counts.retried else ""
    apart += f"; {plural(waits, 'rule')} against a baseline had none: this run is the first" if waits else ""
    counted = sum(variant.status is not Status.NOT_RUN for variant in evidence.variants)
    claim = f"{plural(len(rules), 'rule')} proven on {plural(counted, 'variant')}"
    if counted < len(manifest.expected):
        claim += f" (decided before the other {len(manifest.expected) - counted})"
    return decision, f"{claim} of {manifest.pack_name} for {judged}{apart}"


def _first(rules: Sequence[RuleVerdict], decision: Decision, one: str, many: str) -> str:
    """How many rules are decided so, and the first of them."""
    made = [rule for rule in rules if rule.decision is decision]
    of_all = f"{len(made)} of {plural(len(rules), 'rule')} {one if len(made) == 1 else many}"
    return f"{of_all}: {made[0].statement}: {made[0].reason}"


def _summaries(pack: Pack, variants: Sequence[JudgedVariant]) -> tuple[ScenarioSummary, ...]:
    """Counts of every scenario of the pack, also of those that did not run, in the pack's order."""
    by_scenario: Mapping[str, list[JudgedVariant]] = defaultdict(list)
    for variant in variants:
        by_scenario[variant.expected.scenario].append(variant)
    summaries = []
    for scenario in pack.scenarios:
        counts = tally(by_scenario.get(scenario.id, []))
        shown = None
        if counts.counted:
            scenes = counts.by_scene
            low, high = wilson(scenes.passing, scenes.with_result, SHOWN_CONFIDENCE)
            shown = Interval(low=low, high=high, confidence=SHOWN_CONFIDENCE, method="Wilson")
        summaries.append(
            ScenarioSummary(
                scenario=scenario.id,
                title=scenario.title,
                severity=scenario.severity,
                requirements=scenario.requirements,
                expected=counts.expected,
                passed=counts.successes,
                failed=counts.failures,
                invalid=counts.invalid + counts.known_invalid,
                errors=counts.errors,
                missing=counts.missing,
                known=counts.known - counts.known_invalid,
                not_run=counts.not_run,
                retried=counts.retried,
                rate=counts.successes / counts.counted if counts.counted else None,
                shown=shown,
            )
        )
    return tuple(summaries)


def decide_folder(folder: RunFolder) -> Verdict:
    """Decides a run from its manifest, journal and baseline (if it has one).

    The one way to a run's verdict: ``verdict.json`` is for readers outside of simgate and is never believed.

    Raises: as :func:`judged_run`.
    """
    return judged_run(folder)[1]


def judged_run(folder: RunFolder) -> tuple[RunEvidence, Verdict]:
    """A run and its verdict; the last one is remembered until its files change.

    Raises:
        simgate.harness.results.run_folder.NotARun: No readable manifest.
        simgate.harness.results.journal.JournalDamaged: A line of the journal is no record.
        UndecidableRun: The manifest's pack cannot be read.
    """
    return _LAST.of(folder)


def _judge(folder: RunFolder) -> tuple[RunEvidence, Verdict]:
    baseline, churn = kept_baseline(folder), kept_churn(folder)
    torn: list[int] = []
    damaged: list[str] = []
    manifest = folder.manifest()
    # No result depends on what a host said of itself, so the run is judged without it.
    pack, made = _decidable(manifest), folder.completed(manifest.fingerprint, damaged)
    samples = KeptSamples(kinds_of_samples(pack))
    own = RunEvidence.of(manifest, pack, stored_records(folder.journal_path, torn, samples), made)
    verdict = _verdict(own, baseline, churn, kept_first(folder), folder.path)
    samples.let_go()
    return own, verdict.model_copy(update={"notes": (*verdict.notes, *_of_torn(torn), *damaged)})


_LAST = LastRead(_judge)


def _of_torn(lines: Sequence[int]) -> list[str]:
    if not lines:
        return []
    places = ", ".join(map(str, lines[:MOST_TORN])) + (", ..." if len(lines) > MOST_TORN else "")
    return [
        f"{plural(len(lines), 'line')} of the journal cannot be read and counts for nothing (line {places}): "
        "a writer was killed there, or the file was damaged"
    ]


def write_verdict(folder: RunFolder) -> Verdict:
    """Decides a run and writes ``verdict.json``, whatever stood there.

    Raises:
        OSError: The file cannot be written; and as :func:`decide_folder`.
    """
    verdict = decide_folder(folder)
    write_atomic(folder.verdict_path, verdict.model_dump_json(indent=2) + "\n")
    return verdict
