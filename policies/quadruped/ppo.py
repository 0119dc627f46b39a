"""Proximal policy optimization (Schulman et al. 2017) with a critic that is told more than the actor."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from simgate.policies.quadruped.interface import INPUTS, OUTPUTS
from simgate.policies.quadruped.network import as_tensor, perceptron
from simgate.policies.quadruped.practice import PRIVILEGED, Practice

_STEPS, _DISCOUNT, _LAMBDA = 24, 0.99, 0.95
_CLIP, _EPOCHS, _PORTIONS, _ENTROPY, _WANTED_KL = 0.2, 4, 4, 0.002, 0.012
_FIRST_DEVIATION = 0.4


class Ppo:
    """An actor, a critic, and how they learn.

    Args:
        practice: Where the actor acts.
        actor: The network that acts.
    """

    def __init__(self, practice: Practice, actor: nn.Sequential) -> None:
        self._practice, self.actor = practice, actor
        self._critic = perceptron(INPUTS + PRIVILEGED, 1)
        self._log_deviation = nn.Parameter(torch.full((OUTPUTS,), math.log(_FIRST_DEVIATION)))
        self._parameters = [*actor.parameters(), *self._critic.parameters(), self._log_deviation]
        self._optimizer = torch.optim.Adam(self._parameters, 1e-3)
        self._rate = 1e-3

    def iterate(self) -> float:
        """Acts 24 steps and learns from them; returns the mean reward of a step."""
        shape = (_STEPS, self._practice.count)
        seen = torch.zeros(*shape, INPUTS)
        told = torch.zeros(*shape, INPUTS + PRIVILEGED)
        actions, chances = torch.zeros(*shape, OUTPUTS), torch.zeros(shape)
        rewards, ends, values = torch.zeros(shape), torch.zeros(shape), torch.zeros(_STEPS + 1, shape[1])
        with torch.no_grad():
            for t in range(_STEPS):
                seen[t], told[t] = self._look()
                chosen = self._distribution(seen[t])
                actions[t] = chosen.sample()  # type: ignore[no-untyped-call]
                chances[t] = chosen.log_prob(actions[t]).sum(-1)  # type: ignore[no-untyped-call]
                values[t] = self._critic(told[t])[:, 0]
                paid, fell, late = self._practice.step(actions[t].numpy().astype(float))
                if late.any():
                    # Time that is up is no end of the world: what would have come still counts.
                    paid[late] += _DISCOUNT * self._critic(self._look()[1])[:, 0].numpy()[late]
                rewards[t], ends[t] = as_tensor(paid), as_tensor(fell | late)
                self._practice.go_on(fell | late)
            values[_STEPS] = self._critic(self._look()[1])[:, 0]
        gains = _advantages(rewards, ends, values)
        returns = (gains + values[:-1]).flatten()
        flat = gains.flatten()
        flat = (flat - flat.mean()) / (flat.std() + 1e-8)
        self._learn(
            seen.flatten(0, 1), told.flatten(0, 1), actions.flatten(0, 1), chances.flatten(), flat, returns
        )
        return float(rewards.mean())

    def _look(self) -> tuple[Tensor, Tensor]:
        seen = as_tensor(self._practice.robots.observe())
        return seen, torch.cat([seen, as_tensor(self._practice.privileged())], dim=1)

    def _distribution(self, seen: Tensor) -> torch.distributions.Normal:
        return torch.distributions.Normal(self.actor(seen), self._log_deviation.exp())

    def _learn(
        self, seen: Tensor, told: Tensor, actions: Tensor, chances: Tensor, gains: Tensor, returns: Tensor
    ) -> None:
        with torch.no_grad():
            old = self._distribution(seen)
        for _ in range(_EPOCHS):
            for rows in torch.randperm(len(seen)).chunk(_PORTIONS):
                new = self._distribution(seen[rows])
                before = torch.distributions.Normal(old.loc[rows], old.scale[rows])
                with torch.no_grad():
                    # The old distribution is known, so the divergence is exact, not estimated.
                    self._steer(float(torch.distributions.kl_divergence(before, new).sum(-1).mean()))
                ratio = (new.log_prob(actions[rows]).sum(-1) - chances[rows]).exp()  # type: ignore[no-untyped-call]
                clipped = ratio.clamp(1.0 - _CLIP, 1.0 + _CLIP)
                loss = (
                    -torch.min(ratio * gains[rows], clipped * gains[rows]).mean()
                    + 0.5 * (self._critic(told[rows])[:, 0] - returns[rows]).pow(2).mean()
                    - _ENTROPY * new.entropy().sum(-1).mean()  # type: ignore[no-untyped-call]
                )
                self._optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self._parameters, 1.0)
                self._optimizer.step()

    def _steer(self, divergence: float) -> None:
        """Learns slower when the actor changes too fast, and faster when it hardly does."""
        if divergence > 2.0 * _WANTED_KL:
            self._rate = max(1e-5, self._rate / 1.5)
        elif divergence < _WANTED_KL / 2.0:
            self._rate = min(3e-3, self._rate * 1.5)
        self._optimizer.param_groups[0]["lr"] = self._rate


def _advantages(rewards: Tensor, ends: Tensor, values: Tensor) -> Tensor:
    """Generalized advantage estimation (Schulman et al. 2016)."""
    gains, gain = torch.zeros_like(rewards), torch.zeros(rewards.shape[1])
    for t in reversed(range(len(rewards))):
        goes_on = 1.0 - ends[t]
        gain = (
            rewards[t]
            + _DISCOUNT * values[t + 1] * goes_on
            - values[t]
            + _DISCOUNT * _LAMBDA * goes_on * gain
        )
        gains[t] = gain
    return gains
