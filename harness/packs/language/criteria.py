"""Keys of ``accept`` and of what a gate rule asks of every variant."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from simgate.harness.packs.language.definition import ByHand, Keys, Plugin, Schema, Tree, Wanted, Word, key
from simgate.harness.packs.model import SignalSpec

NUMBER: Schema = {"type": "number"}
_Bound = Annotated[Tree, ByHand(lambda: NUMBER)]
_Undefined = Annotated[Literal["fail", "pass", "invalid"], Word("outcome")]


class OperatorKeys(Keys):
    """What a value is held against; which type it must have follows from the metric."""

    at_most: _Bound = key("largest allowed value", None)
    at_least: _Bound = key("smallest allowed value", None)
    equals: _Bound = key("the only allowed value", None)
    between: Annotated[
        Tree, ByHand(lambda: {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2})
    ] = key("[smallest, largest] allowed value", None)


class EvidenceKeys(Keys):
    """Which evidence counts, and as what."""

    within_m: int | float | None = key("count only what is nearer than this, metres", None, ge=0)
    min_pixels: int | float | None = key("count only what has at least so many pixels", None, ge=0)
    max_occlusion: int | float | None = key(
        "count only what is hidden at most to this share", None, ge=0, le=1
    )
    model: str | None = key("of several models the one whose answers count", None)
    until_s: int | float | None = key(
        "judge only what was seen up to this simulated time, seconds", None, ge=0
    )
    of: str | None = key("body that the metric speaks of, body/NAME as in the world's file", None)
    frame: Annotated[Literal["camera", "world"] | None, Word("frame")] = key(
        "in which frame the model says poses, camera or world", None
    )
    symmetry: int | None = key(
        "equal turns about its own Z axis after which the body looks the same", None, ge=1, le=360
    )
    within_share: int | float | None = key(
        "a keypoint is right within this share of its body's size", None, gt=0, le=1
    )
    limit_deg: int | float | None = key("a tilt above this is a fall, degrees", None, gt=0, le=180)


def _undefined() -> Any:
    return key("fail, pass or invalid: outcome when the metric cannot be computed", "fail")


class CriterionKeys(EvidenceKeys, OperatorKeys):
    """A threshold on a metric."""

    if_undefined: _Undefined = _undefined()


class OwnKeys(CriterionKeys):
    """A threshold on a metric of the pack's own."""

    metric: Annotated[str, Plugin("simgate.metrics")] = key(
        "a metric of your own, file.py:NAME or package.module:NAME"
    )


class StlKeys(Keys):
    """A criterion on a formula."""

    stl: Annotated[str, Wanted("a formula such as always (speed_mps < 1)")] = key(
        "formula of signal temporal logic over signals of the trace"
    )
    at_least: float = key("smallest allowed robustness; 0 when left out", 0.0, ge=0)
    if_undefined: _Undefined = _undefined()


class SignalKeys(OperatorKeys):
    """A criterion on a signal."""

    signal: Annotated[SignalSpec, ByHand()] = key(
        "{name: signal of the trace, reduce: max, min, mean, p95 or final}"
    )
    if_undefined: _Undefined = _undefined()
