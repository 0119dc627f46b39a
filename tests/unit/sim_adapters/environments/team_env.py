"""An environment as a team has it in a file of its own, with things that can be set and things that only seem so."""

from __future__ import annotations

import gymnasium
import numpy as np
from gymnasium import spaces


class Cart(gymnasium.Env):
    """A cart on a line, pushed to its mark.

    Args:
        start_m: Where it begins.
        mass_kg: Of the cart.
        colour: Of nothing that is looked at.
        fails_at: Step at which it raises; -1 for never.
        odd_at: Step at which its reward is ``odd_reward``; -1 for never.
        odd_reward: That.
        drifts: Whether it draws from something that no seed sets.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012 - as gymnasium has it

    def __init__(
        self,
        start_m: float = 0.0,
        mass_kg: float = 1.0,
        colour: float = 0.5,
        fails_at: int = -1,
        odd_at: int = -1,
        odd_reward: float = float("nan"),
        drifts: bool = False,
        render_mode: str | None = None,
    ) -> None:
        self.start_m, self.mass_kg, self.colour = start_m, mass_kg, colour
        self.fails_at, self.render_mode = fails_at, render_mode
        self.odd_at, self.odd_reward = odd_at, odd_reward
        self.drifts = drifts
        self.friction = 0.1
        self.overwritten = 1.0
        self.unread, self.marked = 1.0, 1.0
        self.gains = np.array([1.0, 0.5])
        self.clicks, self.render_fps = np.array([2, 5]), 20
        self.nested = {"wind": 0.0, "dust": 0.0}
        self.dt, self.count = 0.05, 0
        self.observation_space = spaces.Dict(
            {
                "cart": spaces.Box(-np.inf, np.inf, (2,), np.float64),
                "mark": spaces.Box(-np.inf, np.inf, (1,), np.float64),
            }
        )
        self.action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.overwritten = 2.0
        self.state = np.array([self.start_m + (options or {}).get("shift_m", 0.0), 0.0])
        self.mark_m = float(self.np_random.uniform(1.0, 2.0))
        self.count = 0
        if self.drifts:
            self.mark_m += float(np.random.default_rng().uniform())
        return self._seen(), {}

    def step(self, action):
        self.count += 1
        if self.count == self.fails_at:
            raise RuntimeError("the motor is on fire")
        force = float(action[0]) * self.gains[0] + self.nested["wind"] - self.friction * self.state[1]
        force += 0.01 * (self.clicks.sum() - 7)
        self.state[1] += self.dt * force / self.mass_kg
        self.state[0] += self.dt * self.state[1]
        gap = abs(self.mark_m - self.state[0])
        reward = self.odd_reward if self.count == self.odd_at else -gap
        there = gap < 0.1
        noise = {"noise": float(np.random.default_rng().uniform())}  # Of which no seed decides.
        return (
            self._seen(),
            reward,
            there,
            False,
            {"is_success": there, "gap": {"metres": gap}, "marked": self.marked, **noise},
        )

    def render(self):
        picture = np.zeros((24, 32, 3), np.uint8)
        picture[:, int(np.clip(8 * self.state[0] + 8, 0, 31))] = 255
        return picture

    def _seen(self):
        return {"cart": self.state.copy(), "mark": np.array([self.mark_m])}
