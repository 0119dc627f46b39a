"""Rule ``mean``: the mean of a metric over the scenes keeps a threshold.

Nothing bounds the mean of a metric that may be anything (Bahadur and Savage 1956), so the rule states a
range; values beyond count as its ends. Within it the test bets on the mean (``paired_betting``): no
distribution is assumed, each error has a chance of at most 1 - confidence at any number of variants and at
any stopping time. Variants of one scene are one unit of proof, with their mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgate.harness.gate.rules.extremes import Extremes, ExtremesEvidence
from simgate.harness.gate.rules.metric_share import number_of, value_of
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.statistics.e_values import anytime_p, enough
from simgate.harness.gate.statistics.intervals import fewest
from simgate.harness.gate.statistics.paired_betting import MeanBet, Numbers, counted_losses, mean_upper_bound
from simgate.harness.gate.tally import IN_QUARANTINE, JudgedVariant, Status, Tally
from simgate.harness.gate.texts.wording import doubts, percent, quarantine, whole_evidence
from simgate.harness.gate.verdict import Decision, Interval, RuleVerdict
from simgate.harness.packs.model import GateRule
from simgate.harness.text import plural

_MOST_TRIED = 100_000
"""A search for the number of variants ends here."""
_METHOD = "betting on the mean of a bounded metric, one-sided each way"


class Values(Extremes):
    """A rule's metric over its variants, less the middle of the range, turned so that less is better.

    Args:
        rule: With ``clip`` and ``criterion``.
    """

    def __init__(self, rule: GateRule) -> None:
        assert rule.clip is not None and rule.criterion is not None
        self._criterion, (low, high) = rule.criterion, rule.clip
        self._clip = rule.clip
        self.middle = 0.5 * (low + high)
        self.sign = 1.0 if rule.criterion.op == "at_most" else -1.0
        assert isinstance(rule.criterion.bound, int | float)
        super().__init__(self.sign * (float(rule.criterion.bound) - self.middle), 0.5 * (high - low))
        self.known: list[float] = []
        """The values that count, within the range."""
        self.assumed = 0
        """How many of them are what the rule says that no value counts as."""

    def add(self, variant: JudgedVariant) -> bool:
        """Takes one more variant; returns whether it counts: not in a quarantine, nor if not to run."""
        if variant.status in (*IN_QUARANTINE, Status.NOT_RUN):
            return False
        low, high = -self.largest, self.largest
        value = number_of(self._criterion, variant)
        undefined = value is None and value_of(self._criterion, variant)[0]
        if undefined and self._criterion.if_undefined != "invalid":
            value, self.assumed = self.end(self._criterion.if_undefined == "pass"), self.assumed + 1
        if value is not None:
            self.known.append(min(max(value, self._clip[0]), self._clip[1]))
            low = high = self.sign * (self.known[-1] - self.middle)
        self.count(high, low, variant.expected.own_scene, variant.trace)
        return True

    def end(self, best: bool) -> float:
        """The best or the worst value of the range."""
        return self.middle + (-self.sign if best else self.sign) * self.largest


class MeanEvidence(ExtremesEvidence):
    """Evidence on a mean, variant after variant.

    Args:
        rule: What to decide.
    """

    def __init__(self, rule: GateRule) -> None:
        self.values = Values(rule)
        super().__init__(rule.confidence, self.values)

    def _count(self, variant: JudgedVariant) -> None:
        if self.values.add(variant):
            self.values.bet(self._within, self._beyond)


def decide_mean(rule: GateRule, tally: Tally, variants: Sequence[JudgedVariant]) -> RuleVerdict:
    """Decides a rule on the mean of a metric.

    A variant without a valid result, or without a value where the rule does not say what that counts as,
    counts as both ends of the range. An absent variant is never GO.

    Args:
        rule: With ``criterion`` and ``clip``.
        tally: Counts of its scope.
        variants: Those in its scope.
    """
    if rule.criterion is None or rule.clip is None:
        return inconclusive(rule, tally, "the rule has no threshold or no range", "give the rule both")
    values = Values(rule)
    for variant in variants:
        values.add(variant)
    values.absent(tally.left_out)
    p_value = anytime_p(_evidence(values, -values.limit, -values.at_best()))
    decision = Decision.INCONCLUSIVE
    if p_value < 1.0 - rule.confidence:
        decision = Decision.NO_GO
    elif _within(values) >= enough(rule.confidence) and not tally.absent:
        decision = Decision.GO
    return mean_verdict(rule, tally, values, decision, p_value)


def values_to_prove(rule: GateRule) -> int | None:
    """How many variants, all at the best end of the range, prove a rule; None for more than anyone runs."""
    values = Values(rule)
    return fewest(lambda k: _within(values, k) >= enough(rule.confidence), _MOST_TRIED)


def mean_verdict(
    rule: GateRule, tally: Tally, values: Values, decision: Decision, p_value: float
) -> RuleVerdict:
    """Writes down what the variants show; INCONCLUSIVE when none has a value.

    Args:
        rule: What was decided.
        tally: Counts of its scope.
        values: Of its variants.
        decision: As it fell.
        p_value: Of the rule's statement.
    """
    criterion = rule.criterion
    assert criterion is not None and isinstance(criterion.bound, int | float)
    if len(values.known) == values.assumed:
        reason = f"no variant has a value of {criterion.metric} ({doubts(tally) or 'it is defined in none'})"
        return inconclusive(rule, tally, reason, whole_evidence(tally), bound=float(criterion.bound))
    interval = _interval(rule, values)
    claim = {
        Decision.GO: f"at most {interval.high:.4g}" if values.sign > 0 else f"at least {interval.low:.4g}",
        Decision.NO_GO: f"at least {interval.low:.4g}" if values.sign > 0 else f"at most {interval.high:.4g}",
        Decision.INCONCLUSIVE: f"at least {interval.low:.4g} and at most {interval.high:.4g}",
    }[decision]
    where = f" in {plural(values.scenes, 'scene')}, each one unit of proof" if values.scenes else ""
    either = f"; counted as either: {plural(values.doubtful, 'variant')} without a value" * bool(
        values.doubtful
    )
    if values.assumed:
        end = values.end(criterion.if_undefined == "pass")
        where += f" ({values.assumed} without a value count as {end:g})"
    mean = float(np.mean(values.known))
    return with_counts(
        rule,
        tally,
        decision=decision,
        reason=f"mean {mean:.4g} over {plural(len(values.known), 'variant')}{where}: with "
        f"{percent(rule.confidence)} confidence {claim}, {criterion.op.replace('_', ' ')} "
        f"{criterion.bound:g} is needed{either}{quarantine(tally)}",
        would_change=_would_change(rule, decision, values, tally),
        estimate=mean,
        exact=interval,
        bound=float(criterion.bound),
        p_value=p_value,
    )


def _evidence(values: Values, limit: float, turned: Numbers, more: int = 0, each: float = 0.0) -> float:
    """Logarithm of the evidence that a mean stays below a limit."""
    bet = MeanBet(limit, values.largest)
    bet.add_all(*counted_losses(turned, values.largest))
    bet.add(each, more)
    return bet.log_e


def _within(values: Values, more: int = 0) -> float:
    """Evidence for the rule, after so many more variants at the best end of the range."""
    return _evidence(values, values.limit, values.at_worst(), more, -values.largest)


def _interval(rule: GateRule, values: Values) -> Interval:
    above, below = (
        mean_upper_bound(*counted_losses(turned, values.largest), values.largest, rule.confidence)
        for turned in (values.at_worst(), -values.at_best())
    )
    ends = sorted((values.middle + values.sign * above, values.middle - values.sign * below))
    return Interval(low=ends[0], high=ends[1], confidence=rule.confidence, method=_METHOD)


def _would_change(rule: GateRule, decision: Decision, values: Values, tally: Tally) -> str:
    unit = "scene" if values.scenes else "variant"
    best, worst = (f"{values.end(best):g}" for best in (True, False))
    if decision is Decision.NO_GO:
        return "a model whose mean keeps the threshold"
    if decision is Decision.GO:
        level = enough(rule.confidence)
        turned = values.at_worst()
        spoilt = fewest(
            lambda k: _evidence(values, values.limit, turned, k, values.largest) < level, _MOST_TRIED
        )
        return "" if spoilt is None else f"{plural(spoilt, f'further {unit}')} with a value of {worst}"
    if tally.doubtful:
        return whole_evidence(tally)
    more = fewest(lambda k: _within(values, k) >= enough(rule.confidence), _MOST_TRIED)
    if more is None:
        return f"more {unit}s than anyone can run, or a better mean"
    return f"{plural(more, f'more {unit}')} with a value of {best} would give GO, more where it is worse"
