"""Tasks in Isaac Lab's interpreter, stepped without an adapter."""

from __future__ import annotations

import numpy as np

from simgate.sim_adapters.environments.link import Link, open_link

TASK = "Isaac-Cartpole"
STEPS = 60


def opened(python: str, task: str = TASK, camera: bool = False, **made: str) -> Link:
    make = {"assets": "simgate", "physics": "ovphysx", **made}
    return open_link(python, {"name": f"isaaclab:{task}", "folder": ".", "make": make, "camera": camera})


def actions(size: int = 1) -> np.ndarray:
    return 0.3 + 0.1 * np.random.default_rng(3).normal(size=(STEPS, size))


def run(
    link: Link,
    seeds: list[int],
    values: list[dict] | None = None,
    asked: tuple[str, ...] = (),
    told: np.ndarray | None = None,
) -> dict:
    """Observations (steps + 1, N, d), rewards, infos and ends of worlds that all do the same.

    Args:
        told: Actions, shape (steps, A).
    """
    slots = list(range(len(seeds)))
    begun = link.call("begins", slots=slots, seeds=seeds, values=values or [{}] * len(seeds),
                      asked=[asked] * len(seeds))  # fmt: skip
    seen, reward, info, over = [[one["observation"]["obs.policy"] for one in begun]], [], [], []
    for action in actions() if told is None else told:
        each = np.repeat(action[None], len(seeds), axis=0)
        answer = link.call("steps", slots=slots, actions=each)
        seen.append(answer["observation"]["obs.policy"])
        reward.append(answer["reward"])
        info.append(answer["info"])
        over.append(answer["terminated"])
    return {
        "seen": np.array(seen), "reward": np.array(reward), "info": np.array(info), "over": np.array(over),
        "lost": [one["lost"] for one in begun],
        "at_end": [link.call("problems", slot=slot)["lost"] for slot in slots],
    }  # fmt: skip
