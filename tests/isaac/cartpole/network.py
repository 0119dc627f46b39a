"""The pole's policy: four readings, eight hidden units, one force."""

import numpy as np

TASK, RATE_HZ, STEPS, ROUNDS = "Isaac-Cartpole", 60.0, 300, 20
HIDDEN = 8
SIZE = 4 * HIDDEN + HIDDEN
"""So many weights."""
START, SPREAD = [0.0] * SIZE, [0.6] * SIZE


def act(weights: np.ndarray, seen: np.ndarray, time_s: float = 0.0) -> np.ndarray:
    """Actions, shape (N, 1).

    Args:
        weights: Shape (N, SIZE), or (SIZE,) for one network.
        seen: Shape (N, 4): cart, pole, and how fast they move.
        time_s: Has no say.
    """
    weights = np.broadcast_to(weights, (len(seen), SIZE))
    inner = np.tanh(np.einsum("ni,nih->nh", seen, weights[:, : 4 * HIDDEN].reshape(-1, 4, HIDDEN)))
    return np.einsum("nh,nh->n", inner, weights[:, 4 * HIDDEN :])[:, None]
