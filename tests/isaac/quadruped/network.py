"""The quadruped's trot: two legs and two in turn, as far and as fast as it is told, its body held level."""

import numpy as np

TASK, RATE_HZ, STEPS, ROUNDS = "Isaac-Velocity-Flat-UnitreeGo2", 50.0, 150, 12
SIZE = 11
START = [2.0, 0.3, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
SPREAD = [0.5, 0.4, 0.4, 0.6, 0.5, 0.3, 0.5, 0.5, 0.3, 0.3, 0.3]


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
