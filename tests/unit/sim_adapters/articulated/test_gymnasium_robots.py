"""Robots of someone else on their own actuators: what they do and what is read is MuJoCo's own."""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.quantities import (
    ContactForce,
    Distance,
    Energy,
    Joint,
    Position,
    Speed,
    Tilt,
    Touching,
)
from simgate.sim_adapters.scene.articulated import BodySensor, CameraSensor, JointSensor
from tests.unit.sim_adapters.articulated.machines import GYMNASIUM, TIMING, batch, now, reference, site_of

ROBOTS = {  # File -> a joint, and a shape that meets the floor.
    "ant": ("ankle_1", "left_ankle_geom"),
    "humanoid": ("right_knee", "right_foot"),
    "half_cheetah": ("bfoot", "bfoot"),
}
_NEAR = 1e-9


@pytest.mark.parametrize("robot", ROBOTS)
def test_steps_channels_and_quantities_are_those_of_plain_mujoco(robot: str) -> None:
    joint, foot = ROBOTS[robot]
    site = site_of(
        GYMNASIUM / f"{robot}.xml",
        "torso",
        sensors=(
            ("joints", JointSensor()),
            ("torso", BodySensor("torso")),
            ("view", CameraSensor("track", ("rgb", "depth"), 40, 30, rate_hz=5)),
        ),
        quantities=(
            ("height", Position("body/torso", "z")),
            ("speed", Speed("body/torso")),
            ("ahead", Speed("body/torso", "x")),
            ("tilt", Tilt("body/torso")),
            ("angle", Joint(joint)),
            ("rate", Joint(joint, "velocity")),
            ("torque", Joint(joint, "torque")),
            ("apart", Distance("body/torso", f"geom/{foot}")),
            ("weight", ContactForce("geom/floor", "body/torso")),
            ("stands", Touching("geom/floor", "body/torso")),
            ("work", Energy()),
        ),
    )
    model, data = reference(site)
    generator, work = np.random.default_rng(7), 0.0
    with batch() as worlds:
        seen = worlds.reset([site])
        action = worlds.embodiment.action
        assert action.size == model.nu and set(worlds.embodiment.channel("joints.position").entries) == {
            model.joint(k).name for k in range(model.njnt) if model.jnt_type[k] >= 2
        }
        for tick in range(20):
            told = generator.uniform(action.low, action.high)
            data.ctrl[:] = told
            stood = False
            for _ in range(TIMING.control_steps):
                mujoco.mj_step(model, data)
                work += float(np.maximum(data.actuator_force * data.actuator_velocity, 0).sum()) * 0.005
                stood |= _floor_n(model, data) > 0.0 or _floor_met(model, data)
            seen = worlds.step(told[None])
            true, is_ = worlds.ground_truth()[0].values, now(model, data)
            assert np.array_equal(worlds._worlds[0].data.qpos, data.qpos), f"tick {tick}"
            torso, of_joint = is_.body("torso"), is_.joint(joint)
            velocity = np.zeros(6)
            mujoco.mj_objectVelocity(model, is_, mujoco.mjtObj.mjOBJ_XBODY, torso.id, velocity, 0)
            expected = {
                "height": torso.xpos[2],
                "speed": math.hypot(*velocity[3:]),
                "ahead": velocity[3],
                "tilt": math.degrees(math.acos(min(1.0, torso.xmat[8]))),
                "angle": of_joint.qpos[0],
                "rate": of_joint.qvel[0],
                "torque": is_.qfrc_actuator[model.joint(joint).dofadr[0]],
                "apart": math.dist(torso.xpos, is_.geom(foot).xpos),
                "weight": _floor_n(model, is_),
                "stands": float(stood or _floor_n(model, is_) > 0.0 or _floor_met(model, is_)),
                "work": work,
            }
            for name, value in expected.items():
                near = 1e-5 if name == "tilt" else _NEAR * max(1.0, abs(value))  # acos is coarse near 0
                assert true[name] == pytest.approx(value, abs=near), f"{name} at tick {tick}"
            hinges = [k for k in range(model.njnt) if model.jnt_type[k] >= 2]
            assert np.array_equal(seen.channels["joints.position"][0], data.qpos[model.jnt_qposadr[hinges]])
            assert np.array_equal(seen.channels["joints.velocity"][0], data.qvel[model.jnt_dofadr[hinges]])
            assert np.allclose(
                seen.channels["torso.pose"][0], [*torso.xpos, *torso.xquat], rtol=0, atol=_NEAR
            )
            assert seen.stamps["view.rgb"] == (tick + 1) // 4 * 40, "a camera of 5 Hz, at every fourth tick"
        assert seen.is_new("view.rgb") and seen.channels["view.rgb"].std() > 1.0


def _floor_n(model: mujoco.MjModel, data: mujoco.MjData) -> float:
    floor, force, total = model.geom("floor").id, np.zeros(6), 0.0
    for k in range(data.ncon):
        if floor in data.contact.geom[k]:
            mujoco.mj_contactForce(model, data, k, force)
            total += float(force[0])
    return total


def _floor_met(model: mujoco.MjModel, data: mujoco.MjData) -> bool:
    floor = model.geom("floor").id
    return any(floor in data.contact.geom[k] and data.contact.dist[k] <= 0.0 for k in range(data.ncon))


def test_a_picture_is_the_one_that_mujocos_own_renderer_takes() -> None:
    site = site_of(
        GYMNASIUM / "half_cheetah.xml",
        "torso",
        sensors=(("view", CameraSensor("track", ("rgb", "depth", "instance"), 64, 48)),),
    )
    with batch() as worlds:
        taken = worlds.reset([site]).channels
        model, data = reference(site)
        model.vis.quality.offsamples = 0
        model.vis.global_.offwidth, model.vis.global_.offheight = 64, 48
        with mujoco.Renderer(model, 48, 64) as renderer:
            renderer.update_scene(data, "track")
            assert np.array_equal(taken["view.rgb"][0], renderer.render())
            renderer.enable_segmentation_rendering()
            geoms = renderer.render()[..., 0]
        bodies = np.where(geoms >= 0, model.geom_bodyid[geoms] + 1, 0)
        assert np.array_equal(taken["view.instance"][0], bodies)
        entry = worlds.embodiment.channel("view.instance")
        assert entry.high == model.nbody
