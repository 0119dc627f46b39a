import math
from itertools import pairwise

import pytest

from simgate.sim_adapters.drive import Servo
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


def speeds(servo: Servo, start: float, command: float, seconds: float) -> list[float]:
    """Forward speed after each step of free driving, by Newton's second law."""
    found = [start]
    for _ in range(round(seconds / servo.step_s)):
        force, _, _ = servo.wrench((command, 0.0), 0.0, (found[-1], 0.0), 0.0)
        found.append(found[-1] + servo.step_s * force / ROBOT.mass_kg)
    return found


def test_near_the_command_the_error_falls_to_one_part_in_e_in_40_milliseconds():
    left = [0.5 - speed for speed in speeds(Servo(ROBOT, 1e-5), 0.49, 0.5, 0.040)]
    assert left[-1] / left[0] == pytest.approx(math.exp(-1.0), rel=1e-3)


@pytest.mark.parametrize("step_s", [0.001, 0.005, 0.04, 0.5])
def test_the_speed_comes_closer_with_every_step_and_never_overshoots_however_long_the_step(step_s):
    found = speeds(Servo(ROBOT, step_s), 0.49, 0.5, 10 * step_s)
    assert all(before < after <= 0.5 for before, after in pairwise(found))


def test_a_robot_that_slides_sideways_at_2_mps_comes_to_rest_within_a_quarter_of_a_metre():
    """A grip of 8 m/s2: v^2 / 2a is 0.25 m, and the last centimetre is damped away."""
    y, speed = 0.0, 2.0
    for _ in range(100):
        _, across, _ = SERVO.wrench((0.0, 0.0), 0.0, (0.0, speed), 0.0)
        speed += 0.005 * across / ROBOT.mass_kg
        y += 0.005 * speed
    assert abs(speed) < 0.001
    assert y == pytest.approx(0.25, abs=0.01)


def test_forces_turn_with_the_robot():
    ahead = SERVO.wrench((1.2, 0.0), 0.0, (0.0, 0.0), 0.0)
    x, y, _ = SERVO.wrench((1.2, 0.0), 0.5 * math.pi, (0.0, 0.0), 0.0)
    assert (x, y) == pytest.approx((0.0, ahead[0]), abs=1e-9)
