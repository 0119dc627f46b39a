"""Trains the arm's policy on its own kinematics, a minute on one core: ``python -m tests.isaac.reach.train``

Joints for poses of the pack come of damped least squares from the task's home; the network learns them. Writes
``trained.json``, and ``early.json`` after a few steps.
"""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from simgate.sim_adapters.environments.lab_assets.stage_text import rotation
from simgate.sim_adapters.environments.lab_assets.write_robots import arm
from tests.isaac.reach.network import HOME, SIZES

POSES, EARLY, STEPS = 6000, 25, 4000
LOW, HIGH = np.array([0.38, -0.22, 0.18, 2.0]), np.array([0.62, 0.22, 0.47, 4.3])
"""Position of the hand, m, and its yaw, rad; it looks down."""
HAND = "panda_hand"


def hands(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions (N, 3) and rotations (N, 3, 3) of hands, and Jacobians (N, 6, 7)."""
    count = len(joints)
    at, turned = np.zeros((count, 3)), np.tile(np.eye(3), (count, 1, 1))
    places, axes = [], []
    for body in arm()[1:9]:
        at = at + turned @ np.asarray(body.at)
        turned = turned @ rotation(*body.turned)
        if body.axis:
            angle = joints[:, len(axes)]
            places.append(at)
            axes.append(turned[:, :, 2])
            spin = np.tile(np.eye(3), (count, 1, 1))
            spin[:, 0, 0] = spin[:, 1, 1] = np.cos(angle)
            spin[:, 1, 0], spin[:, 0, 1] = np.sin(angle), -np.sin(angle)
            turned = turned @ spin
    linear = [np.cross(axis, at - place) for axis, place in zip(axes, places, strict=True)]
    return at, turned, np.concatenate([np.stack(linear, 2), np.stack(axes, 2)], 1)


def poses(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions, rotations and quaternions (x, y, z, w) of commands: roll 0, pitch pi, a yaw."""
    half = numbers[:, 3] / 2
    quaternion = np.stack([-np.sin(half), np.cos(half), 0 * half, 0 * half], 1)
    return numbers[:, :3], np.stack([rotation(0.0, np.pi, yaw) for yaw in numbers[:, 3]]), quaternion


def solved(at: np.ndarray, turned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints (N, 7), and how far their hands are off, m + rad."""
    joints = np.tile(HOME, (len(at), 1))
    for _ in range(150):
        here, there, jacobian = hands(joints)
        rest = turned @ there.transpose(0, 2, 1)
        skew = np.stack(
            [rest[:, 2, 1] - rest[:, 1, 2], rest[:, 0, 2] - rest[:, 2, 0], rest[:, 1, 0] - rest[:, 0, 1]], 1
        )
        error = np.concatenate([at - here, skew / 2], 1)
        square = jacobian @ jacobian.transpose(0, 2, 1) + 1e-3 * np.eye(6)
        # Of the many ways to hold a pose, the one nearest to home: else there is nothing to learn.
        home = (0.1 * (HOME - joints))[:, :, None]
        step = home + jacobian.transpose(0, 2, 1) @ np.linalg.solve(
            square, error[:, :, None] - jacobian @ home
        )
        joints = joints + np.clip(step[:, :, 0], -0.15, 0.15)
    return joints, np.abs(error).sum(1)


def main() -> None:
    """Trains and writes."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    numbers = np.random.default_rng(0).uniform(LOW, HIGH, (POSES, 4))
    at, turned, quaternion = poses(numbers)
    joints, off = solved(at, turned)
    good = off < 0.01
    print(f"solved {good.mean():.3f}", file=sys.stderr)
    seen = torch.tensor(np.concatenate([at, quaternion], 1)[good], dtype=torch.float32)
    wanted = torch.tensor((joints - HOME)[good], dtype=torch.float32)
    layers = []
    for one, other in pairwise(SIZES):
        layers += [torch.randn(one, other) / one**0.5, torch.zeros(other)]
    for layer in layers:
        layer.requires_grad_()
    optimizer = torch.optim.Adam(layers, lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(1, STEPS + 1):
        rows = torch.randint(len(seen), (256,))
        inner = torch.tanh(seen[rows] @ layers[0] + layers[1])
        inner = torch.tanh(inner @ layers[2] + layers[3])
        loss = ((inner @ layers[4] + layers[5] - wanted[rows]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step in (EARLY, STEPS):
            print(step, loss.item() ** 0.5, "rad", file=sys.stderr)
            name = "early.json" if step == EARLY else "trained.json"
            numbers_only = [np.round(layer.detach().numpy().astype(float), 4).tolist() for layer in layers]
            Path(__file__).with_name(name).write_text(json.dumps(numbers_only) + "\n")


if __name__ == "__main__":
    main()
