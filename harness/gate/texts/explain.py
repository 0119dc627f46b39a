"""A verdict for a release manager: each rule in words, what was seen, and what would change it."""

from __future__ import annotations

import textwrap

from simgate.harness.gate.texts.wording import percent, share
from simgate.harness.gate.verdict import Decision, RuleVerdict, Verdict
from simgate.harness.text import plural

_MEANING = {
    Decision.GO: "every rule is proven, so it may be shipped as far as this pack can tell",
    Decision.NO_GO: "at least one rule is refuted: it is not met, and bad luck hardly explains that",
    Decision.INCONCLUSIVE: "the evidence does not suffice for a yes, and not for a no either",
}
_DECIDED = {
    Decision.GO: "proven",
    Decision.NO_GO: "refuted",
    Decision.INCONCLUSIVE: "neither proven nor refuted",
}


def explain(verdict: Verdict, width: int = 100) -> str:
    """Every rule of a verdict, in words.

    Args:
        verdict: The gate's answer.
        width: Lines are wrapped to so many columns.
    """
    about = f"{verdict.decision.value} for {verdict.judged} on {verdict.pack}"
    blocks = [_fill(f"{about}: {_MEANING[verdict.decision]}.", width)]
    if verdict.stopped_at is not None:
        blocks.append(
            _fill(
                f"The run was ended by a sequential test after {plural(verdict.stopped_at, 'variant')}. Its "
                "statements hold at their confidence although it was looked at after every variant.",
                width,
            )
        )
    blocks += [_rule(number, rule, width) for number, rule in enumerate(verdict.rules, start=1)]
    if verdict.decision is Decision.INCONCLUSIVE:
        blocks.append(_fill(f"What holds it up: {verdict.headline.partition(': ')[2]}", width))
    if sum(not rule.is_plain for rule in verdict.rules) > 1:
        blocks.append(
            _fill(
                "GO claims every rule at its own confidence. NO-GO of a rule has passed Holm's procedure "
                "over all rules together, so that many rules do not make a false NO-GO more likely.",
                width,
            )
        )
    if verdict.notes:
        blocks.append("\n".join(_fill(f"- {note}", width, "  ") for note in verdict.notes))
    return "\n\n".join(blocks)


def _rule(number: int, rule: RuleVerdict, width: int) -> str:
    facts = [
        ("statement", rule.statement),
        ("decision", "waits" if rule.waits else f"{rule.decision.value}: {_DECIDED[rule.decision]}"),
        ("variants", _counts(rule)),
        (
            "worst" if rule.is_plain else "estimate",
            "" if rule.estimate is None else _number(rule, rule.estimate),
        ),
        ("interval", _interval(rule)),
        ("why", rule.reason),
        ("to change", rule.would_change),
    ]
    lines = [f"Rule {number}"]
    lines += [_fill(f"  {name:<10} {text}", width, " " * 13) for name, text in facts if text]
    return "\n".join(lines)


def _counts(rule: RuleVerdict) -> str:
    parts = [
        (rule.successes, "passed"),
        (rule.failures, "failed"),
        (rule.invalid, "INVALID"),
        (rule.errors, "ERROR"),
        (rule.missing, "missing"),
        (rule.known, "in quarantine"),
        (rule.retried, "begun more than once"),
        (rule.not_run, "not needed"),
        (rule.left_out, "left out by the selection"),
    ]
    seen = ", ".join(f"{count} {word}" for count, word in parts if count)
    where = f" in {plural(rule.scenes, 'scene')}" if rule.scenes else ""
    return f"{rule.expected} expected{where}" + (f": {seen}" if seen else "")


def _interval(rule: RuleVerdict) -> str:
    if rule.exact is None:
        return ""
    low, high = _number(rule, rule.exact.low), _number(rule, rule.exact.high)
    bound = "" if rule.bound is None else f"; the rule's limit is {rule.bound:g}"
    return f"{low} to {high}, each end at {percent(rule.exact.confidence)} ({rule.exact.method}){bound}"


def _number(rule: RuleVerdict, value: float) -> str:
    if rule.paired is not None:
        return f"{value:+.4f}"
    return share(value) if 0.0 <= value <= 1.0 and not rule.has_unit else f"{value:.4g}"


def _fill(text: str, width: int, indent: str = "") -> str:
    return textwrap.fill(text, width, subsequent_indent=indent)
