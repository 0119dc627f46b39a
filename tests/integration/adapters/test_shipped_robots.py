"""The robots of scenarios/quadruped_walk and tabletop_grasp on their own joints, driven by their networks."""

from __future__ import annotations

import numpy as np

from simgate.policies.grasping.evaluate import load as load_finder
from simgate.policies.grasping.motion import CONTROL_HZ, HOME, JOINTS, Lift
from simgate.policies.grasping.scenes import SIZE, TABLE
from simgate.policies.quadruped import gait
from simgate.policies.quadruped.evaluate import load as load_gait
from simgate.policies.quadruped.interface import bounded, command_to, encode, joint_targets, next_phase
from simgate.policies.quadruped.robots import YARD
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.quantities import ContactForce, Position, Tilt, Touching
from simgate.sim_adapters.scene.articulated import CameraSensor, FileSensor, JointSensor
from simgate.sim_adapters.scene.native import NativeValue
from tests.unit.sim_adapters.articulated.machines import batch, site_of

MARK = np.array([[4.0, 0.0]])


def walked(
    name: str, worlds: int, seconds: float, values: tuple[tuple[str, NativeValue], ...] = ()
) -> list[dict[str, float]]:
    """Walks towards the mark with what the declared sensors read; the quantities of each world at the end, of the bag's force the most."""
    network = load_gait(YARD.parent.parent / "gait" / name)
    sensors = FileSensor(("up", "gyro", "place", "heading"))
    site = site_of(
        YARD,
        "trunk",
        sensors=(("trunk", sensors), ("legs", JointSensor(gait.JOINTS))),
        quantities=(
            ("tilt_deg", Tilt("body/trunk")),
            ("x_m", Position("body/trunk", "x")),
            ("down", Touching("geom/trunk", "geom/floor")),
            ("bag_n", ContactForce("body/trunk", "geom/bag")),
        ),
        allow=(("trunk", "bag"), *((f"{leg}_foot", "floor") for leg in gait.LEGS)),
        values=values,
    )
    with batch(Timing(physics_hz=250, control_hz=50, camera_hz=50)) as simulated:
        seen = simulated.reset([site] * worlds)
        action = simulated.embodiment.action
        assert action.names == gait.JOINTS
        phase, last = np.zeros(worlds), np.zeros((worlds, len(gait.JOINTS)))
        bag_n = 0.0
        for _ in range(round(50 * seconds)):
            up, gyro, place, heading = np.split(seen.channels["trunk"].astype(float), [3, 6, 9], axis=1)
            command = command_to(MARK, place[:, :2], np.arctan2(heading[:, 1], heading[:, 0]))
            angles, rates = (seen.channels[f"legs.{of}"].astype(float) for of in ("position", "velocity"))
            last = bounded(network(encode(up, gyro, command, angles, rates, last, phase)))
            phase = next_phase(phase)
            seen = simulated.step(np.clip(joint_targets(last), action.low, action.high))
            truths = simulated.ground_truth()
            bag_n = max(bag_n, truths[0].values["bag_n"])
    assert not any(truth.contacts for truth in truths)
    return [{**truth.values, "bag_n": bag_n} for truth in truths]


def test_the_shipped_gait_walks_upright_to_the_mark_in_a_batch_as_alone():
    alone, together = walked("gait.onnx", 1, 10.0), walked("gait.onnx", 2, 10.0)
    assert together == [alone[0], alone[0]]
    assert abs(alone[0]["x_m"] - 4.0) < 0.3
    assert alone[0]["tilt_deg"] < 15.0 and not alone[0]["down"]


def test_a_pack_can_vary_friction_payload_and_the_bag_that_swings_into_the_robot():
    values = (("geom/floor.friction.slide", 0.5), ("geom/payload.mass", 2.0), ("joint/rope.start_deg", 70.0))
    easy, hard = walked("gait.onnx", 1, 2.0), walked("gait.onnx", 1, 2.0, values)
    assert hard[0]["x_m"] < easy[0]["x_m"]
    assert hard[0]["bag_n"] > 50.0 > easy[0]["bag_n"] == 0.0


def test_the_brick_that_the_network_sees_in_colour_and_depth_is_lifted_and_held():
    site = site_of(
        TABLE,
        "base",
        drive="actuators",
        sensors=(("top", CameraSensor("top", ("rgb", "depth"), SIZE, SIZE)), ("arm", JointSensor())),
        quantities=(("height_m", Position("body/brick", "z")), ("grip_n", ContactForce("geom/left", "body/brick"))),
        allow=(("left", "brick"), ("right", "brick")),
        values=tuple((f"joint/{joint}.start_deg", float(np.rad2deg(HOME[k]))) for k, joint in enumerate(JOINTS[:5])),
    )  # fmt: skip
    find = load_finder(TABLE.parent.parent / "brick" / "brick.onnx")
    with batch(Timing(physics_hz=500, control_hz=CONTROL_HZ, camera_hz=CONTROL_HZ)) as simulated:
        seen = simulated.reset([site])
        found = find(seen.channels["top.rgb"][0], seen.channels["top.depth"][0].reshape(SIZE, SIZE))
        np.testing.assert_allclose([found.x, found.y], [0.45, 0.0], atol=0.005)
        motion, heights = Lift(found), []
        for tick in range(round(5.5 * CONTROL_HZ)):
            seen = simulated.step(motion.targets(tick / CONTROL_HZ)[None])
            truth = simulated.ground_truth()[0]
            heights.append(truth.values["height_m"])
        assert min(heights[-CONTROL_HZ:]) > 0.12
        assert 8.0 < truth.values["grip_n"] < 14.0
