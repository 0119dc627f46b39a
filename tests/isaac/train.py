"""Trains the policies of the packs here by the cross-entropy method, in 64 worlds of Isaac Lab; minutes on one core.

``.isaac/bin/python -m tests.isaac.train cartpole|ant|quadruped ASSETS`` writes the checkpoints that lie in that folder:
``trained.json``, and ``early.json`` after four rounds. The folder's ``network`` says which task, what a network is and
how far its episodes go. A number of rounds behind that goes on from ``trained.json``, each network in two worlds, of
which the worse one counts more, and half as far at a time. The ant's ``trained.json`` is not what that writes: a script
that is not here went on so for 120 rounds, in which a fall cost 3 more.
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
    for step in range(module.STEPS):
        seen = observation["policy"].numpy().astype(np.float64)
        told = module.act(network, seen, step / module.RATE_HZ)
        observation, reward, terminated, truncated, _ = env.step(torch.as_tensor(told, dtype=torch.float32))
        total += np.where(going, reward.numpy(), 0.0)
        going &= ~(terminated | truncated).numpy()
    return total


def main(name: str, assets: str, further: str = "0") -> None:
    """Trains and writes."""
    os.environ["ISAACSIM_ASSET_ROOT"] = str(Path(assets).resolve())
    on_one_core()
    import gymnasium
    import isaaclab_tasks  # noqa: F401
    from isaaclab.app.sim_launcher import launch_simulation
    from isaaclab_tasks.utils import parse_env_cfg

    module = importlib.import_module(f"tests.isaac.{name}.network")
    config = parse_env_cfg(module.TASK, device="cpu", num_envs=WORLDS, overrides=["physics=ovphysx"])
    here, again = Path(module.__file__), bool(int(further))
    rng, mean, spread = np.random.default_rng(int(again)), np.array(module.START), np.array(module.SPREAD)
    if again:
        mean, spread = np.array(json.loads(here.with_name("trained.json").read_text())), 0.6 * spread
    last, each = int(further) or module.ROUNDS, 2 if again else 1
    with launch_simulation(config, {"visualizer": "none"}):
        env = gymnasium.make(module.TASK, cfg=config)
        for number in range(1, last + 1):
            tried = mean + spread * rng.normal(size=(WORLDS // each, module.SIZE))
            earned = returns(env, module, np.repeat(tried, each, axis=0), number).reshape(-1, each)
            earned = (earned.min(axis=1) + earned.mean(axis=1)) / 2.0
            best = tried[np.argsort(earned)[-BEST:]]
            mean = mean + (best.mean(axis=0) - mean) / each
            spread = spread + (best.std(axis=0) + 0.02 - spread) / each
            print(number, "mean", round(earned.mean(), 2), "best", round(earned.max(), 2), file=sys.stderr)
            if number == last or (number == EARLY and not again):
                into = here.with_name("trained.json" if number == last else "early.json")
                into.write_text(json.dumps([round(w, 5) for w in mean.tolist()]) + "\n")
        env.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
