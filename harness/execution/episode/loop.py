"""The episode loop: N worlds closed-loop with their policy, from reset until the last one has ended.

Recording, validity and the rules of ending live in :mod:`world_run`, perception and its latency in
:mod:`perception_stage`; metrics are computed from the trace afterwards. What is left is the loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.harness.execution.episode.act_check import checked_acts
from simgate.harness.execution.episode.fragments import Fragments
from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.execution.episode.models.device_frames import source_of
from simgate.harness.execution.episode.models.latency import Delivery
from simgate.harness.execution.episode.models.perception_stage import PerceptionStage
from simgate.harness.execution.episode.world_run import Episode, WorldRun
from simgate.harness.packs.checks.metric_catalog import Record
from simgate.harness.results.record import LatencySamples
from simgate.harness.tasks.task import Task
from simgate.policies.policy import ENDED, LATENCIES, LATENCY_MODE, LODGE, NAME, Act, Heard, Policy
from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.embodiment import ActionSpec, Embodiment
from simgate.sim_adapters.environments.fragment import MixedDraws
from simgate.sim_adapters.environments.remote.draws import alone, seed_all
from simgate.sim_adapters.observation import GroundTruth, Observation
from simgate.sim_adapters.optional_member import speaks_for
from simgate.sim_adapters.scene.environment import instruction_of
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.sensors.worn import WornRobots, worn_of
from simgate.sim_adapters.traits import traits_of


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: everything that stays the same from episode to episode.

    Attributes:
        adapter: The simulator.
        policy: Drives the robots.
        models: Perception; none for a policy that uses none.
        extra_ms: Added to every latency, milliseconds.
        task: What the robots have to do.
        timing: Rates of the loop.
        time_limit_s: Simulated seconds after which an episode ends.
        records: What traces hold besides what all hold.
        exact_frames: Whether the frames of long episodes are kept as they were too, which takes more room.
    """

    adapter: SimAdapter
    policy: Policy
    models: Sequence[LoopModel]
    extra_ms: float
    task: Task
    timing: Timing
    time_limit_s: float
    records: Collection[Record] = ()
    exact_frames: bool = False


def run_episodes(
    cast: Cast, scenes: Sequence[Scene], seeds: Sequence[int], policy_seeds: Sequence[int], clock: LapClock
) -> list[Episode]:
    """Plays one episode in each scene, all together, and returns them in the same order.

    Args:
        cast: Simulator, policy, perception.
        scenes: One for each world.
        seeds: One for each world: all that is random in the episode, but for its policy, comes from it.
        policy_seeds: One for each world: what its policy draws comes from it.
        clock: Books wall-clock time by phase: build, truth, effects, inference, policy, record, step,
            render (when the adapter counts it).

    Raises:
        BadAct: The policy answered with what is no action.
    """
    try:
        return _run(cast, scenes, seeds, policy_seeds, clock)
    except MixedDraws:
        return _run(cast, scenes, seeds, policy_seeds, clock)


def _run(
    cast: Cast, scenes: Sequence[Scene], seeds: Sequence[int], policy_seeds: Sequence[int], clock: LapClock
) -> list[Episode]:
    adapter, timing, traits = cast.adapter, cast.timing, traits_of(cast.adapter)
    _lodge(cast, scenes)
    seed_all(policy_seeds[0])
    observation = adapter.reset(scenes)
    rendered_s = _render_seconds(adapter)
    embodiment = adapter.embodiment
    _reset_policy(cast, scenes, policy_seeds, embodiment)
    clock.lap("build")
    perception, runs = _begin(cast, scenes, seeds, clock)
    robots = WornRobots(list(map(worn_of, scenes)), seeds, embodiment, timing.control_hz)
    worlds, actions = list(range(len(scenes))), np.zeros((len(scenes), embodiment.action.size))
    active = np.ones(len(scenes), dtype=np.bool_)
    latencies: dict[int, LatencySamples] = {}
    tells_quiet = traits.tells_quiet and not cast.models and speaks_for(adapter, "quiet", "ground_truth")
    fragments = Fragments(adapter, cast.policy, embodiment.action, runs, clock, robots)
    while True:
        is_control = timing.is_control(observation.step)
        quiet = _quiet(adapter) if tells_quiet and is_control else None
        if quiet is not None and (later := fragments.play(observation, quiet, worlds, active)):
            observation = later
            continue
        truths = adapter.ground_truth() if quiet is None else ()
        clock.lap("truth")
        shown = robots.shown(observation)
        perception.sense(shown, worlds)
        if is_control:
            arrived = perception.deliver(observation.step, worlds)
            acts = fragments.decided(worlds, observation.step)
            if acts is None:
                acts = _acts(cast, perception.shown(shown), arrived, embodiment.action, worlds)
            clock.lap("policy")
            for world in worlds:
                actions[world] = robots.done(world, acts[world].values)
            if traits.steps_ahead:
                _begin_step(adapter, actions, active)
            ticks = _ticks(adapter, runs, worlds, observation, acts, arrived, truths, quiet)
            if over := [world for world, goes_on in ticks if not goes_on]:
                active[over] = False
                latencies |= {world: _left(cast, perception, world) for world in over}
                worlds = [world for world in worlds if active[world]]
        else:
            for world in worlds:
                runs[world].glimpse(world, observation, truths[world])
        clock.lap("record")
        if not worlds:
            break
        observation = adapter.step(actions, active)
        clock.lap("step")
    clock.move("step", "render", _render_seconds(adapter) - rendered_s)
    ended = zip(runs, adapter.health(), strict=True)
    return [run.finish(health, latencies[k], perception.views(k)) for k, (run, health) in enumerate(ended)]


def _ticks(
    adapter: SimAdapter,
    runs: Sequence[WorldRun],
    worlds: Sequence[int],
    observation: Observation,
    acts: Sequence[Act],
    arrived: Sequence[Sequence[Delivery]],
    truths: Sequence[GroundTruth],
    quiet: Sequence[Sequence[float]] | None,
) -> Iterator[tuple[int, bool]]:
    """Records a control tick, by the short way where nothing has happened; tells of the others whether they
    go on."""
    loud = worlds
    if quiet is not None:
        loud = [w for w in worlds if not runs[w].quiet_tick(w, observation, quiet[w], acts[w])]
        truths = adapter.ground_truth() if loud else ()
    read = _read_only(observation) if loud else observation
    for world in loud:
        yield world, runs[world].tick(world, read, truths[world], acts[world], arrived[world])


def _acts(
    cast: Cast,
    shown: Observation,
    arrived: Sequence[Sequence[Delivery]],
    spec: ActionSpec,
    worlds: Sequence[int],
) -> Sequence[Act]:
    """What the policy answers, one act for each world; see :func:`.checked_acts`."""
    with alone(_name(cast.policy), len(arrived)):
        answered = cast.policy.act(_lent(shown), [told(results, cast.models) for results in arrived])
    return checked_acts(cast.policy, answered, spec, len(arrived), worlds, shown.step)


def _lent(shown: Observation) -> Observation:
    """A policy may work in what it is given; what is recorded and checked, and what a slower sensor shows
    again, stays as it was read."""
    channels = {name: values.copy() for name, values in shown.channels.items()}
    return Observation(shown.step, channels, dict(shown.stamps), dict(shown.lost))


def _read_only(observation: Observation) -> Observation:
    """A task that worked in it would change what is recorded, what the next world's task is given, and what a
    slower sensor shows again."""
    channels = {}
    for name, values in observation.channels.items():
        channels[name] = view = values.view()
        view.flags.writeable = False
    return Observation(observation.step, channels, observation.stamps, observation.lost)


def _name(policy: Policy) -> str:
    return NAME.of(policy) or type(policy).__name__


def _reset_policy(
    cast: Cast, scenes: Sequence[Scene], policy_seeds: Sequence[int], embodiment: Embodiment
) -> None:
    """Tells the policy, for itself, what it is to know of each world before the first tick."""
    briefs = [
        replace(
            brief,
            seed=seed,
            instruction=instruction_of(scene) or brief.instruction,
            facts=deepcopy(dict(brief.facts)),
        )
        for brief, seed, scene in zip(map(cast.task.brief, scenes), policy_seeds, scenes, strict=True)
    ]
    with alone(_name(cast.policy), len(scenes)):
        cast.policy.reset(briefs, embodiment)


def _left(cast: Cast, perception: PerceptionStage, world: int) -> LatencySamples:
    """The latency of a world whose episode is over, and tells the policy that it is: not once all are, for
    until then a policy would go on asking for it."""
    found = _latency(cast, perception, world)
    perception.ended(world)
    ENDED.of(cast.policy)(world)
    return found


def _latency(cast: Cast, perception: PerceptionStage, world: int) -> LatencySamples:
    """That of the models; without any that of a policy which waits for answers of its own."""
    mode = LATENCY_MODE.of(cast.policy)
    if cast.models or mode is None:
        return perception.latency_samples(world)
    pairs = LATENCIES.of(cast.policy)(world)
    acted, took = (tuple(pair[k] for pair in pairs) for k in (0, 1))
    return LatencySamples(in_loop_ms=acted, measured_ms=took, mode=mode)


def _begin(
    cast: Cast, scenes: Sequence[Scene], seeds: Sequence[int], clock: LapClock
) -> tuple[PerceptionStage, list[WorldRun]]:
    """Perception of all worlds and the record of each, once the simulator has built them."""
    adapter, task, timing, limit_s = cast.adapter, cast.task, cast.timing, cast.time_limit_s
    embodiment = adapter.embodiment
    perception = PerceptionStage(
        cast.models,
        cast.extra_ms,
        [scene.effects for scene in scenes],
        seeds,
        timing.physics_hz,
        clock,
        embodiment,
        source_of(adapter),
        exact=cast.exact_frames,
    )
    runs = []
    for world, scene in enumerate(scenes):
        begun = task.begin(scene, timing, limit_s)
        frames = perception.frames(world)
        runs.append(WorldRun(begun, task.signals, frames, timing, embodiment, limit_s, cast.records))
    return perception, runs


def told(arrived: Sequence[Delivery], models: Sequence[LoopModel]) -> Heard:
    """What the policy is told, for itself (see :func:`_lent`): of each model the newest result, by name where
    the pack gives one; older ones that arrive with it are in the trace only."""
    if not models:
        return None
    if any(model.name for model in models):
        return {one.answer.model: deepcopy(one.answer) for one in arrived}
    return deepcopy(arrived[-1].answer) if arrived else None


def _lodge(cast: Cast, scenes: Sequence[Scene]) -> None:
    """Tells the policy where the environments will be."""
    adapter: Any = cast.adapter
    if traits_of(adapter).plays_fragments:
        LODGE.of(cast.policy)(adapter.lodging(scenes))


def _begin_step(adapter: Any, actions: NDArray[np.float64], active: NDArray[np.bool_]) -> None:
    """Begins the step that ``step`` ends; what worlds that have ended by then do in it, nobody sees."""
    adapter.step_ahead(actions, active)


def _quiet(adapter: Any) -> Sequence[Sequence[float]] | None:
    """What an adapter whose traits say so measures of each world where nothing has happened; None where it
    has."""
    found: Sequence[Sequence[float]] | None = adapter.quiet()
    return found


def _render_seconds(adapter: SimAdapter) -> float:
    """Wall-clock seconds spent rendering so far, for adapters whose traits say that they count them."""
    drawn: Any = adapter
    return float(drawn.render_s) if traits_of(adapter).counts_render_s else 0.0
