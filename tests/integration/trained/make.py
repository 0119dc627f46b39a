"""Trains four networks with stable-baselines3 2.9, exports them, and keeps what ``evaluate_policy`` returns.

``pip install stable-baselines3 sb3-contrib``, then ``python -m tests.integration.trained.make [NAME...]``: about
six minutes on a core. The script that exports is the one of ``docs/learned-policies.md``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import torch
from sb3_contrib import RecurrentPPO
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecNormalize

from tests.integration.trained.packs import TRAINED, seeds_of, write_pack

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "learned-policies.md"


def trained(name: str) -> tuple[Any, Any]:
    """A model, and the environments that it has learned in."""
    env, common = TRAINED[name][0], {"seed": 0, "device": "cpu", "policy_kwargs": {"net_arch": [16, 16]}}
    if name == "cartpole":
        made = make_vec_env(env, n_envs=4, seed=0)
        return PPO("MlpPolicy", made, n_steps=256, learning_rate=1e-3, **common).learn(6_000), made
    if name == "pendulum":
        made = VecNormalize(make_vec_env(env, seed=0), norm_reward=False)
        common["policy_kwargs"] = {"net_arch": [32, 32]}
        model = SAC("MlpPolicy", made, learning_rate=2e-3, batch_size=128, learning_starts=500, **common)
        return model.learn(8_000), made
    made = VecNormalize(make_vec_env(env, n_envs=4, seed=0))
    if name == "remembers":
        common["policy_kwargs"] |= {"lstm_hidden_size": 16}
        return RecurrentPPO("MlpLstmPolicy", made, n_steps=128, **common).learn(6_000), made
    return PPO("MlpPolicy", made, n_steps=256, learning_rate=1e-3, **common).learn(6_000), made


def exporter() -> Any:
    """The function ``export`` of the page."""
    (script,) = re.findall(r"```python\n(# export\.py.*?)```", PAGE.read_text(), re.DOTALL)
    found: dict[str, Any] = {}
    exec(script, found)
    return found["export"]


def evaluated(model: Any, made: Any, name: str, seed: int) -> float:
    """The return of the one episode that ``evaluate_policy`` plays from a seed."""
    single = make_vec_env(TRAINED[name][0])
    if isinstance(made, VecNormalize):
        single = VecNormalize(single, training=False, norm_reward=False)
        single.obs_rms = made.obs_rms
    single.seed(seed)
    (total,), _ = evaluate_policy(model, single, n_eval_episodes=1, return_episode_rewards=True)
    return float(total)


def keep(name: str, model: Any, made: Any) -> None:
    """Writes the network, its declaration, and the returns by variant."""
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    exporter()(model, folder, made if isinstance(made, VecNormalize) else None)
    pack = write_pack(folder, name)
    found = {variant: evaluated(model, made, name, seed) for variant, seed in seeds_of(pack).items()}
    pack.unlink()
    (folder / "returns.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for each in sys.argv[1:] or TRAINED:
        keep(each, *trained(each))
