"""What the counts of a pack let each gate rule prove and see; all of it exact binomial sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from simgate.harness.cli.planning.times import variants_of
from simgate.harness.frontend.scene_counts import SceneCount, count_scenes, scenes_in
from simgate.harness.gate.comparing.compare import DEFAULT_CONFIDENCE
from simgate.harness.gate.rules.metric_mean import values_to_prove
from simgate.harness.gate.rules.not_worse import pairs_to_prove
from simgate.harness.gate.rules.regression import margin_of, more_broken, refutation_of
from simgate.harness.gate.statistics.data_sets.whole import FEWEST_CLUSTERS
from simgate.harness.gate.statistics.intervals import (
    fewest,
    more_successes_needed,
    most_failures_allowed,
    most_successes_refuted,
)
from simgate.harness.gate.statistics.paired_difference import drop_bounds
from simgate.harness.gate.statistics.power import (
    chance_of_go,
    smallest_visible_drop,
    smallest_visible_shortfall,
)
from simgate.harness.gate.texts.wording import percent, statement
from simgate.harness.packs.checks.clean_runs import clean_runs_needed
from simgate.harness.packs.checks.latency_percentile import parse_latency_percentile
from simgate.harness.packs.model import AGAINST_BASELINE, ON_A_METRIC, OVER_ALL, GateRule, Pack
from simgate.harness.text import plural

POWER = 0.8
"""A verdict counts as certain enough to plan with when it comes in four of five runs."""
COMPARE = "simgate compare"
"""Begins the statement of what is no rule of the pack."""
_STEPS = 50


@dataclass(frozen=True, slots=True)
class RulePower:
    """What a rule can do with the variants in its scope.

    Attributes:
        statement: The rule in words.
        variants: In its scope.
        lines: What they can prove and see, one sentence a line.
        visible_drop: Smallest drop of the pass rate, below the demanded rate or below the baseline, that
            gives NO-GO in four of five runs; None where there is none, or the rule speaks of no pass rate.
    """

    statement: str
    variants: int
    lines: tuple[str, ...]
    visible_drop: float | None = None


def rule_power(
    pack: Pack,
    rule: GateRule,
    samples: float | None,
    tested: int = 1,
    scenes_of: Mapping[str, SceneCount] | None = None,
) -> RulePower:
    """What a rule can prove with a pack's counts.

    Args:
        pack: The pack.
        rule: One of its rules.
        samples: Latency samples of a variant, as measured; None when they are not known.
        tested: Rules that Holm's procedure goes over. NO-GO is planned at the level that it asks of the
            first of them, for the others may all hold.
        scenes_of: The scenes of each scenario; counted when None.
    """
    counts = count_scenes(pack) if scenes_of is None else scenes_of
    strict = 1.0 - (1.0 - rule.confidence) / tested
    scope = [s for s in pack.scenarios if rule.speaks_of(s.id, s.severity)]
    n = sum(variants_of(pack, s.id) for s in scope)
    scenes = scenes_in(counts, [s.id for s in scope])
    if (rule.kind == "pass_rate" or rule.counts_a_metric) and rule.at_least is not None:
        unit = "scene" if scenes < n else "variant"
        lines, drop = _pass_rate(scenes, rule.at_least, rule.confidence, strict, unit)
    elif rule.kind == "regression":
        lines, drop = _regression(scenes, rule, strict)
    elif rule.kind == "metric":
        lines, drop = _metric(rule, n, samples), None
    elif rule.kind == "every_variant":
        each = f"each of {plural(n, 'variant')}"
        lines, drop = [f"GO when {each} meets it, NO-GO from the first that does not"], None
    elif rule.kind == "attempts":
        lines, drop = ["GO when nothing had to be run again more often, else INCONCLUSIVE"], None
    elif rule.kind == "drift":
        lines, drop = ["GO when `simgate drift RUN --against OTHER` finds no more, else INCONCLUSIVE"], None
    elif rule.kind == "mean":
        lines, drop = _mean(rule, scenes), None
    elif rule.kind in OVER_ALL:
        lines = [f"decided by all pictures together, in {plural(scenes, 'cluster')}"]
        lines += [f"fewer than {FEWEST_CLUSTERS} prove nothing"] if scenes < FEWEST_CLUSTERS else []
        drop = None
    elif rule.kind == "not_worse_by":
        lines, drop = _not_worse(rule, scenes), None
    else:
        allowed = int((rule.at_most or 0.0) * n + 1e-9)
        lines, drop = [f"GO with at most {allowed} of {plural(n, 'variant')} INVALID, ERROR or missing"], None
    if scenes < n and rule.kind in ("pass_rate", *ON_A_METRIC, *AGAINST_BASELINE):
        lines.append(
            f"{plural(n, 'variant')} lie in {plural(scenes, 'scene')}: those of one scene are one unit of "
            "proof, and the numbers hold for scenes of which all variants end alike"
        )
    known = sum(len(s.known_failures) for s in scope)
    if known and rule.kind in ("pass_rate", "regression"):
        lines.append("variants in a quarantine do not count, so that it can see less than that")
    return RulePower(statement(rule), n, tuple(lines), drop)


def _pass_rate(
    n: int, p0: float, confidence: float, strict: float, unit: str
) -> tuple[list[str], float | None]:
    """GO is decided at ``confidence``, NO-GO at ``strict``; ``unit`` is what there are ``n`` of."""
    allowed = most_failures_allowed(n, p0, confidence)
    if allowed is None:
        needed = clean_runs_needed(p0, confidence)
        return [f"can never be GO: it takes {needed} clean {unit}s, there are {n}"], None
    refuted = most_successes_refuted(n, p0, strict)
    verdicts = f"GO with at most {plural(allowed, 'failure')} in {plural(n, unit)}"
    if refuted is not None:
        gap = ", between them INCONCLUSIVE" if n - refuted > allowed + 1 else ""
        verdicts += f", NO-GO from {plural(n - refuted, 'failure')} on{gap}"
    lines = [verdicts]
    good = _rate_for_go(n, p0, confidence)
    if good is not None:
        lines.append(f"a model gets GO in 4 of 5 runs when it really passes {_rate(good)} or more")
    drop = smallest_visible_shortfall(n, p0, strict, POWER)
    if drop is not None:
        lines.append(
            f"a model gets NO-GO in 4 of 5 runs when it really passes {_rate(p0 - drop)} or less: "
            f"the smallest drop below {p0:g} that it can see is {_rate(drop)}"
        )
    return lines, drop


def _rate_for_go(n: int, p0: float, confidence: float) -> float | None:
    """Smallest true pass rate that gives GO with the chance planned with."""
    low, high = p0, 1.0
    if chance_of_go(n, high, p0, confidence) < POWER:
        return None
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if chance_of_go(n, middle, p0, confidence) >= POWER:
            high = middle
        else:
            low = middle
    return high


def _regression(n: int, rule: GateRule, strict: float) -> tuple[list[str], float | None]:
    """GO is decided at the rule's confidence, NO-GO at ``strict``."""
    # Broken pairs, with none repaired, that still prove a drop within the limit; -1 when not even 0 do.
    allowed = more_broken(0, 0, n, margin_of(rule), 1.0 - rule.confidence) - 1
    refuted = fewest(lambda k: k > n or refutation_of(rule, k, 0, n) < 1.0 - strict)
    if allowed < 0:
        same = drop_bounds(0, 0, n, rule.confidence)[1]
        first = (
            f"can never be GO: {plural(n, 'pair')} without any difference prove a drop below {_rate(same)}"
        )
    else:
        first = f"GO with at most {plural(allowed, 'broken variant')} in {plural(n, 'pair')}"
    if refuted is not None and refuted <= n:
        gap = ", between them INCONCLUSIVE" if allowed >= 0 and refuted > allowed + 1 else ""
        first += f", NO-GO from {refuted} on{gap}"
    lines = [f"{first} (when none is repaired at the same time)"]
    drop = smallest_visible_drop(n, 1.0, rule.at_most, strict, POWER)
    if drop is not None:
        lines.append(f"the smallest drop below the baseline that it sees in 4 of 5 runs is {_rate(drop)}")
    return lines, drop


def _mean(rule: GateRule, n: int) -> list[str]:
    needed = values_to_prove(rule)
    if needed is None:
        return ["GO needs more variants than anyone can run"]
    can = "there are" if n >= needed else "can never be GO: there are"
    best = f"{plural(needed, 'variant')} with the best value that the range allows"
    return [f"GO needs at least {best}, more the nearer the mean is to the threshold; {can} {n}"]


def _not_worse(rule: GateRule, n: int) -> list[str]:
    needed = pairs_to_prove(rule)
    can = "there are" if n >= needed else "can never be GO: there are"
    same = f"{plural(needed, 'pair')} in which {rule.metric} stays the same"
    return [f"GO needs {same}, more where it varies; {can} {n}"]


def _metric(rule: GateRule, n: int, samples: float | None) -> list[str]:
    which = parse_latency_percentile(rule.metric or "")
    if which is None:
        return [f"'{rule.metric}' cannot be gated: put the threshold into accept, and gate its pass rate"]
    needed = more_successes_needed(0, 0, which.share, rule.confidence)
    if needed is None:
        return ["more samples than anyone can take"]
    lines = [
        f"GO needs at least {plural(needed, 'latency sample')}, all within the limit, "
        f"for {percent(rule.confidence)} confidence"
    ]
    if samples:
        total = int(samples * n)
        allowed = most_failures_allowed(total, which.share, rule.confidence)
        can = "too few" if allowed is None else f"of which {plural(allowed, 'sample')} may exceed the limit"
        lines.append(f"{plural(n, 'variant')} give about {plural(total, 'sample')}, {can}")
    return lines


def _rate(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if value < 0.01 or value > 0.99 else f"{value:.3f}"


def gate_power(pack: Pack, samples: Sequence[int], scenes: Mapping[str, SceneCount]) -> list[RulePower]:
    """Every rule of a pack, and what ``simgate compare`` can see where no rule is on a regression.

    Args:
        pack: The pack.
        samples: Latency samples of measured variants; may be empty.
        scenes: Of each scenario.
    """
    mean = sum(samples) / len(samples) if samples else None
    tested = sum(rule.is_test for rule in pack.gate)
    powers = [rule_power(pack, rule, mean, max(tested, 1), scenes) for rule in pack.gate]
    if any(rule.kind == "regression" for rule in pack.gate):
        return powers
    default = GateRule(kind="regression", confidence=DEFAULT_CONFIDENCE)
    power = rule_power(pack, default, mean, scenes_of=scenes)
    return [*powers, replace(power, statement=f"{COMPARE}: {power.statement}")]
