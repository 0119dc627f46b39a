"""A metric that a task has no signals for is undefined with the reason, and says what it needs before a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simgate.harness.packs.model import Criterion, SignalSpec
from simgate.harness.results.record import LatencySamples, Outcome
from simgate.harness.scoring.criteria import judge
from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import MetricValue
from simgate.harness.scoring.metrics import evaluate, find, metric_infos
from tests.unit.scoring.traces import barrier_trace, open_trace

SAMPLES = LatencySamples(in_loop_ms=(), measured_ms=(), mode="simulated")
OF_THE_TASK = [
    info.name
    for info in metric_infos()
    if (info.signals or info.facts) and set(info.signals) <= open_trace().signals.keys()
]


def values(name: str, keep_only_needed: bool) -> list[object]:
    info = find(name).info
    found = []
    for whole in (barrier_trace(), open_trace()):
        needed = replace(
            whole,
            signals={key: whole.signals[key] for key in info.signals},
            facts={key: whole.facts[key] for key in info.facts},
        )
        trace = needed if keep_only_needed else whole
        found.append(evaluate(name, Evidence(trace, SAMPLES), {}).value)
    return found


@pytest.mark.parametrize("name", OF_THE_TASK)
def test_what_a_metric_says_it_needs_is_all_it_needs(name: str):
    assert values(name, keep_only_needed=True) == values(name, keep_only_needed=False)


@pytest.mark.parametrize("name", OF_THE_TASK)
def test_without_what_it_needs_it_is_undefined_and_says_so(name: str):
    bare = replace(open_trace(), signals={}, facts={})
    found = evaluate(name, Evidence(bare, SAMPLES), {})
    assert found.value is None
    assert found.undefined.startswith(f"{name} needs ")
    assert found.undefined.endswith(", which this task does not have")


@pytest.mark.parametrize("name", [info.name for info in metric_infos() if "<" not in info.name])
def test_no_metric_fails_where_a_task_has_no_signals_and_no_facts(name: str):
    bare = replace(open_trace(), signals={}, facts={})
    assert isinstance(evaluate(name, Evidence(bare, SAMPLES), {}), MetricValue)


@pytest.mark.parametrize("signal", [None, SignalSpec(name="speed_mps", reduce="max")])
def test_a_criterion_on_what_the_task_does_not_have_says_so(signal: SignalSpec | None):
    metric = "spl" if signal is None else "max(speed_mps)"
    criterion = Criterion(metric=metric, op="at_least", bound=0.5, signal=signal)
    result = judge(criterion, Evidence(replace(open_trace(), signals={}, facts={}), SAMPLES))
    assert result.outcome is Outcome.FAIL
    assert "which this task does not have" in result.reason


def test_the_metrics_of_the_way_to_a_goal_need_the_distance_to_it():
    assert {"spl", "progress", "time_to_goal_s"} <= {
        info.name for info in metric_infos() if "goal_distance_m" in info.signals
    }


def test_a_task_that_declares_success_is_believed():
    for held in (True, False):
        trace = replace(open_trace(), signals={}, facts={"success": held})
        assert evaluate("success", Evidence(trace, SAMPLES), {}).value is held
