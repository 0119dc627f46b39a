"""A vector environment, told and asked world by world, as if each were an environment of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..refused import Refused
from ..spaces import action_of

_FINAL_OBSERVATION = ("final_obs", "final_observation")


def is_vector(env: Any) -> bool:
    """Whether it holds several worlds."""
    return any(cls.__name__ == "VectorEnv" for cls in type(env).__mro__)


def single_of(env: Any) -> Any:
    """The environment in a vector of gymnasium's own that has one world; None of others.

    Taken out, worlds cannot share anything: gymnasium writes the numbers of all infos in the type of the
    first world's, which cuts 0.5 to 0 where that had a whole number.
    """
    kind = type(env).__name__
    if kind == "SyncVectorEnv":
        return env.envs[0]
    if kind == "AsyncVectorEnv" and hasattr(env, "env_fns"):
        env.close()
        return env.env_fns[0]()
    return None


class Vector:
    """A vector environment during one episode of each of its worlds.

    Args:
        env: As it was made.
        per_world: Names of its attributes that are arrays with one entry a world.
        camera: Whether it is drawn.

    Raises:
        Refused: It would be drawn as the next episode where one ends.
    """

    def __init__(self, env: Any, per_world: Sequence[str] = (), camera: bool = False) -> None:
        self.env, self.count, self.per_world = env, int(env.num_envs), frozenset(per_world)
        self.rows = [Row(self, index) for index in range(self.count)]
        mode = (getattr(env, "metadata", None) or {}).get("autoreset_mode")
        self._mode = str(getattr(mode, "value", mode))
        if camera and self._mode not in ("NextStep", "Disabled"):
            env.close()
            raise Refused(
                "the last picture of an episode would be the first of the next one, which begins in the same "
                "step; make it with autoreset_mode NextStep or Disabled, or leave camera out"
            )
        self._open = set(range(self.count))
        self._over: set[int] = set()
        self._drawn: Any = None
        space = action_of(env.single_action_space, env.unwrapped)
        # For worlds that nobody tells anything: their episode is over, or not begun.
        still = np.clip(np.zeros(len(space["low"])), space["low"], space["high"])
        self._told = [_action(env.single_action_space, still)] * self.count

    def reset(self, seeds: Sequence[int], options: Mapping[str, Any]) -> None:
        """Resets all worlds, each with its seed."""
        given = {"options": dict(options)} if options else {}
        self._observation, self._infos = self.env.reset(seed=list(seeds), **given)

    def step(self, actions: Mapping[int, Any]) -> None:
        """One step of all worlds; those that ``actions`` does not name are told what they were last."""
        if self._mode == "Disabled" and self._over:
            mask = np.isin(np.arange(self.count), sorted(self._over))
            # Seeds would give the worlds that go on their first draws again.
            self.env.reset(options={"reset_mask": mask})
            self._over.clear()
        for index, action in actions.items():
            self.tell(index, action)
        space, self._drawn = self.env.single_action_space, None
        dtype = space.dtype if type(space).__name__ == "Box" else np.int64
        answer = self.env.step(np.stack(self._told).astype(dtype))
        self._observation, self._rewards, *self._ends, self._infos = answer
        self._over |= {k for k in range(self.count) if self._ends[0][k] or self._ends[1][k]}

    def tell(self, index: int, action: Any) -> None:
        """Says what a world does from the next step on."""
        self._told[index] = action

    def seen(self, index: int) -> Any:
        """The observation of a world after a reset."""
        return _row_of(self.env.single_observation_space, self._observation, index)

    def info(self, index: int) -> dict[str, Any]:
        """The info of a world after a reset."""
        return _info_of(self._infos, index, self.count)

    def answer(self, index: int) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """What a step has led to in one world, of which an episode's end is the last observation and info
        of that episode, also where the next one has begun within the step.
        """
        terminated, truncated = (end[index] for end in self._ends)
        seen, info = self.seen(index), self.info(index)
        if (terminated or truncated) and self._mode != "NextStep":
            name = next((name for name in _FINAL_OBSERVATION if name in info), None)
            if name is not None:
                seen, info = info[name], info.get("final_info", {})
            elif self._mode != "Disabled":
                raise Refused(
                    "a world has ended, and where its last observation is nobody says: neither "
                    "metadata['autoreset_mode'] nor infos['final_obs']"
                )
        return seen, self._rewards[index], terminated, truncated, info

    def draw(self, index: int) -> Any:
        """A world's picture."""
        if self._drawn is None:
            self._drawn = self.env.render()
        if not isinstance(self._drawn, (tuple, list)) or len(self._drawn) != self.count:
            raise Refused("render() of a vector environment must give one picture a world")
        return self._drawn[index]

    def leave(self, index: int) -> None:
        """Closes the environment with the last of its worlds."""
        self._open.discard(index)
        if not self._open:
            self.env.close()


class Row:
    """One world of a vector environment, as an environment."""

    spec = None

    def __init__(self, vector: Vector, index: int) -> None:
        self.vector, self.index, self.env = vector, index, vector.env
        self.observation_space, self.action_space = (
            vector.env.single_observation_space,
            vector.env.single_action_space,
        )
        self.metadata = getattr(vector.env, "metadata", {})

    @property
    def unwrapped(self) -> Any:
        """What has the attributes of this world."""
        inner = self.vector.env.unwrapped
        return inner if self.vector.count == 1 else _Inner(inner, self.index, self.vector.per_world)

    def reset(self, seed: int, options: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """What the reset of all worlds has led to; a world alone is reset here."""
        if self.vector.count == 1:
            self.vector.reset([seed], options or {})
        return self.vector.seen(self.index), self.vector.info(self.index)

    def step(self, action: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """What the step of all worlds has led to; a world alone is stepped here."""
        if self.vector.count == 1:
            self.vector.step({0: action})
        return self.vector.answer(self.index)

    def render(self) -> Any:
        """This world's picture."""
        return self.vector.draw(self.index)

    def close(self) -> None:
        """Leaves the others."""
        self.vector.leave(self.index)


class _Inner:
    """Attributes of one world among several: of arrays with one entry a world, its own."""

    def __init__(self, inner: Any, index: int, per_world: frozenset[str]) -> None:
        vars(self).update(_inner=inner, _index=index, _per_world=per_world)

    def __getattr__(self, name: str) -> Any:
        if name not in self._per_world:
            raise AttributeError(name)
        return getattr(self._inner, name)[self._index : self._index + 1]


def per_world_in(one: Any) -> list[str]:
    """Attributes of a vector environment of one world that may have one entry a world."""
    found = vars(one.unwrapped).items()
    return [name for name, value in found if isinstance(value, np.ndarray) and value.shape[:1] == (1,)]


def _action(space: Any, numbers: np.ndarray) -> Any:
    return numbers.reshape(space.shape) if space.shape else numbers[0]


def _row_of(space: Any, batch: Any, index: int) -> Any:
    """One world's part of an observation of all."""
    kind = type(space).__name__
    if kind == "Dict":
        return {key: _row_of(one, batch[key], index) for key, one in space.spaces.items()}
    if kind == "Tuple":
        return tuple(_row_of(one, part, index) for one, part in zip(space.spaces, batch))
    return batch[index]


def _info_of(infos: Mapping[str, Any], index: int, count: int) -> dict[str, Any]:
    """One world's part of an info of all; what is about all of them together is no world's."""
    found: dict[str, Any] = {}
    for key, value in infos.items():
        mask = infos.get(f"_{key}")
        if (key.startswith("_") and key[1:] in infos) or (mask is not None and not mask[index]):
            continue
        if isinstance(value, Mapping):
            found[key] = _info_of(value, index, count)
        elif isinstance(value, (np.ndarray, list, tuple)) and len(value) == count:
            found[key] = value[index]
    return found
