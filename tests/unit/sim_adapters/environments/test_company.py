"""Whether environments hang together is told of those that do, and of no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.sim_adapters.environments.remote.session import Session

ENVIRONMENT = """
import gymnasium
import numpy as np


class Lane(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float64)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)
    is_up = True

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.count, self.length = float(self.np_random.uniform()), 0, 20 - 5 * seed
        BEGIN
        return np.array([self.at]), {}

    def step(self, action):
        STEP
        self.at, self.count = self.at + float(action[0]), self.count + 1
        return np.array([self.at]), 0.0, self.count >= self.length, False, {}

    def close(self):
        CLOSE
"""
FINE = {
    "nothing": {},
    "a reset that needs its options": {"BEGIN": "self.at += options['ahead']"},
    "seeds for which there is no episode": {"BEGIN": "assert seed < 1"},
    # Of a batch none is closed while another one goes on.
    "a close that ends what all need": {"STEP": "assert Lane.is_up", "CLOSE": "Lane.is_up = False"},
}
SHARED = {"STEP": "Lane.moved = getattr(Lane, 'moved', 0.0) + float(action[0]); self.at += 1e-9 * Lane.moved"}


def independent(folder: Path, parts: dict[str, str]) -> bool:
    text = ENVIRONMENT
    for name in ("BEGIN", "STEP", "CLOSE"):
        text = text.replace(name, parts.get(name, "pass"))
    (folder / "lane.py").write_text(text)
    session = Session(name="lane.py:Lane", folder=str(folder), make={})
    values = {"options.ahead": 0.5} if "options" in parts.get("BEGIN", "") else {}
    session.describe()
    return session.independent(values, 0, 40)


@pytest.mark.parametrize("kind", FINE)
def test_environments_that_share_nothing_are_not_said_to(tmp_path: Path, kind: str) -> None:
    parts = FINE[kind]
    if "CLOSE" in parts:
        parts = {**parts, "BEGIN": "Lane.is_up = True"}
    assert independent(tmp_path, parts)


def test_what_others_move_is_seen_also_where_some_do_not_begin(tmp_path: Path) -> None:
    assert not independent(tmp_path, SHARED)
    assert not independent(tmp_path, {**SHARED, "BEGIN": "Lane.moved = 0.0; assert seed != 1"})
    (tmp_path / "other").mkdir()
    lone = {"STEP": SHARED["STEP"], "BEGIN": "Lane.moved = 0.0; assert seed == 0"}
    assert independent(tmp_path / "other", lone)
