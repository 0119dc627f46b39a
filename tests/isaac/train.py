"""Trains the policies of the packs here by the cross-entropy method, in 64 worlds of Isaac Lab; minutes on one core.

``.isaac/bin/python -m tests.isaac.train cartpole|ant|quadruped ASSETS`` writes the checkpoints that lie in that folder:
``trained.json``, and ``early.json`` after four rounds. The folder's ``network`` says which task, what a network is, how
far its episodes go, what differs from world to world beside what the task draws (``varied``), what counts in place of the reward
(``earned``), what a fall costs besides (``FALL``), and how many rounds
follow the first ones (``FURTHER``), in which each network is in two worlds, of which the worse one counts more, and
goes half as far at a time.
"""

import importlib
import json
import os
import sys
from pathlib import Path

import numpy as np

from tests.isaac.plain_loop import on_one_core

WORLDS, BEST, EARLY = 64, 8, 4


def returns(env, module, network: np.ndarray, seed: int) -> np.ndarray:
    """What a world each earns with a network each, shape (64, SIZE), until it is over."""
    import torch

    observation, _ = env.reset(seed=seed)
    total, going = np.zeros(WORLDS), np.ones(WORLDS, dtype=bool)
    terms = getattr(module, "earned", None)
    for step in range(module.STEPS):
        seen = observation["policy"].numpy().astype(np.float64)
        told = module.act(network, seen, step / module.RATE_HZ)
        observation, reward, terminated, truncated, _ = env.step(torch.as_tensor(told, dtype=torch.float32))
        total += np.where(going, reward.numpy() if terms is None else terms(env.unwrapped), 0.0)
        total -= np.where(going & terminated.numpy(), getattr(module, "FALL", 0.0), 0.0)
        going &= ~(terminated | truncated).numpy()
    return total


def main(name: str, assets: str) -> None:
    """Trains and writes."""
    os.environ["ISAACSIM_ASSET_ROOT"] = str(Path(assets).resolve())
    on_one_core()
    import gymnasium
    import isaaclab_tasks  # noqa: F401
    from isaaclab.app.sim_launcher import launch_simulation
    from isaaclab_tasks.utils import parse_env_cfg

    module = importlib.import_module(f"tests.isaac.{name}.network")
    config = parse_env_cfg(module.TASK, device="cpu", num_envs=WORLDS, overrides=["physics=ovphysx"])
    further = getattr(module, "FURTHER", 0)
    if further:
        module.varied(config)
    here, rng = Path(module.__file__), np.random.default_rng(0)
    mean, spread = np.array(module.START), np.array(module.SPREAD)
    with launch_simulation(config, {"visualizer": "none"}):
        env = gymnasium.make(module.TASK, cfg=config)
        for number in range(1, module.ROUNDS + further + 1):
            each = 1 if number <= module.ROUNDS else 2
            if number == module.ROUNDS + 1:
                spread = 0.6 * np.array(module.SPREAD)
            tried = mean + spread * rng.normal(size=(WORLDS // each, module.SIZE))
            earned = returns(env, module, np.repeat(tried, each, axis=0), number).reshape(-1, each)
            earned = (earned.min(axis=1) + earned.mean(axis=1)) / 2.0
            best = tried[np.argsort(earned)[-BEST:]]
            mean = mean + (best.mean(axis=0) - mean) / each
            spread = spread + (best.std(axis=0) + 0.02 - spread) / each
            print(number, "mean", round(earned.mean(), 2), "best", round(earned.max(), 2), file=sys.stderr)
            if number in (EARLY, module.ROUNDS + further):
                into = here.with_name("early.json" if number == EARLY else "trained.json")
                into.write_text(json.dumps([round(w, 5) for w in mean.tolist()]) + "\n")
        env.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
