"""A declared task ends when its conditions have held for their time, and says success only then."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgate.harness.tasks.declared import DeclaredTask
from simgate.policies.policy import Act
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.observation import GroundTruth

TIMING = Timing(physics_hz=200, control_hz=10, camera_hz=10)
LIFT = {
    "signals": {
        "height_m": {"position": "body/cube", "axis": "z"},
        "tilt_deg": {"tilt": "body/cube"},
    },
    "success": "height_m > 0.25 for 0.5 s",
    "failure": "tilt_deg > 60",
    "instruction": "lift the cube",
    "facts": {"height_m": 0.25},
}
STILL = Act((0.0,), "hold")


def truth(step: int, **values: float) -> GroundTruth:
    return GroundTruth(step, step, (0.0, 0.0, 0.0), (0.0, 0.0), (), (), {}, values)


def play(heights: list[float], tilts: list[float] | None = None, limit_s: float = 10.0, act: Act = STILL):
    """Control ticks of 0.1 s; returns the tick of the end, its word, and whether it was a success."""
    run = DeclaredTask.read("lift", LIFT).begin(None, TIMING, limit_s)  # type: ignore[arg-type]
    for tick, height in enumerate(heights):
        state = truth(20 * tick, height_m=height, tilt_deg=tilts[tick] if tilts else 0.0)
        assert run.row(state, None, 0, act) == (height, state.values["tilt_deg"])  # type: ignore[arg-type]
        end = run.ended(20 * tick, state, act)
        if end:
            return tick, end, run.facts["success"]
    return len(heights), "", run.facts["success"]


def test_success_is_having_held_for_the_whole_time_without_a_break():
    assert play([0.3] * 10) == (5, "success", True)
    assert play([0.3] * 5 + [0.2] + [0.3] * 10) == (11, "success", True)
    assert play([0.3] * 5) == (5, "", False)


def test_what_is_exactly_at_the_bound_is_not_beyond_it():
    assert play([0.25] * 20) == (20, "", False)


def test_a_signal_without_a_value_fulfils_nothing_and_breaks_what_held():
    assert play([0.3] * 5 + [math.nan] + [0.3] * 3) == (9, "", False)


def conditions(ticks, **conditions):
    """Plays ticks of (a, b); returns the words of the end and the doubt."""
    signals = {"a": {"tilt": "body/a"}, "b": {"tilt": "body/b"}}
    task = DeclaredTask.read("t", {"signals": signals, **conditions})
    run = task.begin(None, TIMING, 10.0)  # type: ignore[arg-type]
    for tick, (a, b) in enumerate(ticks):
        if end := run.ended(20 * tick, truth(20 * tick, a=a, b=b), STILL):
            return end, run.doubt, run.facts["success"]
    return "", run.doubt, run.facts["success"]


@pytest.mark.parametrize(
    ("condition", "end", "doubted"),
    [
        ("a > 1 or b > 2", "failure", False),
        ("a > 5 or b > 2", "success", True),
        ("not (a > 5 and b > 2)", "failure", False),
        ("a > 5 and b > 2", "success", False),
        ("b in [1, 2]", "success", True),
        ("0 < a < b", "success", True),
        ("3 < a < b", "success", False),
        ("min(a, b) > 1", "success", True),
        ("(b > 1) == (a > 1)", "success", True),
        ("b > 2 for 0.1 s", "success", True),
        ("b > 2 for 0.3 s", "success", False),
    ],
)
@pytest.mark.parametrize("word", ["failure", "end"])
def test_an_end_that_depends_on_a_signal_without_a_value_is_doubted_and_else_decided(
    word, condition, end, doubted
):
    found, doubt, succeeded = conditions(
        [(2.0, math.nan)] * 3, success="a > 1 for 0.2 s", **{word: condition}
    )
    assert (found, bool(doubt), succeeded) == (
        word if end == "failure" else end,
        doubted,
        end == "success" and not doubted,
    )
    assert not doubt or "b has no value" in doubt


def test_success_must_be_known():
    assert conditions([(2.0, math.nan)], success="a > 1 and b > 1") == ("", "", False)
    assert conditions([(2.0, math.nan)], success="a > 1 or b > 1") == ("success", "", True)


def test_failure_at_the_moment_of_success_is_failure():
    assert play([0.3] * 6, tilts=[0.0] * 5 + [61.0]) == (5, "failure", False)


def test_time_runs_out_and_a_policy_may_be_done_without_success():
    assert play([0.0] * 20, limit_s=1.0) == (10, "time_limit", False)
    assert play([0.0] * 20, act=Act((0.0,), "stop", done=True)) == (0, "done", False)


def test_success_at_the_time_limit_is_success():
    assert play([0.3] * 20, limit_s=0.5) == (5, "success", True)


def test_signals_are_declared_with_unit_and_what_they_are_of():
    task = DeclaredTask.read("lift", LIFT)
    assert [(s.name, s.unit, s.meaning) for s in task.signals] == [
        ("height_m", "m", "position of body/cube"),
        ("tilt_deg", "deg", "tilt of body/cube"),
    ]


def test_the_policy_is_told_the_instruction_and_the_facts():
    brief = DeclaredTask.read("lift", LIFT).brief(None)  # type: ignore[arg-type]
    assert (brief.instruction, brief.facts) == ("lift the cube", {"height_m": 0.25})


def test_a_simulator_that_does_not_measure_a_signal_is_named_with_it():
    run = DeclaredTask.read("lift", LIFT).begin(None, TIMING, 1.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="does not measure tilt_deg"):
        run.row(truth(0, height_m=0.1), None, 0, STILL)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"success": ""}, "needs success"),
        ({"success": "hight_m > 0.25"}, "success: 'hight_m > 0.25'.*hight_m"),
        ({"success": "height_m >"}, "success: 'height_m >'"),
        ({"success": "height_m"}, "success: 'height_m'"),
        ({"signals": {"height_m": {"positio": "body/cube"}}}, "signal height_m: .*did you mean 'position'"),
        ({"sucess": "height_m > 1"}, "has no 'sucess'; it takes signals"),
    ],
)
def test_a_mistake_is_named_with_its_key(change, says):
    with pytest.raises(ValueError, match=f"task lift.*{says}"):
        DeclaredTask.read("lift", LIFT | change)


def test_success_at_end_is_asked_once_when_the_world_is_over_and_unknown_is_doubt() -> None:
    task = DeclaredTask.read(
        "t",
        {
            "signals": {"return": {"return": True}, "ok": {"info": "ok"}},
            "success": "ok and return > 2 at end",
        },
    )

    def ended(values, over):
        run = task.begin(None, Timing(20, 10, 10), 60.0)
        for step in (0, 2):
            truth = GroundTruth(step, step, (0, 0, 0), (0, 0), (), (), {}, values, over=over if step else "")
            word = run.ended(step, truth, Act(np.zeros(1), "m"))
        return word, run.facts["success"], bool(run.doubt)

    assert ended({"return": 3.0, "ok": 1.0}, "") == ("", False, False)
    assert ended({"return": 3.0, "ok": 1.0}, "terminated") == ("terminated", True, False)
    assert ended({"return": 1.0, "ok": 1.0}, "truncated") == ("truncated", False, False)
    assert ended({"return": 3.0, "ok": float("nan")}, "terminated") == ("terminated", False, True)
