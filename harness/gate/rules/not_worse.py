"""Rule ``not_worse_by``: a metric of the candidate against a baseline, on the same variants.

Each pair loses so much of the metric, and the mean loss is held against the margin: GO when a mean loss of
the margin or more is ruled out, NO-GO when one of at most the margin is. Nothing is assumed of how losses are
distributed, only that the metric has bounds (``paired_betting``), so each error has a chance of at most
1 - confidence, at any number of pairs and at any stopping time. Pairs of one scene are one unit of proof,
with their mean loss.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgate.harness.gate.comparing.metric_changes import number_of
from simgate.harness.gate.comparing.pairing import ByDigest, Pair, pair_up
from simgate.harness.gate.rules.extremes import Extremes, ExtremesEvidence
from simgate.harness.gate.rules.regression import Comparison, nothing_to_compare, run_again
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.statistics.e_values import anytime_p, enough
from simgate.harness.gate.statistics.intervals import fewest
from simgate.harness.gate.statistics.paired_betting import MeanBet, counted_losses, mean_upper_bound
from simgate.harness.gate.tally import JudgedVariant, Status, Tally
from simgate.harness.gate.texts.wording import percent
from simgate.harness.gate.verdict import Decision, Interval, RuleVerdict
from simgate.harness.packs.model import GateRule
from simgate.harness.results.reading.stored_record import as_read
from simgate.harness.text import plural

_MOST_PAIRS_TRIED = 100_000
"""A search for the number of pairs ends here."""
_METHOD = "betting on the mean loss of a bounded metric, one-sided each way"


class Losses(Extremes):
    """What pairs lose of a rule's metric, in its unit; negative for a gain.

    A pair of which one side has no value (no valid result, or the metric is not defined there) counts as both
    extremes. Where the metric is defined on neither side, or not on one and unknown on the other, there is
    nothing to compare.

    Args:
        rule: With ``clip``, between which values of the metric count as they are, and ``better``.
    """

    def __init__(self, rule: GateRule) -> None:
        assert rule.clip is not None
        self._rule, self._bounds = rule, rule.clip
        super().__init__(rule.at_most or 0.0, rule.clip[1] - rule.clip[0])
        self.pairs: list[Pair] = []
        self.values: list[tuple[float, float]] = []
        """(baseline, candidate) of the pairs that have both."""
        self.known = self.undefined = 0

    def add(self, pair: Pair) -> bool:
        """Takes one more pair; returns whether it counts."""
        self.pairs.append(pair)
        self.known += pair.known
        if pair.known:
            return False
        before, now = self._between(pair.before), self._between(pair.now)
        exact = [side is not None and side[0] == side[1] for side in (before, now)]
        if (before is None or now is None) and not any(exact):
            self.undefined += 1
            return False
        (old_low, old_high), (new_low, new_high) = before or self._bounds, now or self._bounds
        loses = (old_high - new_low, old_low - new_high)
        if self._rule.better == "lower":
            loses = (new_high - old_low, new_low - old_high)
        self.count(*loses, pair.scene, pair.now.trace)
        if all(exact):
            self.values.append((old_low, new_low))
        return True

    def _between(self, variant: JudgedVariant | None) -> tuple[float, float] | None:
        """Between which values a side lies; None where the metric is not defined."""
        if (
            variant is None
            or variant.record is None
            or variant.status not in (Status.SUCCESS, Status.FAILURE)
        ):
            return self._bounds
        value = number_of(as_read(variant.record).metrics, self._rule.metric or "")
        if value is None:
            return None
        clipped = min(max(value, self._bounds[0]), self._bounds[1])
        return clipped, clipped


class NotWorseEvidence(ExtremesEvidence):
    """Evidence on a metric against a baseline, variant after variant.

    Args:
        rule: What to decide.
        baseline: The baseline's variants by what is simulated, scenario by scenario.
    """

    def __init__(self, rule: GateRule, baseline: ByDigest) -> None:
        self._baseline, self.losses = baseline, Losses(rule)
        super().__init__(rule.confidence, self.losses)

    def _count(self, variant: JudgedVariant) -> None:
        for pair in pair_up([variant], self._baseline):
            if self.losses.add(pair):
                self.losses.bet(self._within, self._beyond)


def decide_not_worse(
    rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant], comparison: Comparison | None
) -> RuleVerdict:
    """Decides a rule on a metric against a baseline.

    Args:
        rule: ``at_most`` is the margin, in the unit of the metric.
        tally: Counts of the candidate's variants in scope.
        variants: The candidate's variants in scope.
        comparison: None when the run was made without a baseline.
    """
    if stopped := nothing_to_compare(rule, tally, comparison):
        return stopped
    assert comparison is not None
    losses = Losses(rule)
    for pair in pair_up(variants, comparison.baseline.by_digest):
        losses.add(pair)
    absent = comparison.absent(tally, variants)
    losses.absent(absent)
    found = _Weighed(rule, losses)
    p_value, alpha = anytime_p(found.beyond), 1.0 - rule.confidence
    decision = Decision.INCONCLUSIVE
    if p_value < alpha:
        decision = Decision.NO_GO
    elif found.within >= found.enough and not absent and not _unheard(losses.pairs):
        decision = Decision.GO
    return not_worse_verdict(rule, tally, losses, comparison, decision, p_value)


def pairs_to_prove(rule: GateRule) -> int:
    """How many pairs without any change prove a rule."""
    found = _Weighed(rule, Losses(rule))
    needed = fewest(lambda pairs: found.within_after(0.0, pairs) >= found.enough)
    assert needed is not None  # Every pair without a change is worth the same factor.
    return needed


def _unheard(pairs: Sequence[Pair]) -> bool:
    """Whether some side never reported: that is never GO, unlike an INVALID or ERROR that was counted."""
    return any(None in pair.records for pair in pairs if not pair.known)


class _Weighed:
    """The evidence of all pairs together.

    Args:
        rule: What is decided.
        losses: What the pairs lose.
    """

    def __init__(self, rule: GateRule, losses: Losses) -> None:
        self.rule, self.losses = rule, losses
        self._worst = counted_losses(losses.at_worst(), losses.largest)
        self._best = counted_losses(-losses.at_best(), losses.largest)

    @property
    def enough(self) -> float:
        return enough(self.rule.confidence)

    @property
    def within(self) -> float:
        """Logarithm of the evidence that the mean loss stays below the margin."""
        return self.within_after(0.0, 0)

    @property
    def beyond(self) -> float:
        """Logarithm of the evidence that the mean loss exceeds the margin."""
        bet = MeanBet(-self.losses.limit, self.losses.largest)
        bet.add_all(*self._best)
        return bet.log_e

    def within_after(self, loss: float, pairs: int) -> float:
        """The same after so many more pairs that each lose so much."""
        bet = MeanBet(self.losses.limit, self.losses.largest)
        bet.add_all(*self._worst)
        bet.add(loss, pairs)
        return bet.log_e

    @property
    def interval(self) -> Interval:
        largest, confidence = self.losses.largest, self.rule.confidence
        return Interval(
            low=-mean_upper_bound(*self._best, largest, confidence),
            high=mean_upper_bound(*self._worst, largest, confidence),
            confidence=confidence,
            method=_METHOD,
        )


def not_worse_verdict(
    rule: GateRule,
    tally: Tally,
    losses: Losses,
    comparison: Comparison,
    decision: Decision,
    p_value: float,
) -> RuleVerdict:
    """Writes down what the pairs show; INCONCLUSIVE when there is none to compare.

    Args:
        rule: What was decided.
        tally: Counts of its scope.
        losses: What the pairs lose.
        comparison: With the baseline.
        decision: As it fell.
        p_value: Of the rule's statement.
    """
    if not losses.values:
        reason = f"no variant has a value of {rule.metric} with both versions"
        change = f"valid results with both versions of variants in which {rule.metric} is defined"
        return inconclusive(rule, tally, reason, change, bound=rule.at_most)
    found = _Weighed(rule, losses)
    interval = found.interval
    before, now = np.mean(losses.values, axis=0).tolist()
    loss = now - before if rule.better == "lower" else before - now
    moved = f"worse by {loss:.3g}" if loss > 0 else f"better by {-loss:.3g}" if loss < 0 else "the same"
    low, high = max(interval.low, 0.0), max(interval.high, 0.0)
    where = f" in {plural(losses.scenes, 'scene')}, each one unit of proof" if losses.scenes else ""
    claim = {
        Decision.GO: f"at most {high:.3g}",
        Decision.NO_GO: f"at least {low:.3g}",
        Decision.INCONCLUSIVE: f"at least {low:.3g} and at most {high:.3g}",
    }[decision]
    apart = [
        f"; counted as either: {plural(losses.doubtful, 'pair')} without a value on one side"
        if losses.doubtful
        else "",
        f"; not counted: {plural(losses.undefined, 'pair')} in which it is not defined"
        if losses.undefined
        else "",
        f"; not counted: {plural(losses.known, 'variant')} in quarantine" if losses.known else "",
    ]
    return with_counts(
        rule,
        tally,
        decision=decision,
        reason=f"{rule.metric} {before:.3g} -> {now:.3g} over {plural(len(losses.values), 'pair')}{where}, "
        f"{moved}: with {percent(rule.confidence)} confidence the mean is worse by {claim}, "
        f"{rule.at_most:g} is allowed{''.join(apart)}",
        would_change=_would_change(decision, found, comparison),
        estimate=loss,
        exact=interval,
        bound=rule.at_most,
        p_value=p_value,
    ).model_copy(update={"baseline": comparison.baseline.manifest.run_id})


def _would_change(decision: Decision, found: _Weighed, comparison: Comparison) -> str:
    losses, metric = found.losses, found.rule.metric
    unit = "scene" if losses.scenes else "variant"
    if decision is Decision.NO_GO:
        return f"a candidate that keeps {metric}"
    if decision is Decision.GO:
        worst = fewest(
            lambda more: found.within_after(losses.largest, more) < found.enough, _MOST_PAIRS_TRIED
        )
        return "" if worst is None else f"{plural(worst, f'further {unit}')} in which it is lost altogether"
    silent = run_again(losses.pairs, 0, comparison)
    if silent:
        return f"valid results of both versions: {silent}"
    more = fewest(lambda pairs: found.within_after(0.0, pairs) >= found.enough, _MOST_PAIRS_TRIED)
    if more is None:
        return f"more than {_MOST_PAIRS_TRIED} further {unit}s in which it stays the same, or a smaller loss"
    return (
        f"{plural(more, f'more {unit}')} in which it stays the same would give GO (a larger pack, run with "
        "both versions)"
    )
