"""A contact that begins in the last physics step of an episode is one, wherever the episode ends."""

from __future__ import annotations

import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.scoring.metrics import compute
from simgate.harness.tasks.reach_or_report import REACH_OR_REPORT
from simgate.harness.trace import Trace
from simgate.policies.driving import drive
from simgate.policies.policy import Act
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR

TIMING = Timing(physics_hz=200, control_hz=200, camera_hz=10)
FULL = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
DOOR = {"door.kind": "glass", "door.distance_m": 1.5, "robot.start_yaw_deg": 0.0}


class Forward:
    def __init__(self, done_at: int | None) -> None:
        self.done_at = done_at

    def reset(self, briefs, embodiment) -> None:
        pass

    def act(self, observation, detections) -> list[Act]:
        done = self.done_at is not None and observation.step >= self.done_at
        return [drive(1.0, 0.0, "drive", done=done)]


def play(adapter: MujocoAdapter, limit_steps: int, done_at: int | None = None) -> Trace:
    scene = OFFICE_CORRIDOR.build(FULL | DOOR, ())
    cast = Cast(
        adapter=adapter,
        policy=Forward(done_at),
        models=(),
        extra_ms=0.0,
        task=REACH_OR_REPORT,
        timing=TIMING,
        time_limit_s=limit_steps / TIMING.physics_hz,
    )
    return run_episodes(cast, [scene], [1], [1], LapClock())[0].trace


@pytest.fixture(scope="module")
def adapter():
    made = MujocoAdapter(timing=TIMING, options={})
    yield made
    made.close()


@pytest.fixture(scope="module")
def overlap_step(adapter: MujocoAdapter) -> int:
    """First step after which the robot overlaps the door; MuJoCo says so while it makes the next one."""
    trace = play(adapter, 1200)
    assert trace.end == "collision"
    row = int((trace.signals["clearance_m"] < 0.0).argmax())
    assert trace.contacts[0].step == trace.steps[row] + 1
    return int(trace.steps[row])


@pytest.mark.parametrize("by", ["time limit", "policy"])
def test_a_contact_in_the_last_step_is_a_collision(adapter, overlap_step, by):
    limit, done_at = (overlap_step, None) if by == "time limit" else (1200, overlap_step)
    trace = play(adapter, limit, done_at)
    assert trace.end == "collision"
    assert trace.contacts[0].step == overlap_step + 1
    assert compute("collisions", trace, None, {}).value >= 1


def test_an_episode_that_ends_a_step_before_has_none(adapter, overlap_step):
    trace = play(adapter, overlap_step - 1)
    assert (trace.end, trace.contacts, trace.steps[-1]) == ("time_limit", (), overlap_step - 1)
