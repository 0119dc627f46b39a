"""One kind of environment in slots: made, set, reset, stepped, and asked whether what was set has taken."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .draws import Draws
from .episode import Episode, picture_of, reset
from .fragment import Decide, Stepped, by_steps, roll
from .making import factory_of, keywords, maker_of, one_world, open_keywords, takes_any
from .physics import things_of
from .presets import Preset, preset_of
from .refused import Refused, told
from .settable import attributes, mujoco_targets, place_of, plain, same
from .sharing.company import is_independent
from .sources import files_of, layers_of, versions_of
from .spaces import action_of, spaces


class Session:
    """Environments of one kind in slots, one a world.

    Args:
        name: See :func:`maker_of`.
        folder: Where files begin.
        make: Keyword arguments that are the same in every variant.
        keeps_time_limit: Whether a limit of steps that the environment is registered with stays.
        camera: Whether ``render()`` is a channel.
    """

    files: Sequence[str] = ()
    """Of nobody's release, that it is made of; once it was described."""

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
        self.maker, self._file = maker_of(name, folder)
        found = preset_of(name)
        self._preset: Preset | None = found[0] if found is not None else None
        self._of_preset = found[1] if found is not None else ""
        self._slots: dict[int, Episode] = {}
        self._draws = Draws()
        self._spaces: list[str] = []

    def open(self, values: Mapping[str, Any], seed: int | None = None) -> Any:
        """An environment with these values of ``make.NAME``, for the episode of a seed."""
        given = dict(self._make_with)
        if self._preset is not None and self._preset.seed and seed is not None:
            given.setdefault(self._preset.seed, seed)
        given.update({k[5:]: v for k, v in values.items() if k.startswith("make.")})
        env = self._new(given)
        if not self._keeps:
            _without_limit(env)
        return env

    def _new(self, given: Mapping[str, Any]) -> Any:
        return one_world(self.maker(**given))

    def describe(self) -> dict[str, Any]:
        """Spaces, what can be set with its value, where the code is, step time; makes one environment."""
        env = self._new(self._make_with)
        try:
            inner = env.unwrapped
            module = type(inner).__module__
            picture: tuple[int, ...] | None = None
            preset, step_s, steps = (
                self._preset,
                getattr(inner, "dt", None) or getattr(inner, "tau", None),
                _limit_of(env),
            )
            if preset is not None:
                step_s, steps = preset.step_s or step_s, steps or preset.steps(env)
            if self._camera:
                reset(env, 0, {})
                picture = picture_of(env).shape
            self._spaces = _spaces_of(env)
            self.files = files_of(env, factory_of(self.maker, env), self._file)
            return {
                "observations": list(spaces(env.observation_space, "obs")),
                "picture": picture,
                "action": action_of(env.action_space, inner),
                "settable": [[name, plain(value)] for name, value in self._settable(env)],
                "any_make": takes_any(self.maker, env),
                "open_make": open_keywords(self.maker, env),
                "files": self.files,
                "step_s": _number(step_s),
                "fps": _number((getattr(env, "metadata", None) or {}).get("render_fps")),
                "max_steps": steps,
                "success": preset.success(self._of_preset) if preset is not None else "",
                "repeats": preset is None or preset.repeats,
                "things": things_of(inner),
                "versions": versions_of(module, *(preset.packages if preset is not None else ())),
            }
        finally:
            closed(env)

    def begin(
        self, slot: int, seed: int, values: Mapping[str, Any], asked: Sequence[str] = ()
    ) -> dict[str, Any]:
        """A new environment in a slot, set and reset.

        Args:
            slot: Whose environment before is closed.
            seed: Of ``reset``.
            values: Target -> value.
            asked: Names of the info that are told.

        Returns:
            Its observation, what was asked of its info, and targets that did not take.
        """
        self.end(slot)
        self._draws.begin(slot, seed)
        env = self.open(values, seed)
        self._draws.resume(slot)
        episode = self._slots[slot] = Episode(env, values, asked, self._camera)
        episode.set()
        return self._begun(episode, seed)

    def _begun(self, episode: Episode, seed: int) -> dict[str, Any]:
        observation, info = episode.reset(seed)
        self._check_spaces(episode.env)
        # Copied before the next one is reset, which may write into the very same arrays.
        observation = {name: array.copy() for name, array in observation.items()}
        return {"observation": observation, "info": episode.told(info), "lost": episode.lost()}

    def _check_spaces(self, env: Any) -> None:
        """A policy is told of, and its actions are held against, the environment as it was described."""
        for what, was, now in zip(("observation", "action"), self._spaces, _spaces_of(env)):
            if was != now:
                raise Refused(
                    f"the space of its {what} is {now}, and was {was} before anything was set: spaces must "
                    "stay the same, so scale within the environment"
                )

    def begins(
        self,
        slots: Sequence[int],
        seeds: Sequence[int],
        values: Sequence[Mapping[str, Any]],
        asked: Sequence[Sequence[str]],
    ) -> list[dict[str, Any]]:
        """Several that will be stepped together; see :meth:`begin`. Those before them are closed."""
        self.close()
        return [self.begin(*one) for one in zip(slots, seeds, values, asked)]

    def steps(self, slots: Sequence[int], actions: np.ndarray) -> dict[str, Any]:
        """One step of each slot.

        Args:
            slots: S of them.
            actions: Shape (S, A).

        Returns:
            ``observation`` by name, each of shape (S, ...), copied before the next step; and of each slot
            ``reward``, ``terminated``, ``truncated``, and ``info``, what was asked of it.
        """
        if len(slots) == 1:
            return self._step(slots[0], actions[0])
        rewards, terminations, truncations, infos = [], [], [], []
        stacked: dict[str, np.ndarray] = {}
        for row, (slot, action) in enumerate(zip(slots, actions)):
            self._draws.resume(slot)
            episode = self._slots[slot]
            observation, reward, terminated, truncated, info = episode.step(action)
            # Copied before the next one is stepped, which may write into the very same arrays.
            for name, array in observation.items():
                if not row:
                    stacked[name] = np.empty((len(slots), *array.shape), dtype=array.dtype)
                stacked[name][row] = array
            rewards.append(reward)
            terminations.append(terminated)
            truncations.append(truncated)
            infos.append(episode.told(info))
        return {
            "observation": stacked,
            "reward": rewards,
            "terminated": terminations,
            "truncated": truncations,
            "info": infos,
        }

    def _step(self, slot: int, action: np.ndarray) -> dict[str, Any]:
        """As :meth:`steps`, of one slot."""
        self._draws.resume(slot)
        episode = self._slots[slot]
        observation, reward, terminated, truncated, info = episode.step(action)
        return {
            "observation": {name: array[np.newaxis] for name, array in observation.items()},
            "reward": [reward],
            "terminated": [terminated],
            "truncated": [truncated],
            "info": [episode.told(info)],
        }

    @property
    def draws(self) -> Draws:
        """The process's own generators, as its slots have left them."""
        return self._draws

    def tell_draws(self, tell: Callable[[], None]) -> bool:
        """Asks for a word before each time that environments may draw from them; False where they may at any
        step."""
        return False

    def fragment(
        self,
        slots: Sequence[int],
        rows: Sequence[int],
        seen: Mapping[str, np.ndarray],
        most: int,
        decide: Decide,
    ) -> dict[str, Any]:
        """See :func:`.roll`."""
        return roll(self._stepping(slots), rows, seen, most, decide)

    def _stepping(self, slots: Sequence[int]) -> Callable[[np.ndarray], Stepped]:
        if len(slots) > 1:
            return by_steps(self.steps, slots)
        slot, episode = slots[0], self._slots[slots[0]]

        def step(told: np.ndarray) -> Stepped:
            self._draws.resume(slot)
            observation, reward, terminated, truncated, info = episode.step(told[0])
            return observation, (reward,), (terminated,), (truncated,), (episode.told(info),)

        return step

    def problems(self, slot: int) -> dict[str, list[str]]:
        """Of an episode: targets that are ``lost``, and what was asked and its info has ``never`` had."""
        episode = self._slots[slot]
        return {"lost": episode.lost(), "never": episode.never()}

    def idle(
        self, values: Mapping[str, Any], asked: list[str], seed: int, steps: int, info: Sequence[str] = ()
    ) -> dict[str, bool]:
        """Whether targets change nothing: without them random actions lead to the very same numbers.

        Args:
            values: Of a variant.
            asked: Targets among them; of one that is at its default nothing is answered.
            seed: For resets and actions.
            steps: So many of each episode are compared.
            info: Names of the info that count; nobody looks at the others.
        """
        self.close()
        found, whole = {}, ""
        for target in asked:
            others = {name: value for name, value in values.items() if name != target}
            if self._is_default(target, values[target], others):
                continue
            whole = whole or self._course(values, seed, steps, info)
            found[target] = whole == self._course(others, seed, steps, info)
        return found

    def repeats(self, values: Mapping[str, Any], seed: int, steps: int, info: Sequence[str] = ()) -> bool:
        """Whether one seed leads to one episode under the same random actions; see :meth:`idle`."""
        self.close()
        return self._course(values, seed, steps, info) == self._course(values, seed, steps, info)

    def independent(self, values: Mapping[str, Any], seed: int, steps: int, info: Sequence[str] = ()) -> bool:
        """Whether an episode is what it is alone beside others of other seeds, values and actions."""
        return is_independent(self, values, seed, steps, info)

    def action_space(self, slot: int) -> Any:
        """Of the environment in a slot."""
        return self._slots[slot].env.action_space

    def beside(self, actions: Mapping[int, Any], mine: int) -> set[int]:
        """Steps slots beside another one; what goes wrong there is nobody's.

        Returns:
            Those that are over by it.
        """
        over = set()
        for slot, action in actions.items():
            try:
                answer = self.steps([slot], action.astype(np.float64).reshape(1, -1))
                if answer["terminated"][0] or answer["truncated"][0]:
                    over.add(slot)
            except (Exception, SystemExit):
                over.add(slot)
        return over

    def _is_default(self, target: str, value: Any, others: Mapping[str, Any]) -> bool:
        if target.startswith("options."):
            return False
        env = self.open(others)
        try:
            if target.startswith("make."):
                known = dict(keywords(self.maker, env, self._make_with))
                return target[5:] in known and same(known[target[5:]], value)
            return same(place_of(env.unwrapped, target).read(), value)
        finally:
            closed(env)

    def _course(self, values: Mapping[str, Any], seed: int, steps: int, asked: Sequence[str]) -> str:
        """A digest over what is seen and earned under random actions, and over what ends it by raising: of
        that the episodes themselves tell, which need not come there.
        """
        digest, slot = hashlib.sha256(), -1
        try:
            self.begin(slot, seed, values, asked)
            episode, reward = self._slots[slot], None
            observation, info = episode.began
            over = False
            space = episode.env.action_space
            space.seed(seed)
            for _ in range(steps):
                for array in observation.values():
                    digest.update(array.tobytes())
                digest.update(repr((reward, episode.told(info))).encode())
                if over:
                    break
                action = np.atleast_1d(np.asarray(space.sample(), dtype=np.float64)).reshape(-1)
                observation, reward, terminated, truncated, info = episode.step(action)
                over = terminated or truncated
        except (Exception, SystemExit) as error:
            digest.update(told(error).encode())
        finally:
            self.end(slot)
        return digest.hexdigest()

    def end(self, slot: int) -> None:
        """Closes the environment of a slot."""
        episode = self._slots.pop(slot, None)
        self._draws.end(slot)
        if episode is not None:
            try:
                episode.restore()
            except (Exception, SystemExit):
                traceback.print_exc()
            closed(episode.env)

    def close(self) -> None:
        """Closes all, the latest first: each puts back what it has found."""
        for slot in reversed(list(self._slots)):
            self.end(slot)

    def _settable(self, env: Any) -> Iterator[tuple[str, Any]]:
        for name, value in keywords(self.maker, env, self._make_with):
            yield f"make.{name}", value
        for path, value in attributes(env.unwrapped):
            yield f"attr/{path}", value
        for path, value in mujoco_targets(env.unwrapped):
            yield path, value


def _spaces_of(env: Any) -> list[str]:
    """What must stay the same, in words; bounds of an observation are nowhere counted on."""
    seen = ["{name} {shape} {dtype}".format(**one) for one in spaces(env.observation_space, "obs")]
    told = "{names} {low} to {high}".format(**action_of(env.action_space, env.unwrapped))
    return [", ".join(seen), told]


def closed(env: Any) -> None:
    """Closes an environment, whose results are in by now: what it raises is no fault of the next episode."""
    try:
        env.close()
    except (Exception, SystemExit):
        traceback.print_exc()


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


def _number(value: Any) -> float | None:
    return (
        float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else None
    )
