"""The quadruped's trot: two legs and two in turn, as far and as fast as it is told, its body held level."""

import numpy as np

TASK, RATE_HZ, STEPS = "Isaac-Velocity-Flat-UnitreeGo2", 50.0, 150
ROUNDS, FURTHER = 40, 80
FALL = 3.0
"""What a fall costs in training, besides what is counted."""
COUNTED = ("track_lin_vel_xy_exp", "track_ang_vel_z_exp", "flat_orientation_l2")
SIZE = 11
START = [2.0, 1.5, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
SPREAD = [0.5, 0.8, 0.6, 0.6, 0.5, 0.3, 0.5, 0.5, 0.3, 0.3, 0.3]


def varied(config) -> None:
    """Commands, masses and friction of the ground as in the pack, of each world its own."""
    ranges = config.commands.base_velocity.ranges
    ranges.lin_vel_x, ranges.lin_vel_y, ranges.ang_vel_z = (0.3, 0.6), (0.0, 0.0), (0.0, 0.0)
    config.commands.base_velocity.heading_command = False
    config.commands.base_velocity.rel_standing_envs = 0.0
    mass, material = config.events.add_base_mass.params, config.events.physics_material.params
    mass |= {"mass_distribution_params": (6.0, 9.0), "operation": "abs", "distribution": "uniform"}
    material |= {f"{kind}_friction_range": (0.5, 1.1) for kind in ("static", "dynamic")}
    material["make_consistent"] = True
    config.events.push_robot = None


def earned(inner) -> np.ndarray:
    """Of the task's reward what asks for speed and for a level body, of each world; jolts of the start weigh more
    than both in the rest."""
    manager = inner.reward_manager
    terms = [manager.active_terms.index(name) for name in COUNTED]
    return manager._step_reward[:, terms].sum(dim=1).numpy() * inner.step_dt


def act(weights: np.ndarray, seen: np.ndarray, time_s: float) -> np.ndarray:
    """Offsets of twelve joints, shape (N, 12): four hips, four thighs, four calves; FL, FR, RL, RR.

    Args:
        weights: Shape (N, SIZE), or (SIZE,) for one gait.
        seen: Shape (N, 48): speed, turning, gravity in the body's frame, command, joints.
        time_s: Since the start.
    """
    rate, stride, lift, late, crouch, lean, pitch, roll, brake, turn, side = np.broadcast_to(
        weights, (len(seen), SIZE)
    ).T[:, :, None]
    phase = 2.0 * np.pi * rate * time_s + np.pi * np.array([0.0, 1.0, 1.0, 0.0])
    front, left = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, 1.0, -1.0])
    faster = seen[:, 9:10] - brake * (seen[:, 0:1] - seen[:, 9:10])
    turned = turn * (seen[:, 11:12] - seen[:, 5:6])
    up = np.maximum(np.sin(phase + late), 0.0)
    thigh = stride * (faster - turned * left) * np.cos(phase) + crouch + lean * front
    thigh = thigh + pitch * seen[:, 6:7] * front + 0.5 * lift * up
    calf = -lift * up - crouch
    hip = roll * seen[:, 7:8] + side * (seen[:, 1:2] - seen[:, 10:11])
    return np.concatenate([hip + 0.0 * left, thigh, calf], axis=1)
