"""The drive of the robot: one velocity servo for every simulator.

MuJoCo runs this law as actuators with an implicit integrator (:mod:`simgate.sim_adapters.mujoco.build`).
A simulator that only takes forces applies :meth:`Servo.wrench` before each physics step and gets the same
motion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simgate.sim_adapters.scene.robot import Robot

SERVO_S = 0.04
"""Time constant of the velocity servo, seconds."""
SIDE_GRIP_MPS2 = 8.0
"""Limit of the force that keeps the wheels from slipping sideways, divided by the robot's mass."""


@dataclass(frozen=True, slots=True)
class Servo:
    """Force and torque of the drive for one physics step.

    Along each body axis the drive asks for ``force = (inertia / SERVO_S) * (command - velocity)``, cut at the
    axis' limit. A force that is not cut is damping, and is made implicit in the step: divided by
    ``1 + dt / SERVO_S``, which is what one step of MuJoCo's ``implicitfast`` integrator does with a velocity
    actuator on a free axis (MuJoCo documentation, "Computation: numerical integration").

    Attributes:
        robot: Mass, limits.
        step_s: Length of a physics step, seconds.
    """

    robot: Robot
    step_s: float

    def command(self, forward_mps: float, yaw_rate_rps: float) -> tuple[float, float]:
        """The command, cut at the robot's top speeds."""
        top, turn = self.robot.max_speed_mps, self.robot.max_yaw_rate_rps
        return min(max(forward_mps, -top), top), min(max(yaw_rate_rps, -turn), turn)

    def wrench(
        self,
        command: tuple[float, float],
        yaw: float,
        velocity: tuple[float, float],
        yaw_rate: float,
        push: tuple[float, float] = (0.0, 0.0),
    ) -> tuple[float, float, float]:
        """Force in newtons (world x, y) and torque in newton metres about Z.

        Args:
            command: Forward speed m/s and yaw rate rad/s, as :meth:`command` gives them.
            yaw: Heading, radians.
            velocity: World frame (x, y) of the robot's axis, m/s.
            yaw_rate: rad/s.
            push: World frame (x, y) of what pushes the robot in this step, newtons: an implicit force answers
                it in the same step.
        """
        robot = self.robot
        c, s = math.cos(yaw), math.sin(yaw)
        forward = c * velocity[0] + s * velocity[1]
        sideways = c * velocity[1] - s * velocity[0]
        ahead = (c * push[0] + s * push[1]) / robot.mass_kg
        aside = (c * push[1] - s * push[0]) / robot.mass_kg
        along = robot.mass_kg * self._acceleration(command[0] - forward, robot.max_accel_mps2, ahead)
        across = robot.mass_kg * self._acceleration(-sideways, SIDE_GRIP_MPS2, aside)
        turn = robot.yaw_inertia_kgm2 * self._acceleration(command[1] - yaw_rate, robot.max_yaw_accel_rps2)
        return c * along - s * across, s * along + c * across, turn

    def _acceleration(self, error: float, limit: float, pushed: float = 0.0) -> float:
        wanted = error / SERVO_S
        if abs(wanted) >= limit:
            return math.copysign(limit, wanted)
        share = self.step_s / SERVO_S
        return (wanted - share * pushed) / (1.0 + share)
