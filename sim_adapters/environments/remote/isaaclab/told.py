"""What an Isaac Lab task tells beside its reward: why an episode ended, terms of the reward, commands."""

from __future__ import annotations

from typing import Any, Iterator, Sequence

SUCCESS = "termination.success"
"""What tasks call a success that ends an episode."""


def names_of(inner: Any) -> Iterator[str]:
    """Everything that can be asked: ``termination.NAME``, ``reward.NAME``, ``command.NAME.K``."""
    for name in _terms(inner, "termination_manager"):
        yield f"termination.{name}"
    for name in _terms(inner, "reward_manager"):
        yield f"reward.{name}"
    for name in _terms(inner, "command_manager"):
        size = inner.command_manager.get_command(name).shape[1]
        yield from (f"command.{name}.{k}" for k in range(size))


def _terms(inner: Any, manager: str) -> Sequence[str]:
    return tuple(getattr(getattr(inner, manager, None), "active_terms", ()))


class Teller:
    """Reads what was asked of one world.

    Args:
        inner: The environment.
        world: Its number.
        asked: Names of :func:`names_of`; others are answered with nan.
    """

    def __init__(self, inner: Any, world: int, asked: Sequence[str]) -> None:
        self._inner, self._world = inner, world
        self._known = [name if name in set(names_of(inner)) else "" for name in asked]

    def read(self) -> list[float]:
        """The numbers now, in the order of the names."""
        return [float("nan") if not name else self._one(name) for name in self._known]

    def _one(self, name: str) -> float:
        kind, _, rest = name.partition(".")
        if kind == "termination":
            return float(self._inner.termination_manager.get_term(rest)[self._world])
        if kind == "reward":
            manager = self._inner.reward_manager
            return float(manager._step_reward[self._world, manager.active_terms.index(rest)])
        term, _, number = rest.rpartition(".")
        return float(self._inner.command_manager.get_command(term)[self._world, int(number)])
