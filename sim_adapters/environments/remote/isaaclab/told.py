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
    """Reads what was asked of each world, every term once a step for all of them.

    Args:
        inner: The environment.
        asked: Of each world: names of :func:`names_of`; others are answered with nan.
    """

    def __init__(self, inner: Any, asked: Sequence[Sequence[str]]) -> None:
        self._inner, known = inner, set(names_of(inner))
        self._asked = [[name if name in known else "" for name in names] for names in asked]
        self._columns: dict[str, list[float]] = {}

    def forget(self) -> None:
        """What was read before is no longer so."""
        self._columns.clear()

    def read(self, world: int) -> list[float]:
        """The numbers of a world now, in the order of its names."""
        return [float("nan") if not name else float(self._column(name)[world]) for name in self._asked[world]]

    def _column(self, name: str) -> list[float]:
        """A term of every world."""
        if name not in self._columns:
            kind, _, rest = name.partition(".")
            if kind == "termination":
                found = self._inner.termination_manager.get_term(rest)
            elif kind == "reward":
                manager = self._inner.reward_manager
                found = manager._step_reward[:, manager.active_terms.index(rest)]
            else:
                term, _, number = rest.rpartition(".")
                found = self._inner.command_manager.get_command(term)[:, int(number)]
            self._columns[name] = found.tolist()
        return self._columns[name]
