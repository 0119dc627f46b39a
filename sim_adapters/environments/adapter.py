"""The adapter of environments that a team already has."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import AdapterInfo, Timing
from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.environments.embodiment import embodiment_of
from simgate.sim_adapters.environments.fragment import Fragment, Player, Terms, steps_at_most
from simgate.sim_adapters.environments.link import Link, LocalLink, RemoteLink, open_link
from simgate.sim_adapters.environments.measured import OF_BODIES, check_quantities
from simgate.sim_adapters.environments.world import Group, World, asked_of
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.options import read_options
from simgate.sim_adapters.quantities import OfEnvironment
from simgate.sim_adapters.scene.environment import EnvironmentSite
from simgate.sim_adapters.traits import AdapterTraits

_NOWHERE, _AT_REST = (0.0, 0.0, 0.0), (0.0, 0.0)
_FEW_NUMBERS = 24
IDLE_STEPS = 100
"""Steps under random actions within which what is set must change something."""

_Begun = tuple[NDArray[np.float64], Group, Callable[[], Mapping[str, Any]]]
"""Of a step that is on its way: what was told, to which worlds, and what waits for the answer."""


class GymnasiumAdapter:
    """See :class:`simgate.sim_adapters.adapter.SimAdapter`.

    One step of the environment is one control period. Every variant gets an environment made anew, so that
    nothing of another can be left in it.
    """

    name = "gymnasium"
    traits = AdapterTraits(
        quantities=frozenset((*get_args(OfEnvironment), *OF_BODIES)),
        planar=False,
        serves_further_runs=False,
        tells_quiet=True,
        plays_fragments=True,
    )

    def __init__(self, timing: Timing, options: Mapping[str, object] | None = None) -> None:
        read_options(f"{self.name} adapter", {}, options or {})
        self._timing = timing
        self._links: dict[str, tuple[Link, Mapping[str, Any]]] = {}
        self._faults: dict[str, tuple[str, ...]] = {}
        self._worlds: list[World] = []
        self._embodiment: Embodiment | None = None
        self._together: tuple[bytes, list[Group]] | None = None
        self._begun: list[_Begun] | None = None
        self._is_quiet = False

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
        self._worlds, self._embodiment, self._together, self._is_quiet = [], None, None, False
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
        self._fractions = [one.reshape(-1) for one in self._arrays.values() if one.dtype.kind == "f"]
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
        about = {"seed": 0, "steps": IDLE_STEPS, "info": asked_of(site)}
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
        together = self._stepped(active)
        if not self._is_quiet:
            for group in together:
                group.check_none_is_over()
        begun, self._begun = self._begun, None
        self._is_quiet = True
        if begun is None:
            told = self._told(actions, together)
            for group in together:
                asked = told if group.are_all else told[group.indices]
                self._take(told, group, group.link.steps(group.slots, asked))
        else:
            for told, group, answered in begun:
                self._take(told, *group.narrowed(active, answered()))
        self._step += self._timing.control_steps
        return self._observation()

    def lodging(self, scenes: Sequence[EnvironmentSite]) -> RemoteLink | None:
        """The interpreter where these environments will be, for a policy that is installed there, too; None
        where they are in this process, or in several.

        Raises:
            EnvironmentFailed: It cannot be started.
        """
        if len({_kind(site) for site in scenes}) != 1:
            return None
        link, _ = self._link(scenes[0])
        return link if isinstance(link, RemoteLink) else None

    def fragment(self, player: Player, most: int, active: NDArray[np.bool_] | None = None) -> Fragment | None:
        """Steps of every active environment, each as :meth:`step` has it, as long as nothing happens that
        :meth:`quiet` would not pass over.

        Args:
            player: The policy.
            most: Steps at most.
            active: See :meth:`step`.

        Returns:
            None where the policy cannot act beside them, or they do not share a link.

        Raises:
            RuntimeError: One is over.
            EnvironmentFailed: An environment raised.
        """
        together, spec = self._stepped(active), self.embodiment.action
        if len(together) != 1:
            return None
        (group,) = together
        group.check_none_is_over()
        period = self._timing.control_steps
        terms = Terms(self._step, period, self._least, self._most, spec.low, spec.high, spec.clip)
        steps = steps_at_most(most, self._arrays)
        asked = {"slots": group.slots, "rows": group.indices, "seen": self._arrays, "most": steps}
        answer = player.roll(group.link, terms, asked) if steps else None
        if answer is None:
            return None
        told = answer["values"]
        if not len(told):
            return Fragment(self._observation(), group.indices, {}, ())
        self._check_answer({**answer, "reward": answer["reward"].reshape(-1)})
        if spec.clip:
            told = np.clip(told, spec.low, spec.high)
        channels = {
            name: np.asarray(v, self._arrays[name].dtype) for name, v in answer["observation"].items()
        }
        for name, values in channels.items():
            self._arrays[name][group.indices] = values[-1]
        self._is_quiet = True
        measured = []
        for row, (world, _) in enumerate(group.worlds):
            over = "terminated" if answer["terminated"][row] else "truncated" * answer["truncated"][row]
            self._is_quiet = self._is_quiet and not over
            mine = {name: values[:, row] for name, values in channels.items()}
            rewards, infos = answer["reward"][:, row], answer["info"][:, row]
            measured.append(world.take_all(told[:, row], rewards, infos, mine, over))
        self._step += len(told) * period
        return Fragment(self._observation(), group.indices, channels, measured)

    def _told(self, actions: NDArray[np.float64], together: Sequence[Group]) -> NDArray[np.float64]:
        """The actions as the environments are told them; raises as :meth:`step` does."""
        spec, count = self.embodiment.action, len(self._worlds)
        told = np.array(actions, dtype=np.float64)
        if told.shape != (count, len(self._least)):
            wanted = f"({count}, {spec.size})"
            raise ValueError(f"{self.name} adapter: actions must have shape {wanted}, not {told.shape}")
        if not self._are_within(told):
            self._check_actions(told, [index for group in together for index in group.indices])
        if spec.clip:
            np.clip(told, spec.low, spec.high, out=told)
        return told

    def _take(self, told: NDArray[np.float64], group: Group, answer: Mapping[str, Any]) -> None:
        """What a step has led to."""
        self._check_answer(answer)
        for name, array in answer["observation"].items():
            if group.are_all:
                self._arrays[name][...] = array
            else:
                self._arrays[name][group.indices] = array
        rewards, terminations = answer["reward"], answer["terminated"]
        truncations, infos = answer["truncated"], answer["info"]
        for row, (world, index) in enumerate(group.worlds):
            world.take(told[index], rewards[row], terminations[row], truncations[row], infos[row])
            if world.over:
                self._is_quiet = False

    def _check_answer(self, answer: Mapping[str, Any]) -> None:
        """What a session has not looked at itself."""

    def _stepped(self, active: NDArray[np.bool_] | None) -> list[Group]:
        """Active worlds, by their links: the same ones until another world is over."""
        key = b"" if active is None else active.tobytes()
        if self._together is None or self._together[0] != key:
            found: dict[Link, list[int]] = {}
            for index, world in enumerate(self._worlds):
                if active is None or active[index]:
                    found.setdefault(world.link, []).append(index)
            self._together = key, [Group(link, self._worlds, indices) for link, indices in found.items()]
            self._is_quiet = False
        return self._together[1]

    def _are_within(self, told: NDArray[np.float64]) -> bool:
        if told.size > _FEW_NUMBERS:
            return bool(((self._least <= told) & (told <= self._most)).all())
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
        step, names = self._step, [name for name, _ in world.site.quantities]
        values = dict(zip(names, world.measured(), strict=True))
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

    def quiet(self) -> Sequence[Sequence[float]] | None:
        """What the tasks ask for where there is nothing else to say of the last step, see
        :attr:`.AdapterTraits.tells_quiet`."""
        if not self._is_quiet or self._has_endless():
            return None
        return [world.measured() for world in self._worlds]

    def _has_endless(self) -> bool:
        # A sum of squares that is finite has finite parts.
        return not all(math.isfinite(one.dot(one)) for one in self._fractions)

    def health(self) -> tuple[tuple[str, ...], ...]:
        """Values that did not take, and keys of the info that never came."""
        return tuple(world.problems() for world in self._worlds)

    def close(self) -> None:
        """Ends all environments; safe to call twice."""
        self._worlds = []
        for link, _ in self._links.values():
            link.close()
        self._links.clear()


def _begun(link: Link, slots: list[int], scenes: Sequence[EnvironmentSite]) -> list[Mapping[str, Any]]:
    sites = [scenes[slot] for slot in slots]
    begun: list[Mapping[str, Any]] = link.call(
        "begins",
        slots=slots,
        seeds=[site.start_seed for site in sites],
        values=[dict(site.values) for site in sites],
        asked=[asked_of(site) for site in sites],
    )
    return begun


def _kind(site: EnvironmentSite) -> str:
    """What variants of one environment share, in words: True, 1 and 1.0 are equal, and not the same."""
    return repr(replace(site, seed=0, reset_seed=None, values=(), quantities=(), worn=(), instruction=""))
