"""The adapter of environments that a team already has."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.environments.embodiment import embodiment_of
from simgate.sim_adapters.environments.link import Link, LocalLink, open_link
from simgate.sim_adapters.environments.measured import OF_BODIES, Measures, asked_as, check_quantities
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.options import read_options
from simgate.sim_adapters.quantities import OfEnvironment
from simgate.sim_adapters.scene.environment import EnvironmentSite
from simgate.sim_adapters.traits import AdapterTraits

_NUMBER = struct.Struct("=d")
_NOWHERE, _AT_REST = (0.0, 0.0, 0.0), (0.0, 0.0)
IDLE_STEPS = 100
"""Steps under random actions within which what is set must change something."""


class World:
    """One environment in its slot, during one episode.

    Args:
        link: The way to it.
        slot: Its place there.
        site: What it is.
        shown: What it observes, by name; the adapter writes into these arrays before each :meth:`take`.
        answer: Of ``Session.begin``.
        faults: What is wrong with the values of its scenario.
    """

    def __init__(
        self,
        link: Link,
        slot: int,
        site: EnvironmentSite,
        shown: Mapping[str, NDArray[Any]],
        answer: Mapping[str, Any],
        faults: tuple[str, ...],
    ) -> None:
        self.link, self.slot, self.site = link, slot, site
        self._asked, self._measures = _asked_of(site), Measures(dict(site.quantities), shown)
        self.info = dict(zip(self._asked, answer["info"], strict=True))
        self.lost: list[str] = [*answer["lost"], *faults]
        self.reward, self.total, self.over = float("nan"), 0.0, ""
        # A reward is often the same at every step: by it alone, different episodes would be one.
        self._course = hashlib.blake2b(digest_size=16)
        # What render() draws is no observation, and need not be the same on every machine.
        told_apart_by = [name for name in sorted(shown) if not name.startswith("render.")]
        self._bytes = [shown[name].reshape(-1).view(np.uint8).data for name in told_apart_by]
        self._add_to_course(b"")

    def take(self, action: NDArray[np.float64], answer: Mapping[str, Any], row: int) -> None:
        """What one step has led to, beside what is observed.

        Args:
            action: As it was told.
            answer: Of all that were stepped, see ``Session.steps``.
            row: Its own place there.
        """
        if self._asked:
            self.info = dict(zip(self._asked, answer["info"][row], strict=True))
        self.reward = reward = answer["reward"][row]
        self.total += reward
        self.over = (
            "terminated" if answer["terminated"][row] else "truncated" if answer["truncated"][row] else ""
        )
        self._add_to_course(action.tobytes() + _NUMBER.pack(reward))

    def _add_to_course(self, before: bytes) -> None:
        self._course.update(b"".join((before, *self._bytes)))

    def measured(self) -> dict[str, float]:
        """What its task asks for."""
        return self._measures.at(self.info, self.reward, self.total)

    @property
    def course(self) -> str:
        """Digest over all observations, actions and rewards so far, hex."""
        return self._course.hexdigest()

    def problems(self) -> tuple[str, ...]:
        """Values that did not take, or did not stay, and keys of the info that never came."""
        found = self.link.call("problems", slot=self.slot)
        return (*(self.lost or found["lost"]), *found["never"])


class GymnasiumAdapter:
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`.

    One step of the environment is one control period. Every variant gets an environment made anew, so that
    nothing of another can be left in it.
    """

    name = "gymnasium"
    traits = AdapterTraits(quantities=frozenset((*get_args(OfEnvironment), *OF_BODIES)), planar=False)

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        read_options(f"{self.name} adapter", {}, options or {})
        self._timing = timing
        self._links: dict[str, tuple[Link, Mapping[str, Any]]] = {}
        self._faults: dict[str, tuple[str, ...]] = {}
        self._worlds: list[World] = []
        self._embodiment: Embodiment | None = None
        self._together: tuple[bytes, list[tuple[list[int], list[int]]]] | None = None

    def describe(self) -> AdapterInfo:
        """Identity; releases of the environment's own interpreter are in the world's."""
        from importlib.metadata import version

        return AdapterInfo(self.name, version("gymnasium"), "the environment's own", "cpu")

    @property
    def embodiment(self) -> Embodiment:
        """Spaces of the environments that were last reset."""
        if self._embodiment is None:
            raise RuntimeError(f"{self.name} adapter: no embodiment before reset")
        return self._embodiment

    def reset(self, scenes: Sequence[EnvironmentSite]) -> Observation:
        """Makes and resets one environment for each site.

        Raises:
            ValueError: No site, spaces that differ, or something that cannot be set.
            EnvironmentFailed: An environment raised.
        """
        if not scenes:
            raise ValueError("reset needs at least one environment")
        self._worlds, self._embodiment, self._together = [], None, None
        self._end_those_here()
        embodiments, faults = [], []
        together: dict[int, list[int]] = {}
        for slot, site in enumerate(scenes):
            link, said = self._link(site)
            embodiments.append(embodiment_of(site.env, said, self._timing.control_hz, site.clip))
            check_quantities(dict(site.quantities), said["observations"])
            faults.append(self._faults_of(link, site))
            together.setdefault(id(link), []).append(slot)
        if any(one != embodiments[0] for one in embodiments):
            raise ValueError("environments of one batch must observe and be told the same; run with batch 1")
        self._embodiment = embodiments[0]
        finite, spec = np.finfo(np.float64), self._embodiment.action
        self._least = [finite.min if spec.clip else max(low, finite.min) for low in spec.low]
        self._most = [finite.max if spec.clip else min(high, finite.max) for high in spec.high]
        self._arrays = {c.name: np.zeros((len(scenes), *c.shape), c.dtype) for c in self._embodiment.channels}
        worlds = {}
        for slots in together.values():
            link = self._link(scenes[slots[0]])[0]
            for slot, answer in zip(slots, _begun(link, slots, scenes), strict=True):
                shown = {name: array[slot] for name, array in self._arrays.items()}
                for name, array in answer["observation"].items():
                    shown[name][...] = array
                worlds[slot] = World(link, slot, scenes[slot], shown, answer, faults[slot])
        self._worlds, self._step = [worlds[slot] for slot in range(len(scenes))], 0
        return self._observation()

    def _end_those_here(self) -> None:
        """Ends earlier episodes of this process: what they have set may be that of all its environments."""
        for link, _ in self._links.values():
            if isinstance(link, LocalLink):
                link.call("close")

    def _link(self, site: EnvironmentSite) -> tuple[Link, Mapping[str, Any]]:
        kind = _kind(site)
        if kind not in self._links:
            link = open_link(
                site.python,
                {
                    "name": site.env,
                    "folder": site.folder,
                    "make": dict(site.make),
                    "keeps_time_limit": site.keeps_time_limit,
                    "camera": site.camera,
                },
            )
            self._links[kind] = link, link.call("describe")
        return self._links[kind]

    def _faults_of(self, link: Link, site: EnvironmentSite) -> tuple[str, ...]:
        """Targets that change nothing, and seeds that lead to several episodes.

        Asked once, of the scenario's own first variants and never of the one at hand: what is found must not
        depend on which variants a worker is given, nor in which order.
        """
        about = {"seed": 0, "steps": IDLE_STEPS, "info": _asked_of(site)}
        kind = f"{_kind(site)} {about}"
        if kind not in self._faults:
            found = []
            for probe in site.probes:
                values = dict(probe.values)
                idle = link.call("idle", values=values, asked=list(probe.targets), **about)
                found += [
                    f"{target} changed nothing in {IDLE_STEPS} steps of random actions; list its parameter "
                    "under 'unproven' if it shows only later"
                    for target in probe.targets
                    if idle.get(target)
                ]
            first = dict(site.probes[0].values) if site.probes else {}
            asked = site.reproducible and site.probes
            if asked and not link.call("repeats", values=first, **about):
                found.append(
                    "one seed and the same actions led to two different episodes: set what else it draws "
                    "from (often make.seed), or say 'reproducible: false'"
                )
            elif asked and site.batch > 1 and not link.call("independent", values=first, **about):
                found.append(
                    "under one seed and the same actions an episode is another one beside others in its "
                    "process: they share something (an attribute of a class, a variable of a module); run "
                    "with sim: {batch: 1}"
                )
            self._faults[kind] = tuple(found)
        return self._faults[kind]

    def step(self, actions: NDArray[np.float64], active: NDArray[np.bool_] | None = None) -> Observation:
        """One step of every active environment.

        Raises:
            RuntimeError: There is no environment, or one is over.
            ValueError: The actions have another shape or are none of this environment.
            EnvironmentFailed: An environment raised.
        """
        spec, count = self.embodiment.action, len(self._worlds)
        told = np.array(actions, dtype=np.float64)
        if told.shape != (count, spec.size):
            wanted = f"({count}, {spec.size})"
            raise ValueError(f"{self.name} adapter: actions must have shape {wanted}, not {told.shape}")
        self._step += self._timing.control_steps
        together = self._stepped(active)
        for indices, _ in together:
            for index in indices:
                if over := self._worlds[index].over:
                    raise RuntimeError(f"{self._worlds[index].site.name}: step after it was {over}")
        if not self._are_within(told):
            self._check_actions(told, [index for indices, _ in together for index in indices])
        if spec.clip:
            np.clip(told, spec.low, spec.high, out=told)
        for indices, slots in together:
            are_all = len(indices) == count
            asked = told if are_all else told[indices]
            answer = self._worlds[indices[0]].link.call("steps", slots=slots, actions=asked)
            for name, array in answer["observation"].items():
                self._arrays[name][... if are_all else indices] = array
            for row, index in enumerate(indices):
                self._worlds[index].take(told[index], answer, row)
        return self._observation()

    def _stepped(self, active: NDArray[np.bool_] | None) -> list[tuple[list[int], list[int]]]:
        """Active worlds and their slots, of each link: the same ones until another world is over."""
        key = b"" if active is None else active.tobytes()
        if self._together is None or self._together[0] != key:
            found: dict[int, tuple[list[int], list[int]]] = {}
            for index, world in enumerate(self._worlds):
                if active is None or active[index]:
                    indices, slots = found.setdefault(id(world.link), ([], []))
                    indices.append(index)
                    slots.append(world.slot)
            self._together = key, list(found.values())
        return self._together[1]

    def _are_within(self, told: NDArray[np.float64]) -> bool:
        # Of few numbers plain comparisons tell it in a fifth of numpy's time.
        for row in told.tolist():
            for low, value, high in zip(self._least, row, self._most, strict=True):
                if not low <= value <= high:
                    return False
        return True

    def _check_actions(self, told: NDArray[np.float64], stepped: list[int]) -> None:
        for index in stepped:
            if problem := self.embodiment.action.problem(told[index]):
                raise ValueError(f"{self.name} adapter: the action of world {index}: {problem}")

    def _observation(self) -> Observation:
        return Observation(self._step, self._arrays, dict.fromkeys(self._arrays, self._step))

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        """What the tasks ask for, and which environments are over."""
        return tuple(self._true(world) for world in self._worlds)

    def _true(self, world: World) -> GroundTruth:
        step, values = self._step, world.measured()
        return GroundTruth(
            step,
            step,
            _NOWHERE,
            _AT_REST,
            (),
            (),
            {},
            values,
            tells_entities=False,
            tells_contacts=False,
            over=world.over,
            course=world.course,
        )

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Values that did not take, and keys of the info that never came."""
        return tuple(world.problems() for world in self._worlds)

    def close(self) -> None:
        """Ends all environments; safe to call twice."""
        self._worlds = []
        for link, _ in self._links.values():
            link.close()
        self._links.clear()


class IsaacLabAdapter(GymnasiumAdapter):
    """Tasks of Isaac Lab, whose worlds of one batch share a simulation in its own interpreter."""

    name = "isaaclab"

    def describe(self) -> AdapterInfo:
        """Identity; releases of Isaac Lab and its physics are in the world's."""
        return AdapterInfo(self.name, "1", "Isaac Lab's own", "as the world says")


def _begun(link: Link, slots: list[int], scenes: Sequence[EnvironmentSite]) -> list[Mapping[str, Any]]:
    sites = [scenes[slot] for slot in slots]
    begun: list[Mapping[str, Any]] = link.call(
        "begins",
        slots=slots,
        seeds=[site.start_seed for site in sites],
        values=[dict(site.values) for site in sites],
        asked=[_asked_of(site) for site in sites],
    )
    return begun


def _asked_of(site: EnvironmentSite) -> tuple[str, ...]:
    """Names of the info, and quantities of bodies, that a task asks for."""
    asked = (asked_as(quantity) for _, quantity in site.quantities)
    return tuple(dict.fromkeys(name for name in asked if name))


def _kind(site: EnvironmentSite) -> str:
    """What variants of one environment share, in words: True, 1 and 1.0 are equal, and not the same."""
    return repr(replace(site, seed=0, reset_seed=None, values=(), quantities=(), worn=(), instruction=""))
