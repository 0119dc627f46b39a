"""Keys of the rules of the release gate."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from simgate.harness.packs.language.definition import ByHand, Keys, Tree, Wanted, Word, key, keys_of
from simgate.harness.packs.language.values import numbers
from simgate.harness.packs.least_confidence import LEAST_CONFIDENCE
from simgate.harness.packs.severity import Severity

MOST_ATTEMPTS = 100
"""A rule that lets a variant be tried more often limits nothing."""


def _confidence() -> Any:
    """How sure the gate must be; the kind of the rule says what holds when it is left out."""
    return key("how sure the gate must be, for example 0.95", None, ge=LEAST_CONFIDENCE, lt=1)


class PassRateKeys(Keys):
    """What share must pass."""

    at_least: float = key("share of variants that must pass, for example 0.98", ge=0, le=1)
    confidence: float | None = _confidence()


class RegressionKeys(Keys):
    """How much may be lost."""

    max_drop: float = key("largest allowed drop of the pass rate against the baseline", ge=0, le=1)
    confidence: float | None = _confidence()


class InvalidOrErrorKeys(Keys):
    """How much may say nothing."""

    at_most: float = key("largest allowed share of INVALID and ERROR variants", ge=0, le=1)


class AttemptsKeys(Keys):
    """How often a variant may be tried."""

    at_most: int = key("most attempts at a variant; 1 lets nothing be run again", ge=1, le=MOST_ATTEMPTS)


class DriftKeys(Keys):
    """How far what the model sees may be from the field, a data set or another run."""

    at_most: float = key(
        "largest effect allowed: the energy coefficient that simgate drift writes", ge=0, lt=1
    )
    against: Annotated[str | None, Wanted("the end of a path, such as field_logs")] = key(
        "what it must have been measured against: the end of the path of --against; anything when left out",
        None,
    )


class ScopeKeys(Keys):
    """Of which scenarios a rule speaks."""

    severity: Annotated[Severity | None, Word("severity")] = key(
        "the rule speaks of scenarios of this severity", None
    )
    scenario: Annotated[str | None, Wanted("a scenario's id, or a pattern such as glass_*")] = key(
        "the rule speaks of scenarios whose id matches this, for example glass_*", None
    )


class KindKeys(ScopeKeys):
    """What a rule asks, and of which scenarios: one of these, or a metric and one of ``OF_A_METRIC``."""

    pass_rate: Annotated[PassRateKeys | None, ByHand()] = key("{at_least: share, confidence: share}", None)
    metric: Tree = key(
        "name of a latency percentile, with at_most and confidence; of any metric, with every_variant, mean, "
        "percentile, share or not_worse_by",
        None,
    )
    every_variant: Tree = key(
        "threshold that each variant must meet on the rule's metric, for example {at_most: 0}", None
    )
    mean: Tree = key("threshold of the mean of the rule's metric, for example {at_least: 0.9}", None)
    percentile: Annotated[float | None, ByHand()] = key(
        "which percentile of the rule's metric is held within its threshold, for example 95",
        None,
        gt=0,
        lt=100,
    )
    share: Annotated[float | None, ByHand()] = key(
        "share of variants in which the rule's metric is within its threshold, for example 0.95",
        None,
        gt=0,
        lt=1,
    )
    not_worse_by: Annotated[Tree, ByHand(lambda: {"type": "number", "exclusiveMinimum": 0})] = key(
        "how much the rule's metric may be worse than the baseline's, on average", None
    )
    overall: Annotated[str | None, Wanted("a metric over all pictures, such as AP50.person")] = key(
        "metric over all pictures of data sets: AP50, AP75 or AP50:95, of one class AP50.CLASS; "
        "masks.mean_iou, masks.CLASS.iou, depth.abs_rel, poses.CLASS.add_accuracy and their like; with "
        "at_least (of an error at_most) or not_worse_by, and confidence",
        None,
    )
    regression: Annotated[RegressionKeys | None, ByHand()] = key("{max_drop: share, confidence: share}", None)
    invalid_or_error: Annotated[InvalidOrErrorKeys | None, ByHand()] = key("{at_most: share}", None)
    drift: Annotated[DriftKeys | None, ByHand()] = key(
        "{at_most: largest effect that `simgate drift RUN --against OTHER` may have measured}", None
    )
    attempts: Annotated[AttemptsKeys | None, ByHand()] = key(
        "{at_most: how often a variant may be begun until it gives its result}", None
    )


class OfMetricKeys(Keys):
    """What stands beside the metric of a rule."""

    at_most: Annotated[Tree, ByHand(lambda: {"type": "number"})] = key("largest allowed value", None)
    at_least: Annotated[Tree, ByHand(lambda: {"type": "number"})] = key("smallest allowed value", None)
    confidence: float | None = _confidence()
    within: Tree = key("with percentile or share: the threshold, for example {at_most: 0.2}", None)
    clip: Annotated[Tree, ByHand(lambda: numbers(2))] = key(
        "with mean or not_worse_by: [lowest, highest]; values of the metric beyond count as these", None
    )
    runtime: Annotated[Literal["deployed", "any"], Word("runtime")] = key(
        "deployed or any: whose measured latency counts; deployed when left out", "deployed"
    )


class RuleKeys(OfMetricKeys, KindKeys):
    """A rule."""


KINDS = tuple(name for name in keys_of(KindKeys) if name not in keys_of(ScopeKeys))
BESIDE_METRIC = tuple(keys_of(OfMetricKeys))
OF_A_METRIC = ("every_variant", "mean", "percentile", "share", "not_worse_by")
"""Kinds of gate rules that name their metric beside them."""
