"""The registry of metrics: found by name, documented from the code."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from simgate.harness import registry
from simgate.harness.packs.checks.check_plugin import TASKS
from simgate.harness.packs.checks.metric_catalog import FormulaProblem
from simgate.harness.packs.model import DEFAULT_TASK, Criterion
from simgate.harness.results.record import LatencySamples
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.families.contacts import CONTACT_METRICS
from simgate.harness.scoring.families.depth import DEPTH_METRICS
from simgate.harness.scoring.families.detection import ALL_CLASSES, DETECTION
from simgate.harness.scoring.families.gpu import GPU_METRICS
from simgate.harness.scoring.families.keypoints import KEYPOINTS
from simgate.harness.scoring.families.masks import MASK_METRICS, MASKS
from simgate.harness.scoring.families.motion import MOTION, MOTION_METRICS
from simgate.harness.scoring.families.poses import POSES
from simgate.harness.scoring.families.returns import RETURN_METRICS
from simgate.harness.scoring.families.runtime import RUNTIME_METRICS
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue, Options
from simgate.harness.scoring.signal_metric import signal_metric
from simgate.harness.trace import Signal, Trace

GROUP = "simgate.metrics"
"""Entry-point group in which third parties register a :class:`~simgate.harness.scoring.metric.Metric`."""

_MACHINE = (*RUNTIME_METRICS, *GPU_METRICS)
_OF_ALL = (*CONTACT_METRICS, *MOTION_METRICS, *DEPTH_METRICS, *MASK_METRICS, *RETURN_METRICS)
_OF_CLASSES = (DETECTION, MASKS, POSES, KEYPOINTS)
_FAMILIES = (MOTION, *_OF_CLASSES)


class _Task(Protocol):
    """What this module asks of a task; see :class:`simgate.harness.tasks.task.Task`."""

    signals: tuple[Signal, ...]
    metrics: tuple[Metric, ...]
    measured: tuple[str, ...]


@cache
def _task() -> _Task:
    """The task of scenarios that name none."""
    found: _Task = registry.load(TASKS, DEFAULT_TASK)
    return found


@cache
def _named() -> Mapping[str, Metric]:
    return {metric.info.name: metric for metric in (*_task().metrics, *_OF_ALL, *_MACHINE)}


def standard_metrics() -> tuple[str, ...]:
    """Those in every record, for reports, whatever the criteria ask."""
    return (*_task().measured, "latency.p95_ms")


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
    found = _built_in(name)
    if found is None and name in registry.names(GROUP):
        found = registry.load(GROUP, name)
        if not isinstance(found, Metric):
            raise TypeError(
                f"entry point '{name}' of group {GROUP} is no simgate.harness.scoring.metric.Metric"
            )
    return found


def _built_in(name: str) -> Metric | None:
    of_families = (family.metric(name) for family in _FAMILIES)
    return _named().get(name) or next((metric for metric in of_families if metric is not None), None)


def plugin_metrics(criteria: Sequence[Criterion]) -> list[str]:
    """The metrics among these criteria that plugins compute, as the registry finds them."""
    own = {c.source for c in criteria if c.source is not None}
    named = {c.metric for c in criteria if c.stl is None and c.signal is None and c.source is None}
    built_in = {name for name in named if _built_in(name)}
    return sorted(own | ((named - built_in) & set(registry.names(GROUP))))


def metric_of(criterion: Criterion, folder: Path | None = None, signals: Sequence[Signal] = ()) -> Metric:
    """What a criterion compares with its bound: a metric, a signal or a formula's robustness.

    Args:
        criterion: Of a scenario.
        folder: The pack's, in which the code of its own metrics is; None where there are none.
        signals: What the task declares; empty for the task of scenarios that name none.

    Raises:
        UnknownMetric: No metric of that name.
        BadReference: The code of the pack's own metric cannot be used.
        ValueError: A formula cannot be read; the linter finds such packs before they run.
    """
    if criterion.stl is not None:
        from simgate.harness.scoring.stl.metric import formula_metric

        return formula_metric(criterion)
    if criterion.signal is not None:
        return signal_metric(criterion, criterion.signal, signals or task_signals())
    if criterion.source is not None:
        own: Metric = registry.load(GROUP, criterion.source, folder)
        return own
    metric = find(criterion.metric)
    if metric is None:
        raise UnknownMetric(criterion.metric)
    return metric


def is_always_measured(name: str) -> bool:
    """Whether records hold a metric whatever the criteria ask, of what can be seen in the scene."""
    label = DETECTION.subject(name)
    found = label not in ("", ALL_CLASSES) and name.endswith((".recall", ".precision"))
    return found or name in standard_metrics()


def task_signals() -> tuple[Signal, ...]:
    """Signals of the task of scenarios that name none."""
    return _task().signals


def signal_quantities() -> dict[str, str]:
    """Signals of the task of scenarios that name none, with what each measures."""
    return {signal.name: signal.quantity for signal in task_signals()}


def check_formula(
    text: str, control_hz: int, signals: Sequence[str] | None = None
) -> Sequence[FormulaProblem]:
    """What is wrong with a temporal-logic formula over signals; None: of scenarios without a task."""
    from simgate.harness.scoring.stl import formula

    return formula.check_formula(text, control_hz, list(signal_quantities()) if signals is None else signals)


def find_metric(name: str) -> MetricInfo | None:
    """The description of a metric, None when there is no metric of that name."""
    metric = find(name)
    return metric.info if metric else None


def class_of(name: str) -> str:
    """The class of the model that a metric speaks of; empty for none, and for all of them."""
    label = next((found for family in _OF_CLASSES if (found := family.subject(name))), "")
    return "" if label == ALL_CLASSES else label


def metric_infos() -> list[MetricInfo]:
    """Descriptions of all metrics, templates as ``detection.<class>.recall``."""
    first = [metric.info for metric in (*_task().metrics, *_OF_ALL)]
    families = [info for family in _FAMILIES for info in family.infos]
    infos = [*first, *families, *(metric.info for metric in _MACHINE)]
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
