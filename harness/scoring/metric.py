"""What a metric is: a description for people and the linter, and a function of the evidence."""

from __future__ import annotations

import math
import numbers
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgate.harness.packs.checks.metric_catalog import MetricInfo, lacking
from simgate.harness.results.record import Scalar
from simgate.harness.scoring.evidence import Evidence, NoTruth, SeveralModels

__all__ = ["LARGEST", "Metric", "MetricInfo", "MetricValue", "Options", "saturated", "undefined"]

Options = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A metric of one episode.

    Attributes:
        value: Plain Python value; None when it cannot be computed.
        undefined: Why it cannot be computed, in words; empty when it can.
        lost_at_s: Simulated time to look at when the value is bad (first collision, first missed
            frame), None when the value belongs to no moment.
        series: (times in s, values) whose extreme the metric is; it dates a violated bound.
    """

    value: Scalar | None
    undefined: str = ""
    lost_at_s: float | None = None
    series: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.value, float) and not math.isfinite(self.value):
            object.__setattr__(self, "undefined", self.undefined or f"the value is {self.value}")
            object.__setattr__(self, "value", None)


LARGEST = sys.float_info.max
"""What stands for infinity in a record, which is JSON and knows none."""


def saturated(value: float) -> float:
    """A number with the largest ones for infinities, so that it compares as it should and can be written."""
    return max(-LARGEST, min(LARGEST, float(value))) + 0.0


def undefined(reason: str) -> MetricValue:
    """A metric that cannot be computed, and why."""
    return MetricValue(None, undefined=reason)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its description and its computation, a pure function.

    Third parties register an object of this type in the entry-point group ``simgate.metrics``
    under the metric's name.
    """

    info: MetricInfo
    compute: Callable[[Evidence, Options], MetricValue]

    def of(self, evidence: Evidence, options: Options) -> MetricValue:
        """Its value for an episode; undefined where the task has not what it is computed from, and where the
        value is none that its description allows.
        """
        info = self.info
        if without := lacking(info, evidence.quantities, evidence.trace.facts):
            return undefined(f"{info.name} needs {' and '.join(without)}, which this task does not have")
        if "model" in options:
            evidence = evidence.of_model(str(options["model"]))
            options = {name: value for name, value in options.items() if name != "model"}
        try:
            value = self.compute(evidence, options)
        except (SeveralModels, NoTruth) as error:
            return undefined(str(error))
        wrong = _wrong_with(info, value.value)
        return undefined(f"{info.name} {wrong}") if wrong else value


_ROUNDING = 1e-9
"""How far a share may be over 1 by the rounding of sums, relative to the bound."""
_NUMBERS = {"number": (numbers.Real, "a number"), "count": (numbers.Integral, "a whole number")}


def _wrong_with(info: MetricInfo, value: object) -> str:
    """What makes a value none of this metric; empty when it is one, and for None."""
    if value is None:
        return ""
    flag = isinstance(value, bool | np.bool_)
    if info.kind in _NUMBERS:
        kind, words = _NUMBERS[info.kind]
        fits = isinstance(value, kind) and not flag
    else:
        words = "true or false" if info.kind == "bool" else "a word"
        fits = flag if info.kind == "bool" else isinstance(value, str)
    if not fits:
        return f"gave {_shown(value)}, which is not {words}"
    if not isinstance(value, numbers.Real) or flag:
        return ""
    if isinstance(value, int) and abs(value) > LARGEST:
        return "gave a number beyond every float"
    number = float(value)
    below = info.low is not None and number < info.low - _ROUNDING * max(1.0, abs(info.low))
    above = info.high is not None and number > info.high + _ROUNDING * max(1.0, abs(info.high))
    if not below and not above:
        return ""
    return f"gave {_shown(value)}, outside its declared range {_side(info.low)} to {_side(info.high)}"


def _shown(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."


def _side(bound: float | None) -> str:
    return "unlimited" if bound is None else f"{bound:g}"
