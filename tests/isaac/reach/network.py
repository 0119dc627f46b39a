"""The arm's policy: where its joints belong for a commanded pose, and how it gets them there."""

import numpy as np

HOME = np.array([0.0, -0.569, 0.0, -2.81, 0.0, 3.037, 0.741])
"""Of the task: from there actions and observed joints count, rad."""
SCALE, GAIN = 0.5, 1.5
SIZES = (7, 48, 48, 7)


def joints_of(layers: list, command: np.ndarray) -> np.ndarray:
    """Joints, shape (N, 7), rad.

    Args:
        layers: Weights (in, out) and biases (out,) in turn.
        command: Shape (N, 7): position, m, and quaternion, of the hand in the frame of the base.
    """
    found = command
    for number in range(0, len(layers), 2):
        found = found @ layers[number] + layers[number + 1]
        if number + 2 < len(layers):
            found = np.tanh(found)
    return HOME + found


def act(layers: list, seen: np.ndarray) -> np.ndarray:
    """Actions, shape (N, 7): drives sag under the arm's weight, so what is missing is asked for on top.

    Args:
        layers: See :func:`joints_of`.
        seen: Shape (N, 32): 9 joints, 9 speeds, command, last action.
    """
    wanted = joints_of(layers, seen[:, 18:25]) - HOME
    return (wanted + GAIN * (wanted - seen[:, :7])) / SCALE
