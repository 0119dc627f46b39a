"""N worlds of a task in one simulation, each reset, set and told of as if it were alone."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from ..draws import Draws
from ..refused import Refused
from ..spaces import Reader
from .cameras import Cameras
from .config import adapt
from .memory import Memory
from .runtime import configured, simulation
from .targets import place_of
from .told import Teller

_MAKING = -1
"""In place of a world's number: what is drawn for all of them, by a seed that is none of theirs."""


class Worlds:
    """One simulation, from its making to its end.

    Args:
        task: Id.
        made: ``device``, ``physics``, ``renderer`` of :func:`configured`.
        keeps_time_limit: Whether the task's own limit of an episode stays.
        seeds: Of each world.
        values: Of each world: target -> value.
        asked: Of each world: names that are told of it at each step.
        sees: Whether pictures of the task's cameras are observations too.

    Attributes:
        draws: The process's own generators, as its worlds have left them.
        before_drawing: Called before a world may draw from them.

    Raises:
        Refused: Something that is set or to be seen is not there.
    """

    def __init__(
        self,
        task: str,
        made: Mapping[str, str],
        keeps_time_limit: bool,
        seeds: Sequence[int],
        values: Sequence[Mapping[str, Any]],
        asked: Sequence[Sequence[str]],
        sees: bool = False,
    ) -> None:
        self._torch: Any = importlib.import_module("torch")
        self._seeds, self.draws, self._values = list(seeds), Draws(), list(values)
        self._started, self._device = False, made["device"]
        self.before_drawing: Callable[[], None] = lambda: None
        config = configured(task, len(self._seeds), **made)
        self.left_out = adapt(config, keeps_time_limit)
        self._stack = contextlib.ExitStack()
        for world, seed in enumerate(self._seeds):
            self.draws.begin(world, seed)
        self.draws.begin(_MAKING, 0)
        with self._making_one_by_one():
            self.inner = self._stack.enter_context(simulation(task, config))
        try:
            self._take_apart(asked)
            self.cameras = Cameras(self.inner, sees)
        except BaseException:
            self.close()
            raise

    def _take_apart(self, asked: Sequence[Sequence[str]]) -> None:
        scene = self.inner.scene
        for name, asset in (*scene.articulations.items(), *scene.rigid_objects.items()):
            if asset.num_instances != len(self._seeds):
                raise Refused(
                    f"Isaac Lab has made {asset.num_instances} of '{name}' for {len(self._seeds)} worlds, "
                    "as OvPhysX does without replicate_physics: run the pack with batch 1"
                )
        self.reader = Reader(self.inner.single_observation_space, "obs")
        self._places = [
            {target: place_of(self.inner, world, target) for target in values}
            for world, values in enumerate(self._values)
        ]
        self._lost: list[list[str]] = [[] for _ in self._seeds]
        self._over: set[int] = set()
        self._teller = Teller(self.inner, asked)
        self._at_end: dict[int, list[float]] = {}
        self._last_seen: dict[int, dict[str, np.ndarray]] = {}
        self._memory = Memory(self.inner)
        self._one_by_one(self.inner, "_reset_idx", self._reset)
        manager: Any = getattr(self.inner, "command_manager", None)
        for name in manager.active_terms if manager is not None else ():
            self._one_by_one(manager.get_term(name), "_resample", self._drawing)

    @contextlib.contextmanager
    def _making_one_by_one(self) -> Any:
        """Events at the making draw for all worlds at once; here each draws from a course of its own.

        Term by term: what one of them writes into the engine (an inertia) another may write again from what
        it has read before for all worlds (the axes of a centre of mass), and a world's place would decide
        which of the two it sees.
        """
        managers = importlib.import_module("isaaclab.managers")
        apply = managers.EventManager.apply

        def each(manager: Any, mode: str, env_ids: Any = None, **given: Any) -> None:
            if mode not in ("prestartup", "startup") or env_ids is not None:
                apply(manager, mode, env_ids, **given)
                return
            # Before the simulation starts there is nothing yet that could be resolved.
            if mode == "startup" and not manager._is_scene_entities_resolved:
                manager._resolve_terms_callback(None)
            terms = manager._mode_term_cfgs[mode]
            for term in terms:
                manager._mode_term_cfgs[mode] = [term]
                for world in range(len(self._seeds)):
                    self._drawing(world, lambda ids: apply(manager, mode, ids, **given))
            manager._mode_term_cfgs[mode] = terms

        managers.EventManager.apply = each
        try:
            yield
        finally:
            managers.EventManager.apply = apply

    def _ids(self, world: int) -> Any:
        return self._torch.tensor([world], dtype=self._torch.int32, device=self._device)

    def _one_by_one(self, owner: Any, name: str, call: Callable[..., None]) -> None:
        """Replaces a method that takes several worlds by one that takes each on its own."""
        all_at_once = getattr(owner, name)

        def each(ids: Any) -> None:
            count = len(self._seeds)
            worlds = range(count)[ids] if isinstance(ids, slice) else ids.tolist()
            for world in worlds:
                call(world, all_at_once)

        setattr(owner, name, each)

    def _drawing(self, world: int, run: Callable[[Any], None]) -> None:
        self.before_drawing()
        self.draws.resume(world)
        run(self._ids(world))

    def _reset(self, world: int, run: Callable[[Any], None]) -> None:
        if self._started:  # It is over; what is told of its end is what was before the simulation resets it.
            self._teller.forget()
            self._at_end[world] = self._teller.read(world)
            self._last_seen[world] = {name: seen[world] for name, seen in self.cameras.read().items()}
            self._lost[world] = self.lost(world)
            self._over.add(world)
        places = self._places[world].values() if not self._started else ()
        for place in places:
            place.before_reset()
        try:
            self._drawing(world, run)
        finally:
            for place in places:
                place.after_reset()

    def reset(self) -> dict[str, np.ndarray]:
        """Resets all; observations by name, each of shape (N, ...)."""
        for world, seed in enumerate(self._seeds):
            self.draws.begin(world, seed)
        for places, values in zip(self._places, self._values):
            for target, place in places.items():
                place.wanted = values[target]
        observation, _ = self.inner.reset()
        self._told_as = self.inner.action_space.shape
        self._teller.forget()
        for world in range(len(self._seeds)):
            self._lost[world] = self.lost(world, start=True)
        self._started = True
        return {**self._read(observation), **self.cameras.read()}

    def step(self, actions: np.ndarray) -> tuple[dict[str, np.ndarray], list[float], list[bool], list[bool]]:
        """One step of all: observations, rewards, and which have terminated or were truncated.

        A world that is over is told of as it ended, though the simulation has begun it anew by then.

        Args:
            actions: Float32, shape (N, A), which the simulation may keep.
        """
        self._at_end.clear()
        self._last_seen.clear()
        self._memory.step_begins()
        told = self._torch.from_numpy(actions.reshape(self._told_as))
        answer = self.inner.step(told if self._device == "cpu" else told.to(self.inner.device))
        self._teller.forget()
        observation, reward, terminated, truncated, extras = answer
        seen = self._read(observation)
        fallen, cut = _host(terminated).tolist(), _host(truncated).tolist()
        if True in fallen or True in cut:
            over = np.logical_or(fallen, cut)
            last = self._read(extras["final_obs"])
            for name, array in seen.items():
                array[over] = last[name][over]
        for name, pictures in self.cameras.read().items():
            seen[name] = pictures
            for world, last_seen in self._last_seen.items():
                pictures[world] = last_seen[name]
        return seen, _host(reward).tolist(), fallen, cut

    def _read(self, observation: Any) -> dict[str, np.ndarray]:
        return {name: _host(part).copy() for name, part in self.reader.parts(observation)}

    def told(self, world: int) -> list[float]:
        """What was asked of a world, after its last step."""
        at_end = self._at_end.get(world)
        return self._teller.read(world) if at_end is None else at_end

    def lost(self, world: int, start: bool = False) -> list[str]:
        """Targets of a world whose value is not, or was not at its end, what was set.

        Args:
            world: Which.
            start: Whether what holds at the start alone is asked too.
        """
        found = list(self._lost[world])
        # What follows the end is another episode, for which the task draws anew.
        if not found and world not in self._over:
            found = [
                f"{target} was set to {place.wanted} and is {place.now():.9g}: it did not take"
                for target, place in self._places[world].items()
                if (start or place.lasts) and not place.took()
            ]
        return found

    def close(self) -> None:
        """Ends the simulation."""
        self._stack.close()


def _host(array: Any) -> np.ndarray:
    # The two calls that are nearly always for nothing would cost a microsecond each, several times a step.
    is_plain = array.is_cpu and not array.requires_grad
    found: np.ndarray = (array if is_plain else array.detach().cpu()).numpy()
    return found
