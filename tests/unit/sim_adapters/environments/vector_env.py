"""A cart as a single environment, and the same one vectorized by nature, as a team has it in a file of its own."""

from __future__ import annotations

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv, VectorWrapper

SEEN = spaces.Dict(
    {"cart": spaces.Box(-np.inf, np.inf, (2,), np.float32), "mark": spaces.Box(-5.0, 5.0, (1,), np.float64)}
)
TOLD = spaces.Box(-1.0, 1.0, (1,), np.float32)


class Cart(gymnasium.Env):
    """Pushed along a line until it is at a mark, or beyond 0.3 m on the other side; gusts are drawn."""

    observation_space, action_space = SEEN, TOLD

    def __init__(self, gain: float = 1.0, wind: float = 0.0, gusts: float = 0.0) -> None:
        self.gain, self.wind, self.gusts, self.mass = gain, wind, gusts, 1.0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        shift = (options or {}).get("shift", 0.0)
        self.at, self.speed = np.float64(shift), np.float64(0.0)
        self.mark = self.np_random.uniform(0.1, 1.0)
        return self._seen(), {"gap": {"m": self.mark - self.at}}

    def step(self, action):
        self.speed += 0.1 * (self.gain * np.float64(action[0]) + self.wind) / self.mass
        self.at += 0.1 * self.speed
        if self.gusts:
            self.at += self.gusts * self.np_random.uniform()
        there = bool(self.at >= self.mark)
        info = {"gap": {"m": self.mark - self.at}, "there": there}
        return self._seen(), -(self.mark - self.at), there, bool(self.at < -0.3), info

    def _seen(self):
        return {"cart": np.array([self.at, self.speed], np.float32), "mark": np.array([self.mark])}


class Carts(VectorEnv):
    """As many of them.

    Args:
        num_envs: So many.
        mode: When a world that is over begins anew.
        pull: How much the others' speeds pull each, or how much their masses do where ``by`` says so.
        by: ``speed`` or ``masses``.
        says: Whether it says when worlds begin anew.
    """

    def __init__(
        self,
        num_envs=1,
        gain=1.0,
        wind=0.0,
        mode="NextStep",
        pull=0.0,
        by="speed",
        says=True,
        gusts=0.0,
        render_mode=None,
    ):
        self.gusts, self.render_mode = gusts, render_mode
        self.num_envs, self.gain, self.wind, self.pull, self.by = num_envs, gain, wind, pull, by
        self.mode = AutoresetMode(mode)
        self.metadata = {"autoreset_mode": self.mode} if says else {}
        self.says = says
        self.masses, self.gravity = np.ones(num_envs), np.array([0.0, 0.0, -9.81])
        self.friction = np.array([0.5])
        self.single_observation_space, self.single_action_space = SEEN, TOLD
        self.observation_space = gymnasium.vector.utils.batch_space(SEEN, num_envs)
        self.action_space = gymnasium.vector.utils.batch_space(TOLD, num_envs)
        self.at, self.speed, self.mark = (np.zeros(num_envs) for _ in range(3))
        self.over = np.zeros(num_envs, bool)

    def reset(self, *, seed=None, options=None):
        options = options or {}
        if seed is not None:
            self.draws = [np.random.default_rng(one) for one in list(seed)]
        mask = options.get("reset_mask", np.ones(self.num_envs, bool))
        self._begin(mask, options.get("shift", 0.0))
        return self._seen(), {"gap": {"m": self.mark - self.at, "_m": mask}}

    def _begin(self, mask, shift=0.0):
        for k in np.flatnonzero(mask):
            self.at[k], self.speed[k], self.mark[k] = shift, 0.0, self.draws[k].uniform(0.1, 1.0)
        self.over[mask] = False

    def step(self, actions):
        assert not (self.mode == AutoresetMode.DISABLED and self.over.any())
        begins = self.over.copy()
        push = self.gain * actions[:, 0].astype(np.float64) + self.wind
        beside = self.speed if self.by == "speed" else self.masses - 1.0
        self.speed += 0.1 * push / self.masses + self.pull * (beside.sum() - beside)
        self.at += 0.1 * self.speed
        if self.gusts:
            self.at += self.gusts * np.array([draw.uniform() for draw in self.draws])
        terminated, truncated = self.at >= self.mark, self.at < -0.3
        rewards = -(self.mark - self.at)
        infos = {"gap": {"m": self.mark - self.at}, "there": terminated.copy(), "all": self.at.mean()}
        if begins.any():
            self._begin(begins)
            rewards, terminated, truncated = (
                np.where(begins, 0, one) for one in (rewards, terminated, truncated)
            )
        self.over = over = (terminated | truncated).astype(bool)
        if self.mode == AutoresetMode.SAME_STEP and over.any():
            final = np.full(self.num_envs, None, object)
            for k in np.flatnonzero(over):
                final[k] = {name: array[k] for name, array in self._seen().items()}
            if self.says:
                infos = {
                    **infos,
                    "final_obs": final,
                    "_final_obs": over.copy(),
                    "final_info": dict(infos),
                    "_final_info": over.copy(),
                }
            self._begin(over.copy())
            infos["gap"] = {"m": self.mark - self.at}
        return self._seen(), rewards, terminated.astype(bool), truncated.astype(bool), infos

    def render(self):
        return tuple(np.full((2, 2, 3), 100 * at, np.uint8) for at in np.abs(self.at))

    def _seen(self):
        cart = np.stack([self.at, self.speed], axis=1).astype(np.float32)
        return {"cart": cart, "mark": self.mark[:, None].copy()}


def synced(num_envs=1, mode="NextStep", **made):
    """The single one, as many times."""
    return SyncVectorEnv([lambda: Cart(**made)] * num_envs, autoreset_mode=mode)


def apart(num_envs=1, **made):
    """The same in processes of their own."""
    return AsyncVectorEnv([lambda: Cart(**made)] * num_envs)


def wrapped(num_envs=1, mode="SameStep", **made):
    """The same in a wrapper of vector environments."""
    return VectorWrapper(synced(num_envs, mode, **made))


def Fixed():
    """Two of them, whoever asks."""
    return Carts(2)
