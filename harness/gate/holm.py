"""Several rules at once: which NO-GO stands, and how many failures would make one (Holm's procedure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simgate.harness.gate.rules.regression import refutation_of
from simgate.harness.gate.statistics.intervals import fewest, refutation_p
from simgate.harness.gate.tally import Tally
from simgate.harness.gate.verdict import Decision, RuleVerdict
from simgate.harness.multiplicity import holm_rejects
from simgate.harness.packs.model import ON_A_METRIC, OVER_ALL, GateRule
from simgate.harness.text import plural

Refutes = Callable[[float, int], bool]
"""Whether a rule with this p-value is refuted when so many more variants in its scope fail."""


def refutes_alone(rule: GateRule) -> Refutes:
    """How a rule is refuted that is the only one."""
    return lambda p_value, _: p_value < 1.0 - rule.confidence


def refutes_among(gate: Sequence[GateRule], rules: Sequence[RuleVerdict], place: int) -> Refutes:
    """How a rule is refuted among the others.

    The others are held at what they have shown; only what must fail together with this rule changes: pass
    rates whose scope holds all of its scope.

    Args:
        gate: Every rule.
        rules: What each says alone.
        place: Of the rule in question.
    """
    tested = _tested(gate)
    alphas = [1.0 - gate[k].confidence for k in tested]

    def refutes(p_value: float, failures: int) -> bool:
        found = [
            p_value
            if k == place
            else _p_after(gate[k], rules[k], failures if _holds(gate[k], gate[place]) else 0)
            for k in tested
        ]
        return holm_rejects(found, alphas)[tested.index(place)]

    return refutes


def apply_holm(gate: Sequence[GateRule], rules: Sequence[RuleVerdict]) -> tuple[RuleVerdict, ...]:
    """Lets a NO-GO of a rule stand only if Holm's procedure over all rules confirms it.

    So the chance that a model which meets every rule gets NO-GO is at most the largest 1 - confidence of the
    rules, however many there are. A rule that would be refuted alone, and not among the others, is
    INCONCLUSIVE.
    """
    tested = _tested(gate)
    found = []
    for k, verdict in enumerate(rules):
        if verdict.decision is not Decision.NO_GO or k not in tested:
            found.append(verdict)
            continue
        refutes = refutes_among(gate, rules, k)
        p_value = 1.0 if verdict.p_value is None else verdict.p_value
        if refutes(p_value, 0):
            found.append(verdict)
            continue
        reason = (
            f"{verdict.reason}; that would refute it alone (p = {p_value:.2g}), but not as one of "
            f"{plural(len(tested), 'rule')} tested at once (Holm)"
        )
        change = _to_refute(gate[k], verdict, refutes)
        found.append(
            verdict.model_copy(
                update={"decision": Decision.INCONCLUSIVE, "reason": reason, "would_change": change}
            )
        )
    return tuple(found)


def _tested(gate: Sequence[GateRule]) -> list[int]:
    """Places of the rules that test something; a count of doubtful variants is no test."""
    return [k for k, rule in enumerate(gate) if rule.is_test]


def _holds(wide: GateRule, narrow: GateRule) -> bool:
    """Whether every variant that ``narrow`` speaks of is one that ``wide`` speaks of."""
    return wide.severity in (None, narrow.severity) and wide.scenario in (None, narrow.scenario)


def _p_after(rule: GateRule, verdict: RuleVerdict, failures: int) -> float:
    """P-value of a rule after further failures in its scope."""
    if rule.kind != "pass_rate" or rule.at_least is None or verdict.p_value is None or not failures:
        return 1.0 if verdict.p_value is None else verdict.p_value
    return p_after_failures(verdict, rule.at_least, failures)


def p_after_failures(counts: Tally | RuleVerdict, share: float, more: int) -> float:
    """P-value of "at least ``share`` pass" after ``more`` failures.

    Doubtful variants count as passes, and are the first to fail: a valid result of one of them weighs more
    than that of a further variant. Where variants share scenes, the failures are scenes that fail.
    """
    if counts.by_scene.shared:
        return counts.by_scene.refutation_p(share, more)
    doubtful = counts.invalid + counts.errors + counts.missing + counts.left_out
    passes = counts.successes + max(doubtful - more, 0)
    total = counts.successes + counts.failures + max(doubtful, more)
    return refutation_p(passes, total, share)


def _to_refute(rule: GateRule, verdict: RuleVerdict, refutes: Refutes) -> str:
    """What would refute a rule that Holm's procedure has not refuted."""
    if verdict.paired is not None:
        pairs = verdict.paired
        if pairs.scenes:
            return "more scenes in which pairs break would refute it among them"
        unchanged = pairs.pairs - pairs.broken - pairs.fixed - pairs.doubtful

        def refuted(k: int) -> bool:
            broken, fixed = pairs.broken + k, pairs.fixed + pairs.doubt_fixes
            return refutes(refutation_of(rule, broken, fixed, pairs.pairs + max(k - unchanged, 0)), k)

        more = fewest(refuted)
        assert more is not None  # Enough broken pairs outweigh any number of fixed ones.
        return f"{plural(more, 'more broken variant')} would refute it among them"
    if rule.kind in ON_A_METRIC:
        return "more variants: a model so far off is refuted by a few more"
    if rule.kind in OVER_ALL:
        return "more clusters of pictures: a model so far off is refuted by a few more"
    if rule.kind == "not_worse_by":
        return "more pairs: a candidate that loses so much is refuted by a few more"
    if rule.kind != "pass_rate" or rule.at_least is None:
        return "more samples: a model this slow is refuted by a few more"
    share = rule.at_least
    more = fewest(lambda k: refutes(p_after_failures(verdict, share, k), k))
    assert more is not None  # Some number of failures refutes any share that so few successes refute alone.
    what = "more failing scene" if verdict.scenes else "more failure"
    return f"{plural(more, what)} would refute it among them"
