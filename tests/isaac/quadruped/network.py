"""The quadruped's trot: two feet and two in turn, set down where they have to be at the speed that is told."""

import numpy as np

TASK, RATE_HZ, STEPS = "Isaac-Velocity-Flat-UnitreeGo2", 50.0, 150
ROUNDS, FURTHER = 30, 60
FALL = 3.0
"""What a fall costs in training, besides what is counted."""
COUNTED = ("track_lin_vel_xy_exp", "track_ang_vel_z_exp", "flat_orientation_l2")
LINK_M, STIFFNESS, SCALE = 0.213, 25.0, 0.25
"""Of thigh and calf; of the motors, N m/rad; of the task's actions, rad."""
THIGHS, CALVES = np.array([0.8, 0.8, 1.0, 1.0]), -1.5
"""Where an action of 0 holds them, rad."""
SIZE = 15
CENTRE = np.array([2.5, 1.0, 0.12, 0.28, 40.0, -0.046, 0.1, 0.1, 0.1, 0.0, 0.03, 0.031, 0.0, 0.0, 0.0])
UNIT = np.array([0.7, 0.6, 0.06, 0.03, 30.0, 0.04, 0.12, 0.2, 0.2, 0.15, 0.06, 0.04, 0.02, 0.02, 0.04])
"""What each weight is at 0, and by how much one of it changes that."""
START, SPREAD = [0.0] * SIZE, [0.7] * SIZE


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
    config.observations.policy.enable_corruption = False  # As simgate runs it.


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
    (rate, stride, lift, height, load, ahead, brake, pitch, roll, side, turn, heel, nod, rock, tilt) = (
        np.broadcast_to(CENTRE + UNIT * weights, (len(seen), SIZE)).T[:, :, None]
    )
    front, left = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, 1.0, -1.0])
    begun = min(max((time_s - 0.2) / 0.3, 0.0), 1.0)
    phase = (rate * time_s + np.array([0.0, 0.5, 0.5, 0.0])) % 1.0
    stands, swung = phase < 0.5, np.clip(2.0 * phase - 1.0, 0.0, 1.0)
    told, error = seen[:, 9:10], seen[:, 0:1] - seen[:, 9:10]
    step = stride * told / (2.0 * rate) + turn * (seen[:, 11:12] - seen[:, 5:6]) * -left
    path = np.where(stands, 0.5 - 2.0 * phase, swung**2 * (3.0 - 2.0 * swung) - 0.5)
    x = (
        ahead
        + heel * front
        + begun * (step * path + brake * error * np.where(stands, 1.0 - 2.0 * phase, swung))
    )
    z = -height + begun * lift * np.sin(np.pi * swung)
    z = (
        z
        + tilt * front
        - (pitch * seen[:, 6:7] + nod * seen[:, 4:5]) * front
        - (roll * seen[:, 7:8] - rock * seen[:, 3:4]) * left
    )
    reach = np.clip(np.hypot(x, z), 0.12, 0.42)
    calf = -2.0 * np.arccos(reach / (2.0 * LINK_M))
    thigh = np.arctan2(-x, -z) - calf / 2.0
    carried = begun * np.sin(2.0 * np.pi * np.minimum(phase, 0.5)) ** 0.5 + 0.5 * (1.0 - begun)
    pushed = load * carried * LINK_M / STIFFNESS
    lower = np.sin(thigh + calf)
    thigh = thigh - pushed * (np.sin(thigh) + lower)
    calf = calf - pushed * lower
    hip = side * seen[:, 1:2] + 0.0 * left
    return np.concatenate([hip, thigh - THIGHS, calf - CALVES], axis=1) / SCALE
