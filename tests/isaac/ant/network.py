"""The ant's gait: each joint swings, and is pulled to where it should be by then."""

import numpy as np

TASK, RATE_HZ, STEPS, ROUNDS, FURTHER = "Isaac-Ant", 60.0, 180, 30, 170
FALL = 3.0
"""What a fall costs in training, besides the reward."""
SIZE = 1 + 3 * 8 + 2
"""Frequency; amplitude, phase and middle of eight joints; how hard, and how steered."""
START = [1.2, *([0.5] * 8), *([0.0] * 8), *([0.0] * 8), 1.0, 0.0]
SPREAD = [0.4, *([0.4] * 8), *([1.5] * 8), *([0.4] * 8), 0.3, 0.3]


def varied(config) -> None:
    """Masses of the torso and friction of the ground as in the pack, of each world its own."""
    from isaaclab.envs import mdp
    from isaaclab.managers import EventTermCfg, SceneEntityCfg

    robot, torso = (SceneEntityCfg("robot", body_names=names) for names in (".*", "torso"))
    config.events.mass = EventTermCfg(
        func=mdp.randomize_rigid_body_mass,
        mode="startup",
        params={"asset_cfg": torso, "mass_distribution_params": (0.25, 0.45), "operation": "abs"},
    )
    ranges = {f"{kind}_friction_range": (0.7, 1.2) for kind in ("static", "dynamic")}
    config.events.material = EventTermCfg(
        func=mdp.randomize_rigid_body_material,
        mode="startup",
        params={
            **ranges,
            "asset_cfg": robot,
            "restitution_range": (0.0, 0.0),
            "num_buckets": 64,
            "make_consistent": True,
        },
    )


def act(weights: np.ndarray, seen: np.ndarray, time_s: float) -> np.ndarray:
    """Efforts, shape (N, 8), of the unit that the task scales.

    Args:
        weights: Shape (N, SIZE), or (SIZE,) for one gait.
        seen: Shape (N, 60); 12 to 20 are joints as shares of their limits, 9 is the angle to the target.
        time_s: Since the start.
    """
    weights = np.broadcast_to(weights, (len(seen), SIZE))
    joints, off = seen[:, 12:20], seen[:, 9:10]
    swing = np.sin(2.0 * np.pi * weights[:, :1] * time_s + weights[:, 9:17])
    wanted = weights[:, 17:25] + weights[:, 1:9] * swing
    sides = np.array([1.0, -1.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0])
    wanted = wanted + weights[:, 26:27] * off * sides
    return np.clip(weights[:, 25:26] * (wanted - joints), -1.0, 1.0)
