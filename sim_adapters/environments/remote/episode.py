"""One episode of one environment: set, reset, stepped, and asked whether what was set is still so."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .physics import PREFIX, Read, reader_of
from .refused import Refused
from .settable import place_of, plain, same, settle
from .spaces import Reader, fitter


class Episode:
    """One environment, from its making to its end.

    Args:
        env: As it was made.
        values: Target -> value.
        asked: Names of the info that are told, and quantities of its bodies (:mod:`.physics`).
        camera: Whether ``render()`` is a channel.
    """

    def __init__(self, env: Any, values: Mapping[str, Any], asked: Sequence[str], camera: bool) -> None:
        self.env, self._set, self._camera = env, dict(values), camera
        self._reader = Reader(env.observation_space, "obs")
        self._asked, self._had = tuple(asked), set()  # type: ignore[var-annotated]
        self._never = {name for name in asked if not name.startswith(PREFIX)}
        self._bodies: dict[str, Read] = {}
        self._before: list[Callable[[], None]] = []
        self._of_model = False

    def restore(self) -> None:
        """Puts back what was set: a mapping or a model may be that of all environments of a module."""
        for put_back in reversed(self._before):
            put_back()
        self._before.clear()
        if self._of_model:
            settle(self.env.unwrapped)

    def set(self) -> None:
        """Sets what is set before a reset."""
        inside = {k: v for k, v in self._set.items() if not k.startswith(("make.", "options."))}
        for target, value in inside.items():
            place = place_of(self.env.unwrapped, target)
            self._before.append(place.keep())
            place.write(value)
        self._of_model = any(not target.startswith("attr/") for target in inside)
        if self._of_model:
            settle(self.env.unwrapped)

    def reset(self, seed: int) -> tuple[dict[str, np.ndarray], Mapping[str, Any]]:
        """Resets; observation and info."""
        options = {k[8:]: v for k, v in self._set.items() if k.startswith("options.")}
        observation, info = reset(self.env, seed, options)
        # Only now: a reset may make another model.
        inner, self._fit = self.env.unwrapped, fitter(self.env.action_space)
        self._bodies = {name: reader_of(inner, name) for name in self._asked if name.startswith(PREFIX)}
        self.began: tuple[dict[str, np.ndarray], Mapping[str, Any]] = self._seen(observation), info
        return self.began

    def step(self, action: np.ndarray) -> tuple[dict[str, np.ndarray], float, bool, bool, Mapping[str, Any]]:
        """One step: observation, reward, whether it has terminated, or was truncated, info."""
        answer = self.env.step(self._fit(action))
        if len(answer) == 4:
            observation, reward, done, info = answer
            truncated = info.get("TimeLimit.truncated", False)
            terminated = _truth("done", done) and not truncated
        elif len(answer) == 5:
            observation, reward, terminated, truncated, info = answer
        else:
            raise ValueError(f"step() answered {len(answer)} values, and not 5")
        seen = self._seen(observation)
        # Nearly always the rest is of the plain kinds.
        if type(reward) is not float or not math.isfinite(reward):
            reward = _number(reward)
        if terminated is not False or truncated is not False:
            terminated, truncated = _truth("terminated", terminated), _truth("truncated", truncated)
        return seen, reward, terminated, truncated, info if type(info) is dict else _mapping(info)

    def told(self, info: Mapping[str, Any]) -> list[float]:
        """What was asked of an info; nan for what it has not."""
        if not self._asked:
            return []
        found, all_of_it = [], None
        for name in self._asked:
            if name in self._bodies:
                found.append(self._bodies[name]())
                continue
            value = _told(info.get(name))
            if math.isnan(value):
                if all_of_it is None:
                    all_of_it = flattened(info)
                    self._had.update(all_of_it)
                value = all_of_it.get(name, math.nan)
            if not math.isnan(value):
                self._never.discard(name)
            found.append(value)
        return found

    def never(self) -> list[str]:
        """What was asked and no info has had, each with what there was."""
        had = ", ".join(sorted(self._had)) or "nothing"
        return [
            f"info has never had '{name}' as a number, which the task asks for; it had {had}"
            for name in self._asked
            if name in self._never
        ]

    def lost(self) -> list[str]:
        """Targets whose value is no longer what was set, each with what it is now."""
        env, found = self.env, []
        for target, value in self._set.items():
            if target.startswith("options."):
                continue
            if target.startswith("make."):
                now: Any = (getattr(getattr(env, "spec", None), "kwargs", None) or {}).get(target[5:], value)
            else:
                now = place_of(env.unwrapped, target).read()
            if not same(now, value):
                found.append(f"{target} was set to {plain(value)} and is {plain(now)}: it did not take")
        return found

    def _seen(self, observation: Any) -> dict[str, np.ndarray]:
        seen = self._reader.read(observation)
        if self._camera:
            seen["render.rgb"] = picture_of(self.env)
        return seen


def picture_of(env: Any) -> np.ndarray:
    """What it draws, uint8, shape (rows, columns, 3)."""
    picture = env.render()
    if isinstance(picture, list):
        picture = picture[-1]
    if picture is None or np.ndim(picture) != 3:
        raise Refused("render() gives no picture; make: {render_mode: rgb_array} gives one where it can")
    given = np.asarray(picture)[:, :, :3]
    found = given.astype(np.uint8)
    if given.dtype.kind not in "bui" or (found != given).any():
        raise Refused(f"render() gives {given.dtype}, and a picture is of whole numbers from 0 to 255")
    return np.ascontiguousarray(found)


def reset(env: Any, seed: int, options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Resets; environments of old gym answer with the observation alone, and have their seed set apart."""
    takes = inspect.signature(env.reset).parameters
    anything = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in takes.values())
    given: dict[str, Any] = {}
    if "seed" in takes or anything:
        given["seed"] = seed
    elif hasattr(env, "seed"):
        env.seed(seed)
    else:
        raise Refused("reset() takes no seed, and nothing of this environment could be reproduced")
    if options:
        if "options" not in takes and not anything:
            raise Refused("reset() takes no options", sorted(options)[0])
        given["options"] = dict(options)
    answer = env.reset(**given)
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], dict):
        return answer[0], answer[1]
    return answer, {}


def _scalar(name: str, value: Any, wanted: str) -> Any:
    """A number, also where it is an array of one."""
    if not isinstance(value, (bool, np.bool_, int, float, np.number)):
        array = np.asarray(value)
        if array.size != 1 or array.dtype.kind not in "biuf":
            raise ValueError(f"{name} is {plain(value)!r}, and it must be {wanted}")
        value = array.reshape(-1)[0]
    return value


def _number(reward: Any) -> float:
    found = float(_scalar("the reward", reward, "a number"))
    if not math.isfinite(found):
        raise ValueError(f"the reward is {found}")
    return found


def _truth(name: str, value: Any) -> bool:
    """Whether an episode has ended; what Python takes for true need not say so, as the text ``False``."""
    if value is True or value is False or value is None:
        return bool(value)
    found = _scalar(name, value, "true or false")
    if found not in (0, 1):
        raise ValueError(f"{name} is {found}, and it must be true or false")
    return bool(found)


def _mapping(info: Any) -> Mapping[str, Any]:
    if not isinstance(info, Mapping):
        raise ValueError(f"info is {plain(info)!r}, and it must be a mapping")
    return info


def _told(value: Any) -> float:
    """A number of the info; nan for what is none, and for a whole one that no float can hold."""
    if not isinstance(value, (bool, np.bool_, int, float, np.number)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def flattened(info: Mapping[str, Any], before: str = "") -> dict[str, float]:
    """The numbers of an info, by their path."""
    found: dict[str, float] = {}
    for key, value in info.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            found.update(flattened(value, f"{name}."))
        elif isinstance(value, (bool, np.bool_, int, float, np.number)):
            found[name] = _told(value)
        elif isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "biuf":
            found[name] = float(value.reshape(-1)[0])
    return found
