"""Quiet ticks by the hundred: rollout fragments, where environments and their policy are in one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.act_check import checked_acts, plain_values
from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.world_run import WorldRun
from simgate.policies.policy import NAME, ROLL, Act, Policy
from simgate.sim_adapters.embodiment import ActionSpec
from simgate.sim_adapters.environments.fragment import Terms
from simgate.sim_adapters.environments.link import Link, LocalLink
from simgate.sim_adapters.environments.remote.draws import alone
from simgate.sim_adapters.environments.remote.fragment import Decisions
from simgate.sim_adapters.observation import Observation
from simgate.sim_adapters.optional_member import speaks_for
from simgate.sim_adapters.sensors.worn import WornRobots
from simgate.sim_adapters.traits import traits_of


class Fragments:
    """Of the worlds of a batch.

    Args:
        adapter: The simulator.
        policy: Drives the robots.
        spec: What an action is.
        runs: Of each world, what records it.
        clock: Books the phases policy, step and record.
        robots: What is shown and done otherwise where anything is worn: tick by tick.
    """

    def __init__(
        self,
        adapter: Any,
        policy: Policy,
        spec: ActionSpec,
        runs: Sequence[WorldRun],
        clock: LapClock,
        robots: WornRobots,
    ) -> None:
        self._adapter, self._runs, self._clock = adapter, runs, clock
        self._decided: Sequence[Act] | None = None
        self._player = _Player(policy, spec, len(runs))
        whole = "step", "quiet", "ground_truth"
        speaks = traits_of(adapter).plays_fragments and speaks_for(adapter, "fragment", *whole)
        self._are_played = speaks and not robots.are_worn

    def play(
        self,
        observation: Observation,
        quiet: Sequence[Sequence[float]],
        worlds: Sequence[int],
        active: NDArray[np.bool_],
    ) -> Observation | None:
        """Plays and records ticks from a quiet one on, until one is not.

        Args:
            observation: Of that tick.
            quiet: What the adapter has measured of each world then.
            worlds: Those that go on.
            active: Whether each world does.

        Returns:
            What is observed now; None where nothing was played.

        Raises:
            BadAct: The policy answered with what is no action.
        """
        if not self._are_played or self._decided is not None:
            return None
        most = min(self._runs[world].quiet_ticks(observation.step) for world in worlds)
        if most < 2:
            return None
        first = {name: array[worlds] for name, array in observation.channels.items()}
        self._clock.lap("truth")
        self._player.begin(worlds)
        fragment = self._adapter.fragment(self._player, most, active)
        if fragment is None:
            self._are_played = False
            return None
        self._clock.lap("step")
        said = self._player.said
        self._clock.move("step", "policy", said["policy_s"])
        values, modes = said["values"], said["modes"]
        if len(values):
            seen = {
                name: np.concatenate([array[np.newaxis], fragment.channels[name][:-1]])
                for name, array in first.items()
            }
            for row, world in enumerate(fragment.worlds):
                self._runs[world].take_fragment(
                    observation.step,
                    [quiet[world], *fragment.measured[row][:-1]],
                    [mode[row] for mode in modes],
                    values[:, row].tolist(),
                    {name: array[:, row] for name, array in seen.items()},
                )
        self._clock.lap("record")
        self._decided = said["pending"]
        observed: Observation = fragment.observation
        return observed

    def decided(self, worlds: Sequence[int], step: int) -> Sequence[Act] | None:
        """What the policy has decided of this step, where that has ended a fragment; told once.

        Raises:
            BadAct: It is no action.
        """
        acts, self._decided = self._decided, None
        return None if acts is None else self._player.checked(acts, worlds, step)


class _Player:
    """See :class:`simgate.sim_adapters.environments.fragment.Player`; a policy of this process, or one that
    has moved in with the environments.

    Args:
        policy: Whose.
        spec: What an action is.
        worlds: How many it plays in.

    Attributes:
        said: Of the last fragment, see :meth:`.Decisions.told`.
    """

    def __init__(self, policy: Policy, spec: ActionSpec, worlds: int) -> None:
        self._policy, self._spec, self._worlds = policy, spec, worlds
        self._name = NAME.of(policy) or type(policy).__name__
        self._active: Sequence[int] = ()
        self.said: Mapping[str, Any] = {}

    def begin(self, worlds: Sequence[int]) -> None:
        """From now on these worlds go on."""
        self._active = worlds

    def roll(self, link: Link, terms: Terms, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """See :meth:`.Player.roll`."""
        found = self._here(link, terms, asked) if isinstance(link, LocalLink) else None
        found = ROLL.of(self._policy)(link, terms, asked) if found is None else found
        self.said = found or {}
        return found

    def _here(self, link: LocalLink, terms: Terms, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        decided, are_all = Decisions(), len(self._active) == self._worlds
        failed: BaseException | None = None

        def decide(count: int, seen: dict[str, NDArray[Any]]) -> NDArray[np.float64] | None:
            nonlocal failed
            began, step = perf_counter(), terms.step + count * terms.period
            told = None
            acts: Sequence[Act]
            shown = Observation(step, seen, dict.fromkeys(seen, step))
            try:
                with alone(self._name, self._worlds):
                    acts = self._policy.act(shown, [None] * self._worlds)
                if type(acts) is list and len(acts) == self._worlds:
                    mine = acts if are_all else [acts[world] for world in self._active]
                    told = plain_values(mine, self._spec.low, self._spec.high)
                if told is None:
                    acts = self.checked(acts, self._active, step)
                    mine = [acts[world] for world in self._active]
            except (Exception, SystemExit) as error:
                failed = error  # Not the environment's, whose link would take it for that.
                return None
            finally:
                decided.policy_s += perf_counter() - began
            if told is None:
                if any(act.facts or act.done for act in mine):
                    decided.pending = acts
                    return None
                told = np.array([act.values for act in mine], dtype=np.float64)
            decided.add(told, [act.mode for act in mine])
            return np.clip(told, terms.low, terms.high) if terms.clip else told

        answer = link.call("fragment", **asked, decide=decide)
        if failed is not None:
            raise failed
        return {**answer, **decided.told(len(self._active), self._spec.size)}

    def checked(self, acts: Sequence[Act], active: Sequence[int], step: int) -> Sequence[Act]:
        """See :func:`.checked_acts`."""
        return checked_acts(self._policy, acts, self._spec, self._worlds, active, step)
