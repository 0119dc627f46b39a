from __future__ import annotations

import pytest

from simgate.harness import registry
from simgate.harness.packs.model import Criterion, SignalSpec
from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue
from simgate.harness.scoring.metrics import (
    UnknownMetric,
    compute,
    find_metric,
    metric_infos,
    metric_names,
    plugin_metrics,
)
from tests.unit.scoring.traces import make_trace, samples

ROWS_METRIC = Metric(
    MetricInfo("rows", "", "none", 0, None, "count", "Rows of the trace.", "A third party."),
    lambda evidence, options: MetricValue(len(evidence.trace.steps)),
)
NOT_A_METRIC = "a word"


@pytest.fixture
def plugin(monkeypatch):
    """Registers objects of this module as metrics for one test."""

    def register(**objects):
        listed = ",".join(f"metrics:{name}={__name__}:{value}" for name, value in objects.items())
        monkeypatch.setenv(registry.PLUGINS_VARIABLE, listed)

    return register


def filled(name: str) -> str:
    """A metric's name with a class and a signal in place of its placeholders."""
    return name.replace("<class>", "glass_door").replace("<signal>", "speed_mps")


def test_every_metric_is_found_by_its_name_and_documented():
    for info in metric_infos():
        name = filled(info.name)
        described = find_metric(name)
        assert described is not None
        assert described.name == name
        assert described.meaning.endswith(".")
        assert described.source


def test_every_metric_of_a_quiet_episode_is_a_value_or_says_why_not():
    trace = make_trace()
    for name in metric_names():
        found = compute(filled(name), trace, samples())
        assert (found.value is None) == bool(found.undefined), name


def test_names_of_the_design_are_there():
    wanted = {
        "success",
        "time_to_goal_s",
        "spl",
        "path_length_m",
        "progress",
        "collisions",
        "contact_impulse_ns",
        "min_clearance_m",
        "min_clearance_m.person",
        "time_to_collision_min_s",
        "stop_distance_m",
        "reported_door",
        "report_correct",
        "speed_max_mps",
        "speed_near_person_mps",
        "detection.<class>.recall",
        "detection.<class>.ap50",
        "frames_dropped",
        "interventions",
        "min_clearance_m.barrier",
        "contact_time_s",
        "contact_depth_max_m",
        "impact_speed_mps",
        "detection.<class>.centre_error_px",
        "detection.<class>.flicker_hz",
        "detection.<class>.ece",
        "cpu.rss_peak_mb",
        "gpu.memory_peak_mb",
        "gpu.utilization_p95",
        "latency.p95_ms",
        "latency.measured_p95_ms",
        "deadline_misses",
    }
    assert wanted <= set(metric_names())


@pytest.mark.parametrize("name", ["colisions", "detection.glass_door.speed", "detection.recall", ""])
def test_an_unknown_name_has_no_description(name):
    assert find_metric(name) is None


def test_computing_an_unknown_metric_names_the_nearest_one():
    with pytest.raises(UnknownMetric, match="did you mean 'collisions'"):
        compute("colisions", make_trace(), samples())


def test_a_third_party_adds_a_metric_by_entry_point(plugin):
    plugin(rows="ROWS_METRIC")
    assert "rows" in metric_names()
    assert compute("rows", make_trace(7), samples()).value == 7


def test_an_entry_point_that_is_no_metric_is_refused(plugin):
    plugin(odd="NOT_A_METRIC")
    with pytest.raises(TypeError, match="'odd'"):
        find_metric("odd")


def test_a_value_that_is_not_finite_is_undefined():
    assert MetricValue(float("nan")).value is None
    assert MetricValue(float("inf")).undefined == "the value is inf"


def test_only_a_metric_by_its_name_may_be_a_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "names", lambda group: ["jerk", "lag", "heat", "collisions"])
    formula = Criterion(metric="jerk", op="at_least", bound=0.0, stl="always (speed_mps < 1)")
    signal = Criterion(metric="lag", op="at_most", bound=1, signal=SignalSpec(name="speed_mps", reduce="max"))
    own = Criterion(metric="heat", op="at_most", bound=1, source="heat.py:HEAT")
    named = [Criterion(metric=name, op="at_most", bound=1) for name in ("jerk", "collisions", "spl")]
    assert plugin_metrics([formula, signal]) == []
    assert plugin_metrics([formula, signal, own]) == ["heat.py:HEAT"]
    assert plugin_metrics([formula, signal, *named]) == ["jerk"]
