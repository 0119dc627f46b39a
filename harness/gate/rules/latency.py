"""Rule ``metric`` on a latency percentile, decided on the pooled samples of all valid variants in scope."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from simgate.harness.gate.rules.deployed import foreign_runtime
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.statistics.data_sets.ordered import Ordered
from simgate.harness.gate.statistics.intervals import (
    more_successes_needed,
    most_failures_allowed,
    refutation_p,
)
from simgate.harness.gate.statistics.percentile import (
    accepts,
    nearest_rank,
    percentile_lower_bound,
    percentile_upper_bound,
    rejects,
)
from simgate.harness.gate.tally import JudgedVariant, Status, Tally
from simgate.harness.gate.texts.wording import doubts, percent, whole_evidence
from simgate.harness.gate.verdict import Decision, Interval, RuleVerdict
from simgate.harness.packs.checks.latency_percentile import LatencyPercentile, parse_latency_percentile
from simgate.harness.packs.model import GateRule, Pack
from simgate.harness.results.reading.stored_record import latency_samples
from simgate.harness.results.record import VALID
from simgate.harness.text import plural

SUPPORTED = (
    "latency.p<NN>_ms, latency.measured_p<NN>_ms and latency.measured_p<NN>_over_declared with at_most"
)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Latency samples of a scope.

    Attributes:
        samples: Milliseconds.
        unknown: Samples that doubtful variants owe, estimated by the most that any variant gave.
        silent: Valid variants without a single sample; they are doubtful as well.
    """

    samples: Ordered
    unknown: int
    silent: int


def decide_metric(rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant]) -> RuleVerdict:
    """Decides a rule on a metric.

    Only latency percentiles can be gated: their samples are many, and order statistics need no distribution.
    A threshold on another metric belongs into ``accept``, where each variant meets it or not, and into
    ``pass_rate``. Values of INVALID and ERROR runs are out; what these and missing variants owe counts as
    both extremes.
    """
    which = parse_latency_percentile(rule.metric or "")
    if which is not None and which.over_declared and rule.declared_ms is None:
        reason = "no latency is declared: the run had no model package"
        return inconclusive(rule, tally, reason, "run it with a model package")
    limit = limit_ms(rule)
    if which is None or limit is None:
        reason = f"'{rule.metric}' cannot be gated this way; supported: {SUPPORTED}"
        return inconclusive(rule, tally, reason, "put the threshold into accept and gate its pass_rate")
    foreign = "" if rule.any_runtime else foreign_runtime(variants, which.measured)
    if foreign:
        change = "measure with the deployed runtime, or write 'runtime: any' into the rule"
        return inconclusive(rule, tally, foreign, change, bound=limit)
    pool = _pool(variants, tally, which)
    if not pool.samples:
        reason = f"no variant gave a latency sample ({doubts(tally) or 'perception delivered nothing'})"
        return inconclusive(rule, tally, reason, whole_evidence(tally), bound=limit)
    return _decide(rule, tally, which, pool, limit)


def limit_ms(rule: GateRule) -> float | None:
    """What a rule on a latency allows, milliseconds; None where it cannot be known."""
    which = parse_latency_percentile(rule.metric or "")
    if which is None or rule.at_most is None or not which.over_declared:
        return rule.at_most
    return None if rule.declared_ms is None else rule.at_most * rule.declared_ms


def samples_of(variant: JudgedVariant, which: LatencyPercentile) -> Sequence[float] | None:
    """The samples of a variant; None where its result is not valid."""
    record = variant.record
    if record is None or record.outcome not in VALID or variant.status is Status.INVALID:
        return None
    return latency_samples(record, which.measured)


def kinds_of_samples(pack: Pack) -> frozenset[bool]:
    """Which latency samples the rules of a pack ask for: True for measured ones, False for others."""
    asked = [parse_latency_percentile(rule.metric or "") for rule in pack.gate if rule.kind == "metric"]
    return frozenset(which.measured for which in asked if which is not None)


def _pool(variants: Sequence[JudgedVariant], tally: Tally, which: LatencyPercentile) -> _Pool:
    samples, silent, owed = array("d"), 0, 0
    for variant in variants:
        if (found := samples_of(variant, which)) is not None:
            samples.extend(found)
            silent += not found
            owed = max(owed, len(found))
    return _Pool(Ordered(samples), (tally.doubtful + silent) * owed, silent)


def _decide(
    rule: GateRule, tally: Tally, which: LatencyPercentile, pool: _Pool, limit_ms: float
) -> RuleVerdict:
    samples, unknown, confidence = pool.samples, pool.unknown, rule.confidence
    within, total = samples.within(limit_ms), len(samples)
    low = percentile_lower_bound(samples, which.share, confidence, unknown)
    high = percentile_upper_bound(samples, which.share, confidence, unknown)
    if rejects(within, total, which.share, confidence, unknown):
        decision = Decision.NO_GO
    elif accepts(within, total, which.share, confidence, unknown) and not tally.absent:
        decision = Decision.GO
    else:
        decision = Decision.INCONCLUSIVE
    seen = f"{within} of {total} samples are within {limit_ms:.6g} ms{declared_words(rule)}"
    bounds = {
        Decision.GO: f"at most {high or 0.0:.4g} ms",
        Decision.NO_GO: f"at least {low or 0.0:.4g} ms",
        Decision.INCONCLUSIVE: _between(low, high, unknown),
    }
    lost = [doubts(tally), f"{pool.silent} without samples" if pool.silent else ""]
    tail = ", ".join(part for part in lost if part)
    tail = f"; counted as either: {tail}" if tail else ""
    absent = ", but a run with absent variants is never GO" if tally.absent and _met(high, limit_ms) else ""
    exact = None
    if high is not None:
        method = "order statistics, one-sided each way"
        exact = Interval(low=low or 0.0, high=high, confidence=confidence, method=method)
    claim = f"with {percent(confidence)} confidence p{100 * which.share:g} is {bounds[decision]}"
    return with_counts(
        rule,
        tally,
        decision=decision,
        reason=f"{seen}: {claim}{absent}{tail}",
        would_change=_would_change(decision, which, pool, confidence, within, tally),
        estimate=nearest_rank(samples, which.share),
        exact=exact,
        bound=limit_ms,
        p_value=refutation_p(within + unknown, total + unknown, which.share),
    )


def declared_words(rule: GateRule) -> str:
    """Where a limit comes from that is a multiple of what is declared; empty for others."""
    if rule.declared_ms is None or rule.at_most is None:
        return ""
    return f" ({rule.at_most:g} times the declared {rule.declared_ms:.4g} ms)"


def _met(high: float | None, limit_ms: float) -> bool:
    return high is not None and high <= limit_ms


def _between(low: float | None, high: float | None, unknown: int) -> str:
    if high is None:
        why = "too many doubtful variants" if unknown else "too few samples"
        return f"not bounded from above ({why})"
    return f"between {low or 0.0:.4g} and {high:.4g} ms (each way)"


def _would_change(
    decision: Decision, which: LatencyPercentile, pool: _Pool, confidence: float, within: int, tally: Tally
) -> str:
    if decision is Decision.NO_GO:
        return f"a model whose p{100 * which.share:g} is within the limit"
    total = len(pool.samples) + pool.unknown
    if decision is Decision.GO:
        allowed = most_failures_allowed(total, which.share, confidence)
        spare = (allowed or 0) - (total - within)
        return f"{spare + 1} of these {plural(total, 'sample')} over the limit instead of within"
    if tally.left_out:
        return whole_evidence(tally)
    if pool.unknown:
        return "valid results for the doubtful variants"
    needed = more_successes_needed(within, total, which.share, confidence)
    return (
        "more samples"
        if needed is None
        else f"{plural(needed, 'more sample')} within the limit would give GO"
    )
