"""The registry of metrics: found by name, documented from the code."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from simgate.harness import registry
from simgate.harness.packs.checks.metric_catalog import FormulaProblem
from simgate.harness.packs.model import Criterion
from simgate.harness.results.record import LatencySamples
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options
from simgate.harness.scoring.metrics_depth import DEPTH_METRICS
from simgate.harness.scoring.metrics_gpu import GPU_METRICS
from simgate.harness.scoring.metrics_perception import (
    PERCEPTION_TEMPLATES,
    perception_class,
    perception_metric,
)
from simgate.harness.scoring.metrics_runtime import RUNTIME_METRICS
from simgate.harness.scoring.metrics_safety import SAFETY_METRICS
from simgate.harness.scoring.metrics_task import NO_REPORT, TASK_METRICS
from simgate.harness.scoring.signal_metric import signal_metric
from simgate.harness.tasks.reach_or_report import SIGNALS
from simgate.harness.trace import Signal, Trace

GROUP = "simgate.metrics"
"""Entry-point group in which third parties register a :class:`~simgate.harness.scoring.metric.Metric`."""

STANDARD_METRICS = (
    "success",
    "collisions",
    "min_clearance_m",
    "stop_distance_m",
    "time_to_goal_s",
    "path_length_m",
    "spl",
    "speed_max_mps",
    "reported_door",
    "latency.p95_ms",
)
"""In every record, for reports, whatever the criteria ask."""

_MACHINE = (*RUNTIME_METRICS, *GPU_METRICS)
_DRIVING = (*TASK_METRICS, *SAFETY_METRICS, *DEPTH_METRICS)
_BUILT_IN = {metric.info.name: metric for metric in (*_DRIVING, *_MACHINE)}


class UnknownMetric(LookupError):  # noqa: N818 - the name says what happened
    """No metric of that name; the message names the nearest one."""

    def __init__(self, name: str) -> None:
        near = difflib.get_close_matches(name, metric_names(), n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        super().__init__(f"unknown metric '{name}': {hint}(`simgate metrics` lists them all)")


def find(name: str) -> Metric | None:
    """The metric of a name (``detection.glass_door.recall`` for the template), None when there is none.

    Raises:
        TypeError: A plugin registers something else than a ``Metric``.
    """
    found = _BUILT_IN.get(name) or perception_metric(name)
    if found is None and name in registry.names(GROUP):
        found = registry.load(GROUP, name)
        if not isinstance(found, Metric):
            raise TypeError(
                f"entry point '{name}' of group {GROUP} is no simgate.harness.scoring.metric.Metric"
            )
    return found


def plugin_metrics(criteria: Sequence[Criterion]) -> list[str]:
    """The metrics among these criteria that plugins compute, as the registry finds them."""
    own = {c.source for c in criteria if c.source is not None}
    named = {c.metric for c in criteria if c.stl is None and c.signal is None and c.source is None}
    built_in = {name for name in named if name in _BUILT_IN or perception_metric(name)}
    return sorted(own | ((named - built_in) & set(registry.names(GROUP))))


def metric_of(criterion: Criterion, folder: Path | None = None, signals: Sequence[Signal] = ()) -> Metric:
    """What a criterion compares with its bound: a metric, a signal or a formula's robustness.

    Args:
        criterion: Of a scenario.
        folder: The pack's, in which the code of its own metrics is; None where there are none.
        signals: What the task declares; empty for that of driving robots.

    Raises:
        UnknownMetric: No metric of that name.
        BadReference: The code of the pack's own metric cannot be used.
        ValueError: A formula cannot be read; the linter finds such packs before they run.
    """
    if criterion.stl is not None:
        from simgate.harness.scoring.stl import formula_metric

        return formula_metric(criterion)
    if criterion.signal is not None:
        return signal_metric(criterion, criterion.signal, signals)
    if criterion.source is not None:
        own: Metric = registry.load(GROUP, criterion.source, folder)
        return own
    metric = find(criterion.metric)
    if metric is None:
        raise UnknownMetric(criterion.metric)
    return metric


def is_always_measured(name: str) -> bool:
    """Whether records hold a metric whatever the criteria ask, of what can be seen in the scene."""
    found = bool(perception_class(name)) and name.endswith((".recall", ".precision"))
    return found or name in STANDARD_METRICS


def signal_names() -> list[str]:
    """Signals of a driving robot's task, for criteria on signals and formulas."""
    return [signal.name for signal in SIGNALS]


def check_formula(
    text: str, control_hz: int, signals: Sequence[str] | None = None
) -> Sequence[FormulaProblem]:
    """What is wrong with a temporal-logic formula over signals; those of :func:`signal_names` for None."""
    from simgate.harness.scoring import stl_formula

    return stl_formula.check_formula(text, control_hz, signal_names() if signals is None else signals)


def find_metric(name: str) -> MetricInfo | None:
    """The description of a metric, None when there is no metric of that name."""
    metric = find(name)
    return metric.info if metric else None


def class_of(name: str) -> str:
    """The class of the model that a metric speaks of; empty for none, and for all of them."""
    return perception_class(name)


def silence_of(name: str) -> str:
    """The value of a metric that is the policy's report when it reports nothing; empty for others."""
    return NO_REPORT if name == "reported_door" else ""


def metric_infos() -> list[MetricInfo]:
    """Descriptions of all metrics, templates as ``detection.<class>.recall``."""
    driving = [metric.info for metric in _DRIVING]
    infos = [*driving, *PERCEPTION_TEMPLATES, *(metric.info for metric in _MACHINE)]
    for name in registry.names(GROUP):
        info = find_metric(name)
        if info is not None:
            infos.append(info)
    return infos


def metric_names() -> list[str]:
    """Names of all metrics, templates with ``<class>``."""
    return [info.name for info in metric_infos()]


def evaluate(name: str, evidence: Evidence, options: Options) -> MetricValue:
    """A metric of an episode.

    Raises:
        UnknownMetric: No metric of that name.
    """
    metric = find(name)
    if metric is None:
        raise UnknownMetric(name)
    return metric.of(evidence, options)


def compute(name: str, trace: Trace, latency: LatencySamples, options: Options | None = None) -> MetricValue:
    """A metric of one trace; several metrics of the same trace are cheaper with :func:`evaluate`.

    Raises:
        UnknownMetric: No metric of that name.
    """
    return evaluate(name, Evidence(trace, latency), options or {})
