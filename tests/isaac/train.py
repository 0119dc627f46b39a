"""Trains the pole's policy by the cross-entropy method, in 64 worlds of Isaac Lab; a minute on one core.

``.isaac/bin/python -m tests.isaac.cartpole.train ASSETS`` writes the checkpoints that lie here: ``trained.json``, and
``early.json`` after four rounds.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

from tests.isaac.cartpole.network import SIZE, act
from tests.isaac.plain_loop import on_one_core

WORLDS, STEPS, ROUNDS, BEST, EARLY = 64, 300, 20, 8, 4


def returns(env, network: np.ndarray, seed: int) -> np.ndarray:
    """What a world each earns with a network each, shape (64, SIZE), until it is over."""
    import torch

    observation, _ = env.reset(seed=seed)
    total, going = np.zeros(WORLDS), np.ones(WORLDS, dtype=bool)
    for _ in range(STEPS):
        told = act(network, observation["policy"].numpy().astype(np.float64))
        observation, reward, terminated, truncated, _ = env.step(torch.as_tensor(told, dtype=torch.float32))
        total += np.where(going, reward.numpy(), 0.0)
        going &= ~(terminated | truncated).numpy()
    return total


def main(assets: str) -> None:
    """Trains and writes."""
    os.environ["ISAACSIM_ASSET_ROOT"] = str(Path(assets).resolve())
    on_one_core()
    import gymnasium
    import isaaclab_tasks  # noqa: F401
    from isaaclab.app.sim_launcher import launch_simulation
    from isaaclab_tasks.utils import parse_env_cfg

    config = parse_env_cfg("Isaac-Cartpole", device="cpu", num_envs=WORLDS, overrides=["physics=ovphysx"])
    rng, mean, spread = np.random.default_rng(0), np.zeros(SIZE), np.full(SIZE, 0.6)
    with launch_simulation(config, {"visualizer": "none"}):
        env = gymnasium.make("Isaac-Cartpole", cfg=config)
        for number in range(1, ROUNDS + 1):
            tried = mean + spread * rng.normal(size=(WORLDS, SIZE))
            earned = returns(env, tried, number)
            best = tried[np.argsort(earned)[-BEST:]]
            mean, spread = best.mean(axis=0), best.std(axis=0) + 0.02
            print(number, "mean", round(earned.mean(), 2), "best", round(earned.max(), 2), file=sys.stderr)
            if number in (EARLY, ROUNDS):
                name = "early.json" if number == EARLY else "trained.json"
                Path(__file__).with_name(name).write_text(
                    json.dumps([round(w, 5) for w in mean.tolist()]) + "\n"
                )
        env.close()


if __name__ == "__main__":
    main(sys.argv[1])
