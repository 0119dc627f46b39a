"""Episodes of tasks in a loop written against Isaac Lab alone, one world at a time.

``python plain_loop.py ASSETS FOLDER``: ``FOLDER/TASK.json`` has seeds and actions, (steps, A), the same for each;
observations and rewards go to ``FOLDER/TASK.npz``.
"""

import functools
import json
import os
import sys
from pathlib import Path

import numpy as np


def on_one_core() -> None:
    """Without CUDA Warp gives no pinned memory; threads of OvPhysX and torch only wait for a core."""
    import ovphysx
    import torch
    import warp

    torch.set_num_threads(1)
    made = ovphysx.PhysXConfig
    ovphysx.PhysXConfig = lambda **given: made(**{**given, "num_threads": 0})

    def without(made):
        @functools.wraps(made)
        def make(*args, **given):
            given.pop("pinned", None)
            return made(*args, **given)

        return make

    if not warp.is_cuda_available():
        for name in ("zeros", "empty", "ones", "full", "zeros_like", "empty_like", "clone"):
            setattr(warp, name, without(getattr(warp, name)))
        warp.array.__init__ = without(warp.array.__init__)


def without_what_is_random(config) -> None:
    """What simgate switches off during an episode, by hand."""
    policy = getattr(getattr(config, "observations", None), "policy", None)
    if policy is not None:
        policy.enable_corruption = False
    if hasattr(getattr(config, "events", None), "push_robot"):
        config.events.push_robot = None
    for name in ("action_rate", "joint_vel"):
        if hasattr(getattr(config, "curriculum", None), name):
            setattr(config.curriculum, name, None)


def seed_before_startup(seed: int) -> None:
    """Events at the making draw from the episode's seed alone, and not from what was drawn before them."""
    import torch
    from isaaclab.managers import EventManager

    apply = vars(EventManager).get("plain_apply", EventManager.apply)

    def seeded(manager, mode, *args, **given):
        if mode == "startup":
            torch.manual_seed(seed)
        return apply(manager, mode, *args, **given)

    EventManager.plain_apply, EventManager.apply = apply, seeded


def episodes(task: str, seeds: list[int], actions: np.ndarray) -> dict[str, np.ndarray]:
    """Observations and rewards of an episode for each seed, until it is over, in an environment made for it."""
    import gymnasium
    from isaaclab.app.sim_launcher import launch_simulation
    from isaaclab_tasks.utils import parse_env_cfg

    found = {}
    for seed in seeds:
        config = parse_env_cfg(task, device="cpu", num_envs=1, overrides=["physics=ovphysx"])
        config.seed, config.compute_final_obs = seed, True
        without_what_is_random(config)
        seed_before_startup(seed)
        with launch_simulation(config, {"visualizer": "none"}):
            env = gymnasium.make(task, cfg=config)
            found[f"seen_{seed}"], found[f"rewards_{seed}"] = episode(env, seed, actions)
            env.close()
    return found


def episode(env, seed: int, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Observations, shape (steps + 1, d), and rewards of one episode."""
    import torch

    seen, rewards = [env.reset(seed=seed)[0]["policy"][0].numpy().copy()], []
    for action in actions:
        told = torch.as_tensor(action[None], dtype=torch.float32)
        observation, reward, terminated, truncated, extras = env.step(told)
        over = bool(terminated[0] or truncated[0])
        last = (extras["final_obs"] if over else observation)["policy"][0]
        seen.append(last.numpy().copy())
        rewards.append(float(reward[0]))
        if over:
            break
    return np.array(seen), np.array(rewards)


if __name__ == "__main__":
    root, folder = sys.argv[1], Path(sys.argv[2])
    os.environ["ISAACSIM_ASSET_ROOT"] = root
    on_one_core()
    import isaaclab_tasks  # noqa: F401

    for asked in sorted(folder.glob("*.json")):
        given = json.loads(asked.read_text())
        np.savez(
            asked.with_suffix(".npz"), **episodes(asked.stem, given["seeds"], np.array(given["actions"]))
        )
