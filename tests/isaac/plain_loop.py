"""Episodes of a task in a loop written against Isaac Lab alone, one world at a time.

``python plain_loop.py TASK ACTIONS.npy OUT.npz SEED...``: actions have shape (steps, A), the same for each.
"""

import functools
import os
import sys

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


def episode(task: str, seed: int, actions: np.ndarray):
    """Observations and rewards of one episode, until it is over."""
    import gymnasium
    import torch
    from isaaclab.app.sim_launcher import launch_simulation
    from isaaclab_tasks.utils import parse_env_cfg

    config = parse_env_cfg(task, device="cpu", num_envs=1, overrides=["physics=ovphysx"])
    config.seed, config.compute_final_obs = seed, True
    with launch_simulation(config, {"visualizer": "none"}):
        env = gymnasium.make(task, cfg=config)
        seen = [env.reset(seed=seed)[0]["policy"][0].numpy().copy()]
        rewards = []
        for action in actions:
            told = torch.as_tensor(action[None], dtype=torch.float32)
            observation, reward, terminated, truncated, extras = env.step(told)
            over = bool(terminated[0] or truncated[0])
            last = (extras["final_obs"] if over else observation)["policy"][0]
            seen.append(last.numpy().copy())
            rewards.append(float(reward[0]))
            if over:
                break
        env.close()
    return np.array(seen), np.array(rewards)


if __name__ == "__main__":
    task, actions, out, root, *seeds = sys.argv[1:]
    os.environ["ISAACSIM_ASSET_ROOT"] = root
    on_one_core()
    import isaaclab_tasks  # noqa: F401

    found = {}
    for seed in map(int, seeds):
        found[f"seen_{seed}"], found[f"rewards_{seed}"] = episode(task, seed, np.load(actions))
    np.savez(out, **found)
