"""Several candidates against one baseline: which of them may be chosen, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simgate.harness.gate.comparing.compare import RunComparison, judge_rules, rules_of
from simgate.harness.gate.comparing.pairing import RunEvidence
from simgate.harness.gate.decide import combine
from simgate.harness.gate.verdict import Churn, Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.text import plural

IsGo = Callable[[int, int], bool]
"""Whether a candidate (its number) is GO with its error divided by so much."""


def chosen_by_holm(count: int, is_go: IsGo) -> list[int]:
    """Candidates that are GO by Holm's step-down procedure, in the order in which they get in.

    The chance that any candidate which is too bad is among them is at most the error of one rule, however
    many there are. Only whether a candidate is GO at a level is asked: not every rule has a p-value for it.

    Args:
        count: Number of candidates.
        is_go: Must not become true as its second argument grows.
    """
    found: list[int] = []
    for step in range(count):
        new = next((k for k in range(count) if k not in found and is_go(k, count - step)), None)
        if new is None:
            break
        found.append(new)
    return found


def judged_together(
    baseline: RunEvidence,
    candidates: Sequence[RunEvidence],
    alone: Sequence[RunComparison],
    rules: Sequence[GateRule],
    churns: Sequence[Churn | None],
) -> list[RunComparison]:
    """Comparisons of several candidates, with GO only where Holm's procedure over all of them confirms it.

    NO-GO stays what it is: it says something of one candidate, and nobody picks the best of them.

    Args:
        baseline: The older run.
        candidates: The runs in question.
        alone: What each is by itself.
        rules: The regression rule of each.
        churns: What reruns change by themselves, of each.
    """
    known: dict[tuple[int, int], list[Decision]] = {}

    def is_go(number: int, parts: int) -> bool:
        if alone[number].decision is not Decision.GO or parts == 1:
            return alone[number].decision is Decision.GO
        if (number, parts) not in known:
            gate = [_stricter(rule, parts) for rule in rules_of(candidates[number], rules[number])]
            verdicts = judge_rules(baseline, candidates[number], gate, churns[number])
            known[number, parts] = [one.decision for one in verdicts]
        return combine(known[number, parts]) is Decision.GO

    chosen = chosen_by_holm(len(candidates), is_go)
    level = len(alone) - len(chosen)
    return [
        _undecided(one, len(alone), known[k, level])
        if one.decision is Decision.GO and k not in chosen
        else one
        for k, one in enumerate(alone)
    ]


def _stricter(rule: GateRule, parts: int) -> GateRule:
    return rule.model_copy(update={"confidence": 1.0 - (1.0 - rule.confidence) / parts})


def _undecided(one: RunComparison, count: int, strictly: Sequence[Decision]) -> RunComparison:
    """A comparison that is GO alone; ``strictly`` says so much of its rules at the level that Holm asks."""
    said = one.headline.partition(": ")[2]
    doubt = f"GO alone, but not as one of {plural(count, 'candidate')} from which one is chosen (Holm)"
    headline = f"{Decision.INCONCLUSIVE.value}: {said}; {doubt}; more variants would decide it"
    rule, *of_metrics = [
        rule
        if decision is Decision.GO
        else rule.model_copy(
            update={
                "decision": Decision.INCONCLUSIVE,
                "reason": f"{rule.reason}; {doubt}",
                "would_change": "more variants",
            }
        )
        for rule, decision in zip((one.rule, *one.metric_rules), strictly, strict=True)
    ]
    return one.model_copy(
        update={
            "decision": Decision.INCONCLUSIVE,
            "headline": headline,
            "rule": rule,
            "metric_rules": tuple(of_metrics),
        }
    )
