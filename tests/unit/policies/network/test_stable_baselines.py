"""Where stable-baselines3 is installed: what the export of docs/learned-policies.md makes, acts as ``predict``."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest

from simgate.policies.network.policy import NetworkPolicy
from simgate.policies.policy import Brief
from simgate.sim_adapters.embodiment import ActionSpec, Channel, Embodiment
from simgate.sim_adapters.observation import Observation

sb3 = pytest.importorskip("stable_baselines3")

SEEN = gymnasium.spaces.Box(-np.inf, np.inf, (3,), np.float32)
TOLD = gymnasium.spaces.Box(np.array([-2, 0], np.float32), np.array([2, 5], np.float32))


class Still(gymnasium.Env):
    """Only its spaces matter."""

    observation_space = SEEN

    def __init__(self, told: gymnasium.Space) -> None:
        self.action_space = told

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.np_random.normal(size=3).astype(np.float32), {}

    def step(self, action):
        return self.np_random.normal(3.0, 2.0, size=3).astype(np.float32), 0.0, False, False, {}


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("PPO", TOLD),
        ("A2C", gymnasium.spaces.Discrete(4)),
        ("DQN", gymnasium.spaces.Discrete(4)),
        ("SAC", TOLD),
        ("TD3", TOLD),
    ],
)
def test_an_exported_model_acts_as_predict_does(
    tmp_path: Path, kind: str, told: gymnasium.Space, normalised: bool
) -> None:
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    from tests.integration.trained.make import exporter

    made = DummyVecEnv([lambda: Still(told)])
    if normalised:
        made = VecNormalize(made, clip_obs=1.5)
        made.reset()
        for _ in range(50):
            made.step(np.array([told.sample()]))
    model = getattr(sb3, kind)("MlpPolicy", made, seed=1, device="cpu")
    exporter()(model, tmp_path, made if normalised else None)
    size = 1 if isinstance(told, gymnasium.spaces.Discrete) else 2
    low, high = ((0.0,), (3.0,)) if size == 1 else ((-2.0, 0.0), (2.0, 5.0))
    action = ActionSpec(("a", "b")[:size], ("",) * size, low, high)
    who = Embodiment("still", (Channel("obs", "vector", (3,), "float32", "", 10),), action)
    policy = NetworkPolicy(10, {"network": str(tmp_path / "policy.yaml")})
    seen = np.random.default_rng(0).normal(2.0, 4.0, (40, 3)).astype(np.float32)
    policy.reset([Brief()] * len(seen), who)
    acts = policy.act(Observation(0, {"obs": seen}, {"obs": 0}), [None] * len(seen))
    wanted, _ = model.predict(made.normalize_obs(seen) if normalised else seen, deterministic=True)
    got = np.array([act.values for act in acts])
    assert got == pytest.approx(np.reshape(wanted, got.shape), rel=1e-4, abs=1e-5)
    assert len(np.unique(got)) > 1
