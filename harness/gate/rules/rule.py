"""Decides one gate rule: what it speaks of, and which kind it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from simgate.harness.gate.holm import Refutes, refutes_among
from simgate.harness.gate.rules.attempts_rule import decide_attempts
from simgate.harness.gate.rules.every_variant import decide_every_variant, places_of
from simgate.harness.gate.rules.latency import decide_metric
from simgate.harness.gate.rules.metric_mean import decide_mean
from simgate.harness.gate.rules.metric_share import decide_metric_share
from simgate.harness.gate.rules.not_worse import decide_not_worse
from simgate.harness.gate.rules.overall import decide_overall, decide_overall_not_worse
from simgate.harness.gate.rules.pass_rate import decide_pass_rate
from simgate.harness.gate.rules.regression import Comparison, decide_regression
from simgate.harness.gate.rules.rule_verdict import inconclusive, with_counts
from simgate.harness.gate.selection import not_chosen
from simgate.harness.gate.tally import JudgedVariant, Tally, counted_once, tally
from simgate.harness.gate.texts.wording import doubts, scope
from simgate.harness.gate.verdict import Decision, RuleVerdict
from simgate.harness.packs.model import GateRule, Pack
from simgate.harness.text import plural

_ON_VARIANTS = {
    "metric": decide_metric,
    "mean": decide_mean,
    "overall": decide_overall,
    "attempts": decide_attempts,
}
_ON_PAIRS = {
    "not_worse_by": decide_not_worse,
    "overall_not_worse_by": decide_overall_not_worse,
    "regression": decide_regression,
}


def decide_rules(
    pack: Pack,
    variants: Sequence[JudgedVariant],
    left_out: Mapping[str, int],
    comparison: Comparison | None = None,
) -> list[RuleVerdict]:
    """Decides every rule of a pack alone; an undecided one names what would refute it among the others."""
    alone = [decide_rule(rule, pack, variants, left_out, comparison) for rule in pack.gate]
    return [
        decide_rule(rule, pack, variants, left_out, comparison, refutes_among(pack.gate, alone, k))
        if rule.kind == "pass_rate" and alone[k].decision is Decision.INCONCLUSIVE
        else alone[k]
        for k, rule in enumerate(pack.gate)
    ]


def decide_rule(
    rule: GateRule,
    pack: Pack,
    variants: Sequence[JudgedVariant],
    left_out: Mapping[str, int],
    comparison: Comparison | None = None,
    refutes: Refutes | None = None,
) -> RuleVerdict:
    """Decides a rule on the variants in its scope.

    Args:
        rule: The rule.
        pack: For the scenarios in scope that a selection left out.
        variants: All variants of the run.
        left_out: From :func:`simgate.harness.gate.selection.left_out`.
        comparison: Of the run with its baseline; None without one.
        refutes: How the rule is refuted among others, for what would change it; None for a rule alone.
    """
    scoped = in_scope(rule, variants)
    if rule.kind == "every_variant":
        absent = not_chosen(rule, pack, [variant.expected for variant in variants])
    else:
        absent = absent_in_scope(rule, pack, left_out)
    counts = tally(scoped, absent)
    if not scoped:
        why = "the selection left its scenarios out" if absent else "the pack has no such scenario"
        return inconclusive(
            rule, counts, f"no variant in {scope(rule)}: {why}", "run variants of these scenarios"
        )
    if rule.kind == "pass_rate":
        return decide_pass_rate(rule, counts, refutes)
    if rule.kind == "drift":  # Decided by what lies beside the run: ``measured_drift``.
        return inconclusive(rule, counts, "drift was not measured", "simgate drift RUN --against OTHER")
    if rule.kind == "invalid_or_error":
        return decide_invalid_or_error(rule, counts, any(one.imported for one in pack.scenarios))
    if rule.counts_a_metric:
        return decide_metric_share(rule, scoped, absent)
    if rule.kind == "every_variant":
        return decide_every_variant(rule, counts, scoped, places_of(rule, pack))
    if rule.kind in _ON_VARIANTS:
        return _ON_VARIANTS[rule.kind](rule, counts, scoped)
    return _ON_PAIRS[rule.kind](rule, counts, scoped, comparison)


def in_scope(rule: GateRule, variants: Sequence[JudgedVariant]) -> list[JudgedVariant]:
    """The variants that a rule speaks of, each simulation once."""
    speaks_of = cache(rule.speaks_of)
    return counted_once(v for v in variants if speaks_of(v.expected.scenario, v.expected.severity))


def absent_in_scope(rule: GateRule, pack: Pack, left_out: Mapping[str, int]) -> int:
    """How many variants of a rule's scenarios an unfair selection kept from running."""
    return sum(left_out.get(s.id, 0) for s in pack.scenarios if rule.speaks_of(s.id, s.severity))


def decide_invalid_or_error(rule: GateRule, counts: Tally, imported: bool = False) -> RuleVerdict:
    """Decides whether enough of the evidence is valid.

    It is a count of this very run, not an estimate, so there is no interval; and bad evidence says nothing
    against the model, so it is never NO-GO.
    """
    if rule.at_most is None:
        return inconclusive(rule, counts, "the rule has no at_most", "give the rule at_most")
    bad = counts.invalid + counts.known_invalid + counts.errors + counts.missing
    ran = counts.expected - counts.not_run
    if not ran:
        return inconclusive(rule, counts, f"no variant in {scope(rule)}", "run variants of these scenarios")
    share = bad / ran
    seen = f"{bad} of {plural(ran, 'variant')}"
    excused = f", {counts.known_invalid} of them in quarantine" if counts.known_invalid else ""
    kinds = doubts(replace(counts, invalid=counts.invalid + counts.known_invalid))
    detail = f" ({kinds}{excused})" if kinds else ""
    # The tolerance keeps 2 of 100 within 0.02 whatever binary fractions make of it.
    enough = share <= rule.at_most + 1e-9
    if enough and not counts.absent:
        allowed = int(rule.at_most * ran + 1e-9)
        change = f"{allowed - bad + 1} more INVALID or ERROR"
        reason = f"{seen} gave no valid result{detail}"
        return with_counts(rule, counts, Decision.GO, reason, change, estimate=share, bound=rule.at_most)
    why = "absent variants are never GO" if enough else f"more than the share of {rule.at_most:g} allowed"
    reason = f"{seen} gave no valid result{detail}: {why}"
    return with_counts(
        rule,
        counts,
        Decision.INCONCLUSIVE,
        reason,
        _mended_by(counts, imported),
        estimate=share,
        bound=rule.at_most,
    )


def _mended_by(counts: Tally, imported: bool) -> str:
    """What would make doubtful evidence whole: another selection, another try, or both."""
    how = "mend what the reason names, run anew", "read hosts/*.log, then run again with --resume"
    if imported:  # There is neither a worker's log nor anything to resume.
        how = ("run these episodes anew where the files are from, and import them",) * 2
    changes = []
    if counts.left_out:
        changes.append(f"a run that leaves out none of the {plural(counts.left_out, 'variant')}")
    if invalid := counts.invalid + counts.known_invalid:
        changes.append(f"valid results for {plural(invalid, 'INVALID variant')} ({how[0]})")
    if broken := counts.errors + counts.missing:
        changes.append(f"valid results for {plural(broken, 'ERROR or missing variant')} ({how[1]})")
    return " and ".join(changes)
