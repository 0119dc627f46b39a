"""An arm on its own joints plays a declared task through the same loop as every other robot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.tasks.declared import DeclaredTask
from simgate.policies.policy import Act
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.scene.articulated import Servos
from tests.unit.sim_adapters.articulated.machines import TIMING, arm


class Reaches:
    """Tells the shoulder one angle, radians."""

    name = "reaches"

    def __init__(self, angle: float) -> None:
        self.angle = angle

    def reset(self, briefs, embodiment) -> None:
        self.count, self.size = len(briefs), embodiment.action.size

    def act(self, observation, detections) -> list[Act]:
        return [Act((self.angle,) * self.size, "reach")] * self.count


@pytest.mark.parametrize(("angle", "end"), [(0.6, "success"), (-0.6, "time_limit")])
def test_the_arm_ends_as_its_task_says_and_the_trace_holds_the_declared_signals(
    tmp_path: Path, angle: float, end: str
):
    task = DeclaredTask.read(
        "raise",
        {"signals": {"shoulder": {"joint": "shoulder"}}, "success": "shoulder > 0.4 for 0.2 s"},
    )
    site = arm(
        tmp_path,
        drive=Servos("position", ("shoulder",), (200.0,), (20.0,)),
        quantities=tuple(task.quantities.items()),
    )
    adapter = MujocoAdapter(TIMING)
    try:
        cast = Cast(adapter, Reaches(angle), (), 0.0, task, TIMING, 3.0)
        trace = run_episodes(cast, [site], [1], [1], LapClock())[0].trace  # type: ignore[list-item]
    finally:
        adapter.close()
    assert (trace.end, trace.facts["success"], trace.invalid_reasons) == (end, end == "success", ())
    shoulder = trace.signals["shoulder"]
    if end == "success":
        held = round(0.2 * TIMING.control_hz)
        assert (shoulder[-held - 1 :] > 0.4).all() and shoulder[-held - 2] <= 0.4
    else:
        assert np.isclose(trace.times_s[-1], 3.0)


def test_a_failure_that_nobody_can_rule_out_makes_the_episode_invalid(tmp_path: Path):
    words = {"success": "shoulder > 0.4 for 0.2 s", "failure": "shoulder / 0 - shoulder / 0 > 1"}
    task = DeclaredTask.read("raise", {"signals": {"shoulder": {"joint": "shoulder"}}, **words})
    drive = Servos("position", ("shoulder",), (200.0,), (20.0,))
    site = arm(tmp_path, drive=drive, quantities=tuple(task.quantities.items()))
    adapter = MujocoAdapter(TIMING)
    try:
        cast = Cast(adapter, Reaches(0.6), (), 0.0, task, TIMING, 3.0)
        trace = run_episodes(cast, [site], [1], [1], LapClock())[0].trace  # type: ignore[list-item]
    finally:
        adapter.close()
    (reason,) = trace.invalid_reasons
    assert "whether failure (shoulder / 0 - shoulder / 0 > 1) has come by step 0 is unknown" in reason
    assert trace.facts["success"] is False
