"""Rule ``every_variant``: each variant in scope meets a criterion; one violation refutes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from simgate.harness.gate.rules.hard_result import UNKNOWN, HardResult
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.scenes import NO_SCENES
from simgate.harness.gate.tally import IN_QUARANTINE, JudgedVariant, Status, Tally
from simgate.harness.gate.texts.wording import doubts, few, quarantine, whole_evidence
from simgate.harness.gate.verdict import Decision, RuleVerdict
from simgate.harness.packs.model import Criterion, GateRule, Pack
from simgate.harness.results.record import Outcome
from simgate.harness.text import number, plural

_WITHOUT_RECORD = (Status.ERROR, Status.MISSING, Status.NOT_RUN)


def decide_every_variant(
    rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant], places: Mapping[str, int]
) -> RuleVerdict:
    """Decides a hard rule.

    NO-GO when any variant violates it, also one that is INVALID for what happened later; GO when every one
    meets it; else INCONCLUSIVE: what gave no valid result, never ran, was left out by whatever selection, or
    has no value of the metric could violate it. Variants in a quarantine count as neither.

    Args:
        rule: With its criterion.
        tally: Counts of the variants in its scope; ``left_out`` holds all that the pack has and no one ran.
        variants: Those in its scope.
        places: From :func:`places_of`.
    """
    criterion = rule.criterion
    if criterion is None:
        return inconclusive(rule, tally, "the rule has no every_variant", "give the rule every_variant")
    judged = [(v, standing(v, places)) for v in variants if v.status not in IN_QUARANTINE]
    violated = [pair for pair in judged if pair[1].outcome is Outcome.FAIL]
    met = sum(found.outcome is Outcome.PASS for _, found in judged)
    unknown = [
        v for v, found in judged if found.outcome is Outcome.INVALID and v.status not in _WITHOUT_RECORD
    ]
    counts = replace(tally, successes=met, failures=len(violated), invalid=len(unknown), by_scene=NO_SCENES)
    decision, reason, change = _decide(criterion, counts, violated, unknown)
    return with_counts(
        rule,
        counts,
        decision,
        f"{reason}{quarantine(counts)}",
        change,
        estimate=_worst(criterion, [found.observed for _, found in judged]),
        bound=_number(criterion.bound),
    )


def places_of(rule: GateRule, pack: Pack) -> dict[str, int]:
    """Scenario -> place of the rule's criterion among its hard rules."""
    return {s.id: s.hard.index(rule.criterion) for s in pack.scenarios if rule.criterion in s.hard}


def standing(variant: JudgedVariant, places: Mapping[str, int]) -> HardResult:
    """What a variant is under a hard rule."""
    place = places.get(variant.expected.scenario)
    is_silent = variant.contradiction or variant.status in _WITHOUT_RECORD
    if is_silent or place is None or place >= len(variant.hard):
        return UNKNOWN
    return variant.hard[place]


def _decide(
    criterion: Criterion,
    counts: Tally,
    violated: Sequence[tuple[JudgedVariant, HardResult]],
    unknown: Sequence[JudgedVariant],
) -> tuple[Decision, str, str]:
    """The decision, why, and what would change it."""
    met = counts.successes
    lost = [doubts(counts), f"{counts.not_run} not run" if counts.not_run else ""]
    open_ones = ", ".join(text for text in lost if text)
    if violated:
        total = counts.expected - counts.known
        reason = f"violated by {len(violated)} of {plural(total, 'variant')}: {_named(violated)}"
        tail = f"; not known: {open_ones}" if open_ones else ""
        return (
            Decision.NO_GO,
            reason + tail,
            "a model that meets it in every variant; more variants change nothing",
        )
    if open_ones or not met:
        seen = f"{plural(met, 'variant')} meet it" if met else "no variant has a result"
        reason = f"{seen}; could violate it: {open_ones or 'nothing ran'}{_why(criterion, unknown)}"
        return Decision.INCONCLUSIVE, reason, _change(counts, unknown)
    return Decision.GO, f"all {plural(met, 'variant')} meet it", "a single violation"


def _named(violated: Sequence[tuple[JudgedVariant, HardResult]]) -> str:
    """The first violations, with what was observed."""
    observed = [(v.expected.id, found.observed) for v, found in violated]
    return few([f"{name} ({'no value' if value is None else number(value)})" for name, value in observed])


def _why(criterion: Criterion, unknown: Sequence[JudgedVariant]) -> str:
    """Why the first variant with a valid result has no value that can be judged."""
    first = next((v for v in unknown if v.status is not Status.INVALID and v.record is not None), None)
    if first is None or first.record is None:
        return ""
    wanted = (criterion.metric, criterion.statement)
    found = next((one for one in first.record.hard if (one.metric, one.statement) == wanted), None)
    why = found.reason if found is not None else "its record was made without this rule"
    return f" ({first.expected.id}: {why or 'its value contradicts what its record says of it'})"


def _change(counts: Tally, unknown: Sequence[JudgedVariant]) -> str:
    if any(variant.status is not Status.INVALID for variant in unknown):
        return "a metric that every variant has, or if_undefined (pass or fail) in the rule"
    if counts.not_run:
        return "a run of every variant (without --until-decided)"
    return whole_evidence(counts)


def _worst(criterion: Criterion, observed: Iterable[object]) -> float | None:
    """The observed value that is nearest to a violation, or furthest beyond it."""
    if criterion.op not in ("at_most", "at_least"):
        return None
    numbers = (one for value in observed if (one := _number(value)) is not None)
    return max(numbers, default=None) if criterion.op == "at_most" else min(numbers, default=None)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
