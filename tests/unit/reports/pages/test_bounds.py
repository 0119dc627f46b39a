"""Which bounds of criteria and conditions belong to which signal."""

from __future__ import annotations

from simgate.harness.packs.model import Criterion, LatencySpec, Pack, Scenario, SignalSpec, TaskSpec
from simgate.harness.packs.variants import VariantsSpec
from simgate.reports.bounds import bounds_of, looked_at

UNITS = {"height_m": "m", "tilt_deg": "deg", "speed_mps": "m/s", "x_m": "m", "y_m": "m"}


def made(*accept: Criterion, task: TaskSpec | None = None) -> tuple[Pack, Scenario]:
    scenario = Scenario(
        id="walks", title="walks", severity="major", world="w", variants=VariantsSpec(count=1), accept=accept,
        parameters={}, task=task,
    )  # fmt: skip
    pack = Pack(
        path="pack.yaml",
        source_sha256="",
        name="p",
        policy="p",
        latency=LatencySpec(),
        scenarios=(scenario,),
        gate=(),
    )
    return pack, scenario


def bounds(*accept: Criterion, task: TaskSpec | None = None) -> set[tuple[str, float]]:
    return {(bound.signal, bound.value) for bound in bounds_of(*made(*accept, task=task), UNITS)}


def test_a_criterion_on_a_signal_bounds_it() -> None:
    tilt = SignalSpec(name="tilt_deg", reduce="max")
    assert bounds(Criterion(metric="t", op="between", bound=(5, 45), signal=tilt)) == {
        ("tilt_deg", 5.0),
        ("tilt_deg", 45.0),
    }


def test_a_metric_made_of_one_signal_in_its_unit_bounds_it_and_a_length_of_a_way_does_not() -> None:
    assert bounds(Criterion(metric="speed_max_mps", op="at_most", bound=0.8)) == {("speed_mps", 0.8)}
    assert bounds(Criterion(metric="path_length_m", op="at_most", bound=12)) == set()


def test_comparisons_of_a_formula_bound_their_signals_also_below_zero() -> None:
    formula = "always ((height_m > 0.3) and (x_m >= -1.5)) and eventually (tilt_deg < abs(x_m))"
    assert bounds(Criterion(metric="f", op="at_least", bound=0, stl=formula)) == {
        ("height_m", 0.3),
        ("x_m", -1.5),
    }


def test_conditions_of_a_task_bound_their_signals() -> None:
    signals = {"height_m": {"position": "body/a", "axis": "z"}, "x_m": {"position": "body/a", "axis": "x"}}
    task = TaskSpec(
        signals={**signals, "tilt_deg": {"tilt": "body/a"}},
        success="0.2 < height_m < 0.5 and x_m > -2 for 0.5 s",
        failure="not tilt_deg <= 60",
    )
    assert bounds(task=task) == {("height_m", 0.2), ("height_m", 0.5), ("x_m", -2.0), ("tilt_deg", 60.0)}


def test_signals_behind_a_metric_are_looked_at() -> None:
    way = Criterion(metric="path_length_m", op="at_most", bound=12)
    assert looked_at(*made(way), UNITS) == {"x_m", "y_m"}


def test_so_are_those_of_a_criterion_a_formula_and_a_condition_that_name_no_bound() -> None:
    formula = Criterion(metric="f", op="at_least", bound=0, stl="always (x_m < y_m)")
    tilt = Criterion(metric="t", op="at_most", bound=5, signal=SignalSpec(name="tilt_deg", reduce="max"))
    signals = {"height_m": {"position": "body/a", "axis": "z"}, "x_m": {"position": "body/a", "axis": "x"}}
    task = TaskSpec(signals=signals, success="height_m > 2 * x_m")
    assert looked_at(*made(formula, tilt), UNITS) == {"x_m", "y_m", "tilt_deg"}
    assert looked_at(*made(task=task), UNITS) == {"height_m", "x_m"}
