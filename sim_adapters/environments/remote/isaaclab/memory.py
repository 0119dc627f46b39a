"""What observations remember from step to step, kept from taking one moment in twice."""

from __future__ import annotations

from typing import Any, Iterator

_HOMES = ("isaaclab.utils.images", "isaaclab.utils.buffers", "isaaclab.utils.modifiers")
"""Where Isaac Lab has what remembers: stacks of pictures, rings, filters."""


class Memory:
    """Of one simulation.

    When one world ends, Isaac Lab computes the observations of all of them twice, before its reset and after
    it. What stacks pictures has taken the moment in twice by then, also in worlds that go on: what they
    observe would depend on when their neighbours end. Histories and delays of a manager's terms do not take
    in the first look at all: what is told of the end would be of the step before. So here the first look
    takes the moment in, and leaves no trace.

    Args:
        inner: The environment.
    """

    def __init__(self, inner: Any) -> None:
        self._inner, self._is_first = inner, False
        manager: Any = getattr(inner, "observation_manager", None)
        holder, name = (inner, "_compute_observations") if manager is None else (manager, "compute")
        self._taken_in = {} if manager is None else {"update_history": True}
        owners = [inner] if manager is None else list(_of_terms(manager))
        self._rememberers = [one for owner in owners for one in _within(owner)]
        if self._rememberers:
            self._compute = getattr(holder, name)
            setattr(holder, name, self._look)

    def step_begins(self) -> None:
        """The next look is the first one of a step."""
        self._is_first = True

    def _look(self, *given: Any, **named: Any) -> Any:
        is_first, self._is_first = self._is_first, False
        if not is_first or not bool(self._inner.reset_buf.any()):
            return self._compute(*given, **named)
        kept = [{name: _copied(value) for name, value in vars(one).items()} for one in self._rememberers]
        found = self._compute(*given, **{**named, **self._taken_in})
        for one, fields in zip(self._rememberers, kept):
            vars(one).update(fields)
        return found


def _of_terms(manager: Any) -> Iterator[Any]:
    """What may remember, of an observation manager: its terms, their modifiers, delays and histories."""
    for group, terms in manager._group_obs_term_cfgs.items():
        for term in terms:
            yield term.func
            yield from (modifier.func for modifier in term.modifiers or ())
        yield from manager._group_obs_term_delay_buffer[group].values()
        yield from manager._group_obs_term_history_buffer[group].values()


def _within(owner: Any) -> Iterator[Any]:
    """What remembers, of a term or of an environment: itself, what it holds, and what that holds."""
    if type(owner).__module__.startswith(_HOMES):
        yield owner
    for value in list(vars(owner).values()) if hasattr(owner, "__dict__") else ():
        if type(value).__module__.startswith(_HOMES):
            yield from _within(value)


def _copied(value: Any) -> Any:
    """Tensors are written into; all else is replaced."""
    return value.clone() if hasattr(value, "clone") else value
