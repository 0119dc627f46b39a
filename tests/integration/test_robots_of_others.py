"""Robots of public packages on their own actuators by YAML alone: all that is read of them is plain MuJoCo's."""

from __future__ import annotations

import importlib.util
import math
import os
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs

_NEAR = 1e-9


@dataclass(frozen=True)
class Robot:
    """A robot of a package, and what of it is asked for."""

    package: str
    file: str
    body: str
    joint: str
    end: str
    camera: str


ROBOTS = {
    "humanoid": Robot(
        "gymnasium", "envs/mujoco/assets/humanoid.xml", "torso", "right_knee", "right_foot", "track"
    ),
    "half_cheetah": Robot(
        "gymnasium", "envs/mujoco/assets/half_cheetah.xml", "torso", "bfoot", "bfoot", "track"
    ),
    "quadruped": Robot(
        "dm_control", "suite/quadruped.xml", "torso", "knee_front_left", "toe_front_left", "egocentric"
    ),
    "franka": Robot(
        "gymnasium_robotics",
        "envs/assets/kitchen_franka/kitchen_assets/kitchen_env_model.xml",
        "panda0_link0",
        "robot:panda0_joint4",
        "panda0_leftfinger",
        "left_cap",
    ),
    "fetch": Robot(
        "gymnasium_robotics",
        "envs/assets/fetch/pick_and_place.xml",
        "robot0:base_link",
        "robot0:l_gripper_finger_joint",
        "robot0:gripper_link",
        "external_camera_0",
    ),
}
POLICY = """\
import numpy as np

from simgate.policies.policy import Act


class Swing:
    name = "swing"

    def __init__(self, *, control_hz, options):
        self.read = []

    def reset(self, briefs, embodiment):
        low, high = np.array(embodiment.action.low), np.array(embodiment.action.high)
        self.low, self.high = np.maximum(low, -1.0), np.minimum(high, 1.0)

    def act(self, observation, outputs):
        shares = 0.5 + 0.5 * np.sin(0.01 * observation.step + np.arange(self.low.size))
        told = self.low + shares * (self.high - self.low)
        self.read.append([told, *(observation.channels[f"joints.{k}"][0].copy() for k in ("position", "velocity"))])
        for k, name in enumerate(("told", "position", "velocity")):
            np.save(f"{name}.npy", np.array([row[k] for row in self.read]))
        np.save("seen.npy", observation.channels["view.rgb"][0])
        return [Act(told, "swing")]
"""
PACK = """\
simgate: 1
pack: others
policy: swing.py:Swing
sim: {{physics_hz: 500, control_hz: 50, time_limit_s: 0.4}}
task:
  signals:
    height_m: {{position: "body/{end}", axis: z}}
    apart_m: {{distance: ["body/{body}", "body/{end}"]}}
    speed_mps: {{speed: "body/{end}"}}
    angle: {{joint: "{joint}"}}
    rate: {{joint: "{joint}", of: velocity}}
    work_j: {{energy: true}}
  success: height_m > 1000
  touch: {{allow: {allow}}}
scenarios:
  swings:
    title: a robot of someone else
    severity: minor
    world:
      mjcf: {file}
      robot: {{body: "{body}", drive: actuators}}
      sensors: {{joints: {{joints: all}}, view: {{camera: "{camera}", width: 64, height: 48}}}}
    variants: {{count: 1}}
    accept: success
"""


@pytest.mark.parametrize("name", ROBOTS)
def test_what_a_policy_reads_and_a_task_measures_is_plain_mujocos(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot = ROBOTS[name]
    package = importlib.util.find_spec(robot.package)
    if package is None or package.origin is None:
        pytest.skip(f"the package {robot.package}, which has this robot, is not installed")
    path = Path(package.origin).parent / robot.file
    monkeypatch.chdir(tmp_path)  # Also for what MuJoCo writes about old words in a file.
    model = mujoco.MjModel.from_xml_path(str(path))
    model.opt.timestep = 0.002
    data = mujoco.MjData(model)
    Path("swing.py").write_text(POLICY)
    asked = {key: getattr(robot, key) for key in ("body", "joint", "end", "camera")}
    Path("pack.yaml").write_text(
        PACK.format(
            file=os.path.relpath(path.resolve(), tmp_path.resolve()), allow=_met(model, data), **asked
        )
    )
    main(["run", "pack.yaml", "--workers", "0", "--quiet", "--record", "all", "--runs-dir", "runs"])
    folder = RunFolder(run_dirs(Path("runs"))[0])
    (record,) = folder.records()
    assert record.end == "time_limit", record.reason
    trace = load_trace(folder.path / record.artifacts["trace"])
    told, position, velocity = (np.load(f"{key}.npy") for key in ("told", "position", "velocity"))
    assert len(told) == 21 and np.load("seen.npy").std() > 1.0
    own = _own(model, robot.body)
    moving = [j for j in range(model.njnt) if own[model.jnt_bodyid[j]] and model.jnt_type[j] >= 2]
    ctrl = [a for a in range(model.nu) if own[_moved_body(model, a)]]
    assert told.shape[1] == len(ctrl) > 1 and position.shape[1] == len(moving) > 1
    work = 0.0
    for row in range(21):
        now = mujoco.MjData(model)
        mujoco.mj_copyData(now, model, data)
        mujoco.mj_forward(model, now)
        assert np.array_equal(position[row], data.qpos[model.jnt_qposadr[moving]])
        assert np.array_equal(velocity[row], data.qvel[model.jnt_dofadr[moving]])
        body, end, joint = now.body(robot.body), now.body(robot.end), now.joint(robot.joint)
        spatial = np.zeros(6)
        mujoco.mj_objectVelocity(model, now, mujoco.mjtObj.mjOBJ_XBODY, end.id, spatial, 0)
        expected = {
            "height_m": end.xpos[2],
            "apart_m": math.dist(body.xpos, end.xpos),
            "speed_mps": math.hypot(*spatial[3:]),
            "angle": joint.qpos[0],
            "rate": joint.qvel[0],
            "work_j": work,
        }
        for key, value in expected.items():
            assert trace.signals[key][row] == pytest.approx(value, abs=_NEAR * max(1.0, abs(value))), (
                key,
                row,
            )
        data.ctrl[ctrl] = told[row]
        for _ in range(10):
            mujoco.mj_step(model, data)
            power = data.actuator_force * data.actuator_velocity
            work += float(np.maximum(power[ctrl], 0.0).sum()) * 0.002


def _met(model: mujoco.MjModel, data: mujoco.MjData) -> list[list[str]]:
    """Whatever touches anything at the start, which is allowed to."""
    mujoco.mj_forward(model, data)
    names = [[model.body(model.geom_bodyid[g]).name for g in pair] for pair in data.contact.geom]
    mujoco.mj_resetData(model, data)
    return [pair for pair in names if all(pair)]


def _own(model: mujoco.MjModel, body: str) -> list[bool]:
    own = [index == model.body(body).id for index in range(model.nbody)]
    for index in range(1, model.nbody):
        own[index] = own[index] or own[model.body_parentid[index]]
    return own


def _moved_body(model: mujoco.MjModel, actuator: int) -> int:
    number = int(model.actuator_trnid[actuator][0])
    if model.actuator_trntype[actuator] == mujoco.mjtTrn.mjTRN_TENDON:
        number = int(model.wrap_objid[model.tendon_adr[number]])
    return int(model.jnt_bodyid[number])
