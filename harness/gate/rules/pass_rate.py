"""Rule ``pass_rate``: the share of passing variants is at least p0, proven exactly or not at all."""

from __future__ import annotations

from typing import NamedTuple

from simgate.harness.gate.holm import Refutes, p_after_failures, refutes_alone
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.statistics.intervals import (
    fewest,
    lower_bound,
    more_successes_needed,
    most_failures_allowed,
    proves_at_least,
    refutation_p,
    upper_bound,
    wilson,
)
from simgate.harness.gate.tally import Tally
from simgate.harness.gate.texts.wording import (
    doubts,
    passing,
    percent,
    quarantine,
    share,
    shared_scenes,
    whole_evidence,
)
from simgate.harness.gate.verdict import Decision, Interval, RuleVerdict
from simgate.harness.packs.model import GateRule
from simgate.harness.text import plural


def decide_pass_rate(rule: GateRule, tally: Tally, refutes: Refutes | None = None) -> RuleVerdict:
    """Decides a pass rate.

    GO when the exact lower bound reaches p0 with every doubtful variant (INVALID, ERROR, missing, left out)
    counted as a failure, and none is missing or left out; NO-GO when the exact upper bound stays below p0
    with every doubtful variant counted as a pass. Variants in a quarantine count as neither: the statement
    then holds for what lies outside it. Where variants share scenes, the scenes are what is counted, each by
    the share of its variants that passed (:mod:`simgate.harness.gate.scenes`).

    Args:
        rule: With ``at_least``.
        tally: Counts of the variants in its scope.
        refutes: How the rule is refuted among others, for what would change it; None for a rule alone.
    """
    p0, confidence = rule.at_least, rule.confidence
    if p0 is None:
        return inconclusive(rule, tally, "the rule has no at_least", "give the rule at_least")
    if tally.counted == 0:
        reason = f"no variant passed or failed ({doubts(tally) or 'nothing ran'}){quarantine(tally)}"
        return inconclusive(rule, tally, reason, whole_evidence(tally), bound=p0)
    found = (_of_scenes if tally.by_scene.shared else _of_variants)(tally, p0, confidence)
    if found.p_value < 1.0 - confidence:
        decision = Decision.NO_GO
    elif found.proven and not tally.absent:
        decision = Decision.GO
    else:
        decision = Decision.INCONCLUSIVE
    return with_counts(
        rule,
        tally,
        decision=decision,
        reason=_reason(decision, rule, p0, tally, found.exact),
        would_change=_would_change(decision, p0, confidence, tally, refutes or refutes_alone(rule)),
        estimate=found.estimate,
        exact=found.exact,
        shown=found.shown,
        bound=p0,
        p_value=found.p_value,
    )


class _Found(NamedTuple):
    """Whether the share is proven, and what is known of it; ``p_value`` is that against it."""

    proven: bool
    p_value: float
    estimate: float
    exact: Interval
    shown: Interval


def _of_variants(tally: Tally, p0: float, confidence: float) -> _Found:
    """Each variant is one trial."""
    total = tally.counted + tally.doubtful
    least, most = tally.successes, tally.successes + tally.doubtful
    exact = Interval(
        low=lower_bound(least, total, confidence),
        high=upper_bound(most, total, confidence),
        confidence=confidence,
        method="Clopper-Pearson, one-sided each way" + _extremes(tally),
    )
    low, high = wilson(least, tally.counted, confidence)
    shown = Interval(low=low, high=high, confidence=confidence, method="Wilson")
    proven = proves_at_least(least, total, p0, confidence)
    return _Found(proven, refutation_p(most, total, p0), least / tally.counted, exact, shown)


def _of_scenes(tally: Tally, p0: float, confidence: float) -> _Found:
    """Each scene is one trial, with the share of its variants that passed."""
    scenes = tally.by_scene
    exact = Interval(
        low=scenes.lower(confidence),
        high=scenes.upper(confidence),
        confidence=confidence,
        method="Gaffke, scenes as units, one-sided each way" + _extremes(tally),
    )
    low, high = wilson(scenes.passing, scenes.with_result, confidence)
    shown = Interval(low=low, high=high, confidence=confidence, method="Wilson")
    proven = scenes.proof_p(p0) <= 1.0 - confidence
    return _Found(proven, scenes.refutation_p(p0), scenes.passing / scenes.with_result, exact, shown)


def _extremes(tally: Tally) -> str:
    return ", doubtful as both extremes" if tally.doubtful else ""


def _reason(decision: Decision, rule: GateRule, p0: float, tally: Tally, exact: Interval) -> str:
    passed, do = passing(rule)
    seen = f"{tally.successes} of {tally.counted} {passed}"
    with_confidence = f"with {percent(rule.confidence)} confidence"
    doubtful = f"; counted as either: {doubts(tally)}" if tally.doubtful else ""
    tail = doubtful + quarantine(tally) + shared_scenes(tally)
    if decision is Decision.GO:
        return f"{seen}: {with_confidence} at least {share(exact.low)} {do}, {p0:g} is needed{tail}"
    if decision is Decision.NO_GO:
        return f"{seen}: {with_confidence} at most {share(exact.high)} {do}, {p0:g} is needed{tail}"
    if tally.absent and exact.low >= p0:
        return f"{seen}, enough for {p0:g}, but a run with absent variants is never GO{tail}"
    return (
        f"{seen}: {with_confidence} each, at least {share(exact.low)} and at most {share(exact.high)} {do}, "
        f"so {p0:g} is neither proven nor refuted{tail}"
    )


def _would_change(decision: Decision, p0: float, confidence: float, tally: Tally, refutes: Refutes) -> str:
    total = tally.counted + tally.doubtful
    if tally.by_scene.shared:
        return _in_more_scenes(decision, p0, confidence, tally, refutes)
    allowed = most_failures_allowed(total, p0, confidence)
    if decision is Decision.GO:
        spare = (allowed or 0) - tally.failures - tally.doubtful
        return f"{plural(spare + 1, 'more failure')} among these {plural(total, 'variant')}"
    which = f"{'all' if tally.left_out else 'these'} {plural(total, 'variant')}"
    needs = f"GO needs {_demand(which, allowed, p0, confidence)}"
    if decision is Decision.NO_GO:
        return f"{needs}; {tally.failures} failed"
    if tally.doubtful and allowed is not None and tally.failures <= allowed:
        rest = tally.doubtful - (allowed - tally.failures)
        demand = f"if {rest} or more of them pass" if rest > 0 else "whatever they are"
        return f"{whole_evidence(tally)}: GO {demand}"
    if tally.left_out:
        failed = f"; {tally.failures} failed" if tally.failures else ""
        return f"{whole_evidence(tally)}; {needs}{failed}"
    needed = more_successes_needed(total - tally.failures, total, p0, confidence)
    if needed is None:
        return needs
    go = f"{_first_results(tally)}{plural(needed, 'more clean variant')} would give GO"
    return go + _otherwise(p0, confidence, tally, refutes)


def _first_results(tally: Tally) -> str:
    # Without them there is no GO (missing), or only with variants that would outweigh them as failures.
    return f"{whole_evidence(tally)}; if all of them pass, " if tally.doubtful else ""


def _demand(which: str, allowed: int | None, p0: float, confidence: float) -> str:
    """What GO needs of the variants, for example ``these 60 variants``."""
    if allowed is not None:
        return f"at most {plural(allowed, 'failure')} among {which}"
    size = more_successes_needed(0, 0, p0, confidence)
    return (
        "more variants than anyone can run" if size is None else f"at least {plural(size, 'clean variant')}"
    )


def _otherwise(p0: float, confidence: float, tally: Tally, refutes: Refutes) -> str:
    """What else would decide: failures, and variants that go on as they have begun."""
    failures = fewest(lambda k: refutes(p_after_failures(tally, p0, k), k))
    text = "" if failures is None else f", {plural(failures, 'more failure')} NO-GO"
    if not tally.failures or tally.doubtful:
        return text
    seen, total = tally.successes, tally.counted
    rate = seen / total
    if seen > p0 * total:
        way = "GO"
        more = fewest(lambda k: proves_at_least(seen + rate * k, total + k, p0, confidence))
    else:
        way = "NO-GO"
        more = fewest(lambda k: refutes(refutation_p(seen + rate * k, total + k, p0), round((1 - rate) * k)))
    if more is None:
        return text
    return f"{text}; if variants go on as so far ({share(rate)} pass), about {more} more give {way}"


def _in_more_scenes(decision: Decision, p0: float, confidence: float, tally: Tally, refutes: Refutes) -> str:
    """What would change a decision on variants that share scenes."""
    scenes, alpha = tally.by_scene, 1.0 - confidence
    if decision is Decision.NO_GO:
        return "results of variants in more scenes; more of the same scenes say little"
    if decision is Decision.GO:
        enough = fewest(lambda k: scenes.failing_p(p0, k) > alpha)
        return "nothing that one can run" if enough is None else plural(enough, "more failing scene")
    if tally.doubtful and scenes.proof_p(p0, doubtful_passes=True) <= alpha:
        return f"{whole_evidence(tally)}: GO if all of them pass"
    if tally.left_out:
        return whole_evidence(tally)
    clean = fewest(lambda k: scenes.proof_p(p0, k, doubtful_passes=True) <= alpha)
    failing = fewest(lambda k: refutes(p_after_failures(tally, p0, k), k))
    go = "more scenes than anyone can run" if clean is None else f"{plural(clean, 'more clean scene')}"
    no_go = "" if failing is None else f", {plural(failing, 'more failing scene')} NO-GO"
    return f"{_first_results(tally)}{go} would give GO{no_go}; more variants of the same scenes say little"
