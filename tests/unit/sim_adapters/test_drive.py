import math

import pytest

from simgate.sim_adapters.drive import SERVO_S, SIDE_GRIP_MPS2, Servo
from simgate.sim_adapters.scene.robot import Robot

ROBOT = Robot((0.0, 0.0, 0.0))
SERVO = Servo(ROBOT, 0.005)


def test_commands_are_cut_at_the_top_speeds():
    assert SERVO.command(9.0, -9.0) == (ROBOT.max_speed_mps, -ROBOT.max_yaw_rate_rps)
    assert SERVO.command(0.4, 0.3) == (0.4, 0.3)


def test_at_the_commanded_speed_there_is_no_force():
    assert SERVO.wrench((0.5, 0.2), 0.0, (0.5, 0.0), 0.2) == (0.0, 0.0, 0.0)


def test_far_from_the_command_the_force_is_the_limit():
    force, _, torque = SERVO.wrench((1.2, -1.5), 0.0, (0.0, 0.0), 0.0)
    assert force == ROBOT.mass_kg * ROBOT.max_accel_mps2
    assert torque == -ROBOT.yaw_inertia_kgm2 * ROBOT.max_yaw_accel_rps2


def test_near_the_command_the_error_shrinks_as_implicit_damping_does():
    force, _, _ = SERVO.wrench((0.5, 0.0), 0.0, (0.49, 0.0), 0.0)
    after = 0.49 + 0.005 * force / ROBOT.mass_kg
    assert 0.5 - after == pytest.approx(0.01 / (1.0 + 0.005 / SERVO_S))


def test_sideways_motion_is_held_back_and_no_harder_than_the_grip():
    _, across, _ = SERVO.wrench((0.0, 0.0), 0.0, (0.0, 2.0), 0.0)
    assert across == -ROBOT.mass_kg * SIDE_GRIP_MPS2


def test_forces_turn_with_the_robot():
    ahead = SERVO.wrench((1.2, 0.0), 0.0, (0.0, 0.0), 0.0)
    x, y, _ = SERVO.wrench((1.2, 0.0), 0.5 * math.pi, (0.0, 0.0), 0.0)
    assert (x, y) == pytest.approx((0.0, ahead[0]), abs=1e-9)
