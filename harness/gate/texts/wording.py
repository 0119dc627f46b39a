"""How the gate writes numbers, counts and rules."""

from __future__ import annotations

from collections.abc import Sequence

from simgate.harness.gate.tally import JudgedVariant, Tally
from simgate.harness.packs.model import ON_A_METRIC, GateRule
from simgate.harness.text import plural


def share(value: float) -> str:
    """A share in three digits that never rounds up to certainty: 0.9996 stays below 1."""
    rounded = f"{value:.3f}"
    if rounded in ("0.000", "1.000") and value not in (0.0, 1.0):
        return f"{value:.6f}"
    return rounded.rstrip("0").rstrip(".") if value in (0.0, 1.0) else rounded


def percent(confidence: float) -> str:
    """A confidence, for example ``95 %``."""
    return f"{100.0 * confidence:g} %"


def scope(rule: GateRule) -> str:
    """Which scenarios a rule speaks of, for example ``critical scenarios 'glass_*'``."""
    severity = f"{rule.severity} " if rule.severity else ""
    if rule.scenario:
        return f"{severity}scenarios '{rule.scenario}'"
    return f"{severity}scenarios" if severity else "all scenarios"


_COUNTED = {
    "attempts": "attempts at each variant of {}",
    "drift": "drift of what the model sees in {}",
    "invalid_or_error": "share of INVALID, ERROR and missing variants in {}",
}
"""Rules on the evidence, without a confidence: what each bounds."""


def statement(rule: GateRule) -> str:
    """A gate rule in words."""
    where, at_most, at_least = scope(rule), _bound(rule.at_most), _bound(rule.at_least)
    if rule.kind == "every_variant":
        asked = rule.criterion.statement if rule.criterion else "(no bound)"
        return f"{asked} in every variant of {where}"
    if rule.kind in _COUNTED:
        against = f" against {rule.against}" if rule.against else ""
        return f"{_COUNTED[rule.kind].format(where)}{against} at most {at_most}"
    if rule.kind in ON_A_METRIC:
        asked = rule.criterion.statement if rule.criterion else "(no bound)"
        which = "mean" if rule.rank is None else f"p{rule.rank:g}"
        demand = f"{which} of {asked} over {where}"
        if rule.kind == "share":
            demand = f"{asked} in a share of at least {at_least} of {where}"
    elif rule.kind == "pass_rate":
        demand = f"pass rate of {where} at least {at_least}"
    elif rule.kind == "metric":
        limit = f"at least {at_least}" if rule.at_most is None else f"at most {at_most}"
        demand = f"{rule.metric} of {where} {limit}"
    elif rule.kind == "overall":
        limit = f"at least {at_least}" if rule.at_most is None else f"at most {at_most}"
        demand = f"{rule.metric} over all pictures of {where} {limit}"
    elif rule.kind == "overall_not_worse_by":
        side = "above" if rule.better == "lower" else "below"
        demand = f"{rule.metric} over all pictures of {where} not more than {at_most} {side} the baseline's"
    elif rule.kind == "not_worse_by":
        demand = f"{rule.metric} of {where} on average not worse by {at_most} than the baseline's"
    elif rule.at_most is None:
        demand = f"pass rate of {where} not below the baseline's"
    else:
        demand = f"pass rate of {where} not more than {at_most} below the baseline's"
    return f"{demand}, at {percent(rule.confidence)} confidence"


def passing(rule: GateRule) -> tuple[str, str]:
    """How a count of variants says that they pass, and that so many do."""
    if rule.counts_a_metric and rule.criterion is not None:
        return f"have {rule.criterion.statement}", "do"
    return "passed", "pass"


def _bound(value: float | None) -> str:
    return "(no bound)" if value is None else f"{value:g}"


def few(names: Sequence[str]) -> str:
    """The first five names, and how many more there are."""
    more = len(names) - 5
    return ", ".join(names[:5]) + (f" and {more} more" if more > 0 else "")


def tries(variant: JudgedVariant) -> str:
    """A variant with how often it was begun, and what became of it each time."""
    outcomes = ", ".join(outcome.value for outcome in variant.outcomes)
    return f"{variant.expected.id} ({variant.attempts} times: {outcomes})"


def doubts(tally: Tally) -> str:
    """What could not be counted, for example ``2 INVALID, 1 missing``; empty when nothing."""
    parts = [
        (tally.invalid, "INVALID"),
        (tally.errors, "ERROR"),
        (tally.missing, "missing"),
        (tally.left_out, "left out by the selection"),
    ]
    return ", ".join(f"{count} {word}" for count, word in parts if count)


def whole_evidence(tally: Tally) -> str:
    """How what is doubtful becomes known: the whole pack is run, or results become valid."""
    if not tally.doubtful:
        return "run the variants"
    if not tally.left_out:
        return f"valid results for the {plural(tally.doubtful, 'doubtful variant')}"
    spoilt = tally.doubtful - tally.left_out
    others = f", and valid results for {spoilt} more" if spoilt else ""
    return f"a run that leaves out none of the {plural(tally.left_out, 'variant')}{others}"


def quarantine(tally: Tally) -> str:
    """What a quarantine took out of the count, as an appended clause; empty when nothing."""
    if not tally.known:
        return ""
    failed = tally.known - tally.known_passed - tally.known_invalid
    invalid = f" and {tally.known_invalid} gave no valid result" if tally.known_invalid else ""
    return f"; not counted: {plural(tally.known, 'variant')} in quarantine, of which {failed} failed{invalid}"


def shared_scenes(tally: Tally) -> str:
    """That variants of one scene are one unit of proof, as an appended clause; empty when none share one."""
    scenes = tally.by_scene
    if not scenes.shared:
        return ""
    if scenes.repeats:
        return (
            f"; {plural(scenes.variants, 'variant')} in {plural(scenes.number, 'scene')}, of which "
            f"{scenes.repeats} passed with the trace of another scene: those of one scene or one trace "
            "are one unit of proof"
        )
    return (
        f"; {plural(scenes.variants, 'variant')} in {plural(scenes.number, 'scene')}: those of one scene are "
        "one unit of proof"
    )
