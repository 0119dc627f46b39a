"""One kind of environment in slots: made, set, reset, stepped, and asked whether what was set has taken."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .draws import Draws
from .making import maker_of
from .refused import Refused, told
from .settable import attributes, mujoco_targets, place_of, plain, same, settle
from .sources import files_of, layers_of, versions_of
from .spaces import action_of, fitting, flat, spaces


class Session:
    """Environments of one kind in slots, one a world.

    Args:
        name: See :func:`maker_of`.
        folder: Where files begin.
        make: Keyword arguments that are the same in every variant.
        keeps_time_limit: Whether a limit of steps that the environment is registered with stays.
        camera: Whether ``render()`` is a channel.
    """

    def __init__(
        self,
        name: str,
        folder: str,
        make: Mapping[str, Any],
        keeps_time_limit: bool = False,
        camera: bool = False,
    ) -> None:
        self._name, self._make_with = name, dict(make)
        if camera:
            self._make_with.setdefault("render_mode", "rgb_array")
        self._keeps, self._camera = keeps_time_limit, camera
        self._maker, self._file = maker_of(name, folder)
        self._slots: dict[int, Any] = {}
        self._set: dict[int, dict[str, Any]] = {}
        self._draws = Draws()

    def open(self, values: Mapping[str, Any]) -> Any:
        """An environment with these values of ``make.NAME``."""
        given = dict(self._make_with)
        given.update({k[5:]: v for k, v in values.items() if k.startswith("make.")})
        env = self._maker(**given)
        if not self._keeps:
            _without_limit(env)
        return env

    def describe(self) -> dict[str, Any]:
        """Spaces, what can be set with its value, where the code is, step time; makes one environment."""
        env = self._maker(**self._make_with)
        try:
            inner = env.unwrapped
            module = type(inner).__module__
            picture: tuple[int, ...] | None = None
            if self._camera:
                _reset(env, 0, {})
                picture = _picture(env).shape
            return {
                "observations": list(spaces(env.observation_space, "obs")),
                "picture": picture,
                "action": action_of(env.action_space, inner),
                "settable": [[name, plain(value)] for name, value in self._settable(env)],
                "any_make": _takes_any(self._maker, env),
                "open_make": _open_keywords(self._maker, env),
                "files": files_of(env, _factory_of(self._maker, env), self._file),
                "step_s": _number(getattr(inner, "dt", None) or getattr(inner, "tau", None)),
                "fps": _number((getattr(env, "metadata", None) or {}).get("render_fps")),
                "max_steps": _limit_of(env),
                "versions": versions_of(module),
            }
        finally:
            env.close()

    def begin(self, slot: int, seed: int, values: Mapping[str, Any]) -> dict[str, Any]:
        """A new environment in a slot, set and reset; observation, info, and targets that did not take."""
        self.end(slot)
        self._draws.begin(slot, seed)
        env = self.open(values)
        self._draws.resume(slot)
        self._slots[slot], self._set[slot] = env, dict(values)
        inside = {k: v for k, v in values.items() if not k.startswith(("make.", "options."))}
        for target, value in inside.items():
            place_of(env.unwrapped, target).write(value)
        if any(not target.startswith("attr/") for target in inside):
            settle(env.unwrapped)
        options = {k[8:]: v for k, v in values.items() if k.startswith("options.")}
        observation, info = _reset(env, seed, options)
        seen = self._seen(env, observation)
        if self._camera:
            seen["render.rgb"] = _picture(env)
        return {"observation": seen, "info": _told(info), "lost": self.lost(slot)}

    def step(self, slot: int, action: np.ndarray) -> dict[str, Any]:
        """One step: observation, reward, whether it is over, info."""
        env = self._slots[slot]
        self._draws.resume(slot)
        answer = env.step(fitting(env.action_space, action))
        if len(answer) == 4:
            observation, reward, done, info = answer
            truncated = bool(info.get("TimeLimit.truncated", False))
            terminated = bool(done) and not truncated
        else:
            observation, reward, terminated, truncated, info = answer
        seen = self._seen(env, observation)
        if self._camera:
            seen["render.rgb"] = _picture(env)
        reward = float(reward)
        if not math.isfinite(reward):
            raise ValueError(f"the reward is {reward}")
        return {
            "observation": seen,
            "reward": reward,
            "terminated": bool(terminated),
            "truncated": bool(truncated),
            "info": _told(info),
        }

    def lost(self, slot: int) -> list[str]:
        """Targets whose value is no longer what was set, each with what it is now."""
        env, found = self._slots[slot], []
        for target, value in self._set[slot].items():
            if target.startswith("options."):
                continue
            if target.startswith("make."):
                now: Any = (getattr(getattr(env, "spec", None), "kwargs", None) or {}).get(target[5:], value)
            else:
                now = place_of(env.unwrapped, target).read()
            if not same(now, value):
                found.append(f"{target} was set to {plain(value)} and is {plain(now)}: it did not take")
        return found

    def idle(self, values: Mapping[str, Any], asked: list[str], seed: int, steps: int) -> dict[str, bool]:
        """Whether targets change nothing: without them random actions lead to the very same numbers.

        Args:
            values: Of a variant.
            asked: Targets among them; of one that is at its default nothing is answered.
            seed: For resets and actions.
            steps: So many of each episode are compared.
        """
        found, whole = {}, ""
        for target in asked:
            others = {name: value for name, value in values.items() if name != target}
            if self._is_default(target, values[target], others):
                continue
            whole = whole or self._course(values, seed, steps)
            found[target] = whole == self._course(others, seed, steps)
        return found

    def repeats(self, values: Mapping[str, Any], seed: int, steps: int) -> bool:
        """Whether one seed leads to one episode, under the same random actions."""
        return self._course(values, seed, steps) == self._course(values, seed, steps)

    def _is_default(self, target: str, value: Any, others: Mapping[str, Any]) -> bool:
        if target.startswith("options."):
            return False
        env = self.open(others)
        try:
            if target.startswith("make."):
                known = dict(_keywords(self._maker, env, self._make_with))
                return target[5:] in known and same(known[target[5:]], value)
            return same(place_of(env.unwrapped, target).read(), value)
        finally:
            env.close()

    def _course(self, values: Mapping[str, Any], seed: int, steps: int) -> str:
        """A digest over what is seen and earned under random actions, and over what ends it by raising: of
        that the episodes themselves tell, which need not come there.
        """
        digest, slot = hashlib.sha256(), -1
        try:
            seen = self.begin(slot, seed, values)
            space = self._slots[slot].action_space
            space.seed(seed)
            for _ in range(steps):
                for array in seen["observation"].values():
                    digest.update(array.tobytes())
                digest.update(repr((seen.get("reward"), sorted(seen["info"].items()))).encode())
                if seen.get("terminated") or seen.get("truncated"):
                    break
                seen = self.step(
                    slot, np.atleast_1d(np.asarray(space.sample(), dtype=np.float64)).reshape(-1)
                )
        except Exception as error:
            digest.update(told(error).encode())
        finally:
            self.end(slot)
        return digest.hexdigest()

    def end(self, slot: int) -> None:
        """Closes the environment of a slot."""
        env = self._slots.pop(slot, None)
        self._draws.end(slot)
        if env is not None:
            env.close()

    def close(self) -> None:
        """Closes all."""
        for slot in list(self._slots):
            self.end(slot)

    def _settable(self, env: Any) -> Iterator[tuple[str, Any]]:
        for name, value in _keywords(self._maker, env, self._make_with):
            yield f"make.{name}", value
        for path, value in attributes(env.unwrapped):
            yield f"attr/{path}", value
        for path, value in mujoco_targets(env.unwrapped):
            yield path, value

    def _seen(self, env: Any, observation: Any) -> dict[str, np.ndarray]:
        return dict(flat(env.observation_space, observation, "obs"))


def _picture(env: Any) -> np.ndarray:
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


def _reset(env: Any, seed: int, options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
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


def _limits(env: Any) -> Iterator[Any]:
    """The wrappers that end an episode after some steps, the outermost first."""
    return (layer for layer in layers_of(env) if type(layer).__name__ == "TimeLimit")


def _limit_of(env: Any) -> int | None:
    """Steps after which an environment ends an episode of its own accord; None where it does not say."""
    found = [wrapper._max_episode_steps for wrapper in _limits(env)]
    found.append(getattr(getattr(env, "spec", None), "max_episode_steps", None))
    return min((int(steps) for steps in found if steps), default=None)


def _without_limit(env: Any) -> None:
    """Takes the limit of steps away that an id is registered with."""
    for wrapper in _limits(env):
        wrapper._max_episode_steps = sys.maxsize


def _told(info: Mapping[str, Any], before: str = "") -> dict[str, float]:
    """The numbers of an info, by their path."""
    found: dict[str, float] = {}
    for key, value in info.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            found.update(_told(value, f"{name}."))
        elif isinstance(value, (bool, np.bool_, int, float, np.number)):
            found[name] = float(value)
        elif isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "biuf":
            found[name] = float(value.reshape(-1)[0])
    return found


def _number(value: Any) -> float | None:
    return (
        float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else None
    )


def _factory_of(maker: Any, env: Any) -> Any:
    """What the keyword arguments go to."""
    spec = getattr(env, "spec", None)
    entry = getattr(spec, "entry_point", None)
    if spec is None or entry is None:
        return maker
    if callable(entry):
        return entry
    module, _, name = entry.partition(":")
    return getattr(importlib.import_module(module), name)


def _takes_any(maker: Any, env: Any) -> bool:
    """Whether there are keyword arguments that nobody lists."""
    parameters = inspect.signature(_factory_of(maker, env)).parameters.values()
    return any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)


def _open_keywords(maker: Any, env: Any) -> list[str]:
    """Keyword arguments that are None when nobody gives them, as seeds often are."""
    parameters = inspect.signature(_factory_of(maker, env)).parameters.items()
    return [name for name, one in parameters if one.default is None and name != "render_mode"]


def _keywords(maker: Any, env: Any, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Keyword arguments with a plain default, or as they are given."""
    for name, parameter in inspect.signature(_factory_of(maker, env)).parameters.items():
        default = given.get(name, parameter.default)
        if isinstance(default, (bool, int, float, str)) and name != "render_mode":
            yield name, default
