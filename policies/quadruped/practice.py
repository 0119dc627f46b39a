"""A practice ground: robots under changing commands and kicks, begun again where they fall or time is up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.policies.quadruped.conditions import TRAINING, draw
from simgate.policies.quadruped.gait import JOINTS, STAND, Floats, trot
from simgate.policies.quadruped.interface import RADIANS_PER_ACTION, next_phase
from simgate.policies.quadruped.reward import reward
from simgate.policies.quadruped.robots import Robots

PRIVILEGED = 14
_EPISODE, _PUSH_EVERY, _COMMAND_EVERY = 500, 100, 150  # Control periods.
_FASTEST_MPS, _TURN_RPS = 0.6, 1.0


class Practice:
    """N robots that practise.

    Args:
        yard: MJCF file.
        count: N.
        seed: Of everything that chance decides here.
        threads: Physics threads.

    Attributes:
        difficulty: How far the conditions of robots that begin go into the ranges of training, from 0 to 1.
    """

    def __init__(self, yard: Path, count: int, seed: int, threads: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.robots, self.count = Robots(yard, count, seed + 1, threads), count
        self._age, self._earlier = np.zeros(count, dtype=int), np.zeros((count, len(JOINTS)))
        self.difficulty = 0.0

    def begin(self) -> None:
        """Begins all robots again, each with an age of its own, so that they do not end together."""
        self._restart(np.arange(self.count))
        self._age = self._rng.integers(0, _EPISODE, self.count)

    def privileged(self) -> NDArray[np.float32]:
        """(N, 14) what the critic is told and a robot cannot sense."""
        robots, values = self.robots, self.robots.values
        told = [
            10.0 * (robots.height - 0.28),
            values["friction"],
            values["payload_kg"] / 3.0,
            4.0 * values["strength"] - 4.0,
            values["delay_ms"] / 20.0,
        ]
        tilt = 5.0 * robots.floor_normal_in_trunk[:, :2]
        parts = [robots.velocity, np.stack(told, axis=1), tilt, robots.touch / 60.0]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def step(self, action: Floats) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
        """One control period; robots that ended stay as they are until :meth:`go_on`.

        Returns:
            Rewards (N,), who fell (N,), whose time is up (N,).
        """
        before = self.robots.beyond_gait.copy()
        self.robots.step(action)
        paid = reward(self.robots, before, self._earlier)
        self._earlier = before
        self._age += 1
        fell = self.robots.fallen
        return paid, fell, (self._age >= _EPISODE) & ~fell

    def go_on(self, ended: NDArray[np.bool_]) -> None:
        """Begins again who ended; some get a new command, some a kick."""
        self._restart(np.flatnonzero(ended))
        commanded = np.flatnonzero(self._rng.random(self.count) < 1.0 / _COMMAND_EVERY)
        self.robots.command[commanded] = self._commands(len(commanded))
        kicked = np.flatnonzero(self._rng.random(self.count) < 1.0 / _PUSH_EVERY)
        angle = self._rng.uniform(-np.pi, np.pi, len(kicked))
        speed = self.robots.values["push_mps"][kicked, None]
        self.robots.kick(kicked, speed * np.stack([np.cos(angle), np.sin(angle)], axis=1))

    def trot_examples(self, steps: int, new_command_every: int = 20) -> tuple[NDArray[np.float32], Floats]:
        """Drives all robots by the computed trot with noise.

        Returns:
            Inputs (steps * N, 46) and the trot's actions (steps * N, 12).
        """
        self.difficulty = 1.0
        self._restart(np.arange(self.count))
        inputs, actions = [], []
        for step in range(steps):
            if step % new_command_every == 0:
                self.robots.command[:] = self._commands(self.count)
            action = (trot(next_phase(self.robots.phase), self.robots.command) - STAND) / RADIANS_PER_ACTION
            inputs.append(self.robots.observe())
            actions.append(action)
            self.robots.step(action + 0.4 * self._rng.standard_normal(action.shape))
            self._restart(np.flatnonzero(self.robots.fallen))
        return np.concatenate(inputs), np.concatenate(actions)

    def _restart(self, who: NDArray[np.intp]) -> None:
        if len(who):
            self.robots.reset(who, draw(self._rng, len(who), TRAINING, share=self.difficulty))
            self.robots.command[who] = self._commands(len(who))
            self._earlier[who], self._age[who] = 0.0, 0

    def _commands(self, count: int) -> Floats:
        """Most walk and turn, three in ten go straight, one in ten stands."""
        speed, turn = (
            self._rng.uniform(0.0, _FASTEST_MPS, count),
            self._rng.uniform(-_TURN_RPS, _TURN_RPS, count),
        )
        commands = np.stack([speed, turn], axis=1)
        commands[self._rng.random(count) < 0.3, 1] = 0.0
        commands[self._rng.random(count) < 0.1] = 0.0
        return commands
