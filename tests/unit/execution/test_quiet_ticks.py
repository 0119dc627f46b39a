"""A tick at which nothing has happened is kept by a short way, and it is the tick that it would have been."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.harness.execution.episode.act_check import BadAct
from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.execution.episode.world_run import Episode, WorldRun
from simgate.harness.tasks.declared import DeclaredRun, DeclaredTask
from simgate.policies.policy import Act, Policy
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.environments.adapter import GymnasiumAdapter
from simgate.sim_adapters.observation import GroundTruth
from simgate.sim_adapters.scene.environment import EnvironmentSite

ENV = '''\
import gymnasium
import numpy as np
from gymnasium import spaces

class Env(gymnasium.Env):
    """Comes to what `odd` says at its tenth step."""

    def __init__(self, odd=""):
        self.odd = odd
        self.observation_space = spaces.Dict({
            "at": spaces.Box(-np.inf, np.inf, (3,), np.float32), "count": spaces.Discrete(1000),
            "table": spaces.Box(-np.inf, np.inf, (2, 2), np.float64)})
        self.action_space = spaces.Box(-1, 1, (2,), np.float32)

    def seen(self):
        at, table = np.array([self.x, self.v, 1], np.float32), np.array([[self.x, self.v], [self.k, 1.0]])
        if self.odd == "endless" and self.k == 10:
            table[0, 1] = np.inf
        return {"at": at, "count": self.k, "table": table}

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.k, self.x, self.v = 0, float(self.np_random.normal()), 0.0
        return self.seen(), {}

    def step(self, action):
        self.k += 1
        self.v += 0.1 * float(action[0])
        self.x += 0.1 * self.v + 0.01 * float(action[1])
        over = self.odd == "over" and self.k == 10
        return self.seen(), -abs(self.x), over, self.odd == "cut" and self.k == 10, {"x": self.x}
'''
SIGNALS = {"v": {"obs": "at", "index": 1}, "count": {"obs": "count"}, "x": {"info": "x"}}
TIMING = Timing(20, 20, 20)


class Stepwise(GymnasiumAdapter):
    traits = replace(GymnasiumAdapter.traits, tells_quiet=False)


class OneByOne(GymnasiumAdapter):
    traits = replace(GymnasiumAdapter.traits, plays_fragments=False)


class Drawn:
    """Draws, and lets its mode tell of the time."""

    def reset(self, briefs, embodiment) -> None:
        self.streams = [np.random.default_rng(brief.seed) for brief in briefs]
        self.count = 0

    def act(self, observation, detections) -> list[Act]:
        self.count += 1
        return [self.one(k, stream.uniform(-1, 1, 2)) for k, stream in enumerate(self.streams)]

    def one(self, world: int, values: Any) -> Act:
        return Act(values, f"mode {self.count % 3}")


class Says(Drawn):
    def one(self, world: int, values: Any) -> Act:
        said = {"report": f"at {self.count}", "pressure": 1.5 * self.count} if self.count in (4, 9) else {}
        return Act(values.tolist(), "says", said, done=self.count == 15 + 3 * world)


class WritesIntoWhatItIsShown(Says):
    def act(self, observation, detections) -> list[Act]:
        for array in observation.channels.values():
            array[...] = 7
        return super().act(observation, detections)


class EmptiesWhatItIsGiven(Says):
    def act(self, observation, detections) -> list[Act]:
        self.count -= len(detections) - len(self.streams)
        for given in (detections, observation.channels, observation.stamps):
            given.clear()
        return super().act(observation, detections)


class AnswersWithOneArray(Drawn):
    def reset(self, briefs, embodiment) -> None:
        super().reset(briefs, embodiment)
        self.kept = [np.zeros(2) for _ in briefs]

    def one(self, world: int, values: Any) -> Act:
        self.kept[world][:] = values
        return Act(self.kept[world], "kept")


class Ends(Drawn):
    """Without a word."""

    def one(self, world: int, values: Any) -> Act:
        return Act(values, "ends", done=self.count == 15)


class Looks(Drawn):
    def act(self, observation, detections) -> list[Act]:
        return [Act(np.tanh(seen[:2].astype(float)), "looks") for seen in observation.channels["obs.at"]]


class Far(Drawn):
    def one(self, world: int, values: Any) -> Act:
        return Act(values + 2.0 * (self.count == 7), "far")


def played(
    kind: Callable[[Timing], GymnasiumAdapter],
    sites: list[EnvironmentSite],
    policy: Any,
    said: dict[str, Any],
) -> list[Episode]:
    task = DeclaredTask.read("task", said)
    adapter, seeds = kind(TIMING), [site.seed for site in sites]
    asked = [replace(site, quantities=tuple(task.quantities.items())) for site in sites]
    cast = Cast(adapter, policy, (), 0.0, task, TIMING, 2.0, ("actions",))
    try:
        return run_episodes(cast, asked, seeds, seeds, LapClock())  # type: ignore[arg-type]
    finally:
        adapter.close()


def whole(episode: Episode) -> dict[str, Any]:
    """All of a trace that can be compared."""
    found = {one.name: getattr(episode.trace, one.name) for one in fields(episode.trace)}
    found |= {name: values.tobytes() for name, values in episode.trace.signals.items()}
    found |= {f"read {one.channel}": one.values.tobytes() for one in episode.trace.readings}
    told = found.pop("actions")
    found |= {"told": told.values.tobytes(), "steps": found["steps"].tobytes(), "latency_ms": None}
    return {**found, "signals": None, "digest": episode.trace.digest()}


@pytest.fixture
def sites(tmp_path: Path) -> Callable[[str, int], list[EnvironmentSite]]:
    (tmp_path / "quiet_env.py").write_text(ENV)

    def made(odd: str, count: int) -> list[EnvironmentSite]:
        kind = EnvironmentSite("odd", "quiet_env.py:Env", str(tmp_path))
        # One of several comes to it, and the others go on.
        oddities = [odd if k == 0 else "" for k in range(count)]
        return [replace(kind, seed=k + 3, values=(("make.odd", one),)) for k, one in enumerate(oddities)]

    return made


RETURN = {"signals": {"reward": {"reward": True}, "return": {"return": True}}}
ASKED = {"signals": {**RETURN["signals"], **SIGNALS}, "success": "x > 0 at end"}
HELD = {"signals": {**RETURN["signals"], **SIGNALS}, "success": "x > 0.2 for 0.2 s", "failure": "v > 0.6"}


@pytest.mark.parametrize("odd", ["", "endless", "over", "cut"])
@pytest.mark.parametrize(
    "policy", [Drawn, Says, WritesIntoWhatItIsShown, EmptiesWhatItIsGiven, AnswersWithOneArray, Ends]
)
@pytest.mark.parametrize("task", [RETURN, ASKED, HELD], ids=["return", "at end", "held"])
def test_an_episode_is_the_same_whether_its_quiet_ticks_are_kept_by_the_short_way(
    sites: Any, odd: str, policy: type[Policy], task: dict[str, Any]
) -> None:
    count = 1 if task is ASKED else 3
    kinds = GymnasiumAdapter, OneByOne, Stepwise
    most, short, long = (played(kind, sites(odd, count), policy(), task) for kind in kinds)
    for many, one, other in zip(map(whole, most), map(whole, short), map(whole, long), strict=True):
        for name, value in one.items():
            assert value == other[name] == many[name], name
    ends = {"endless": "invalid", "over": "terminated", "cut": "truncated"}
    if odd and task is not HELD:
        assert short[0].trace.end == ends[odd]
        assert len(short[0].trace.steps) == 11
        broken = ("non-finite sensor reading at step 10",) if odd == "endless" else ()
        assert short[0].trace.invalid_reasons == broken


def test_what_is_worn_is_worn_at_each_tick(sites: Any) -> None:
    worn = [replace(site, worn=(("obs.at.noise_std", 0.2), ("action.limit", 0.5))) for site in sites("", 2)]
    kinds = GymnasiumAdapter, OneByOne, Stepwise
    most, short, long = (list(map(whole, played(kind, worn, Looks(), ASKED))) for kind in kinds)
    assert most == short == long
    assert most != list(map(whole, played(GymnasiumAdapter, sites("", 2), Looks(), ASKED)))


def test_an_action_beyond_its_range_is_refused_at_its_step(sites: Any) -> None:
    said = []
    for kind in (GymnasiumAdapter, OneByOne, Stepwise):
        with pytest.raises(BadAct, match=r"step 6: action\.0 is ") as raised:
            played(kind, sites("", 2), Far(), RETURN)
        said.append(str(raised.value))
    assert len(set(said)) == 1


@pytest.mark.parametrize("odd", ["", "endless"])
def test_a_policy_that_works_in_what_it_is_shown_changes_nothing(sites: Any, odd: str) -> None:
    one, other = (
        played(GymnasiumAdapter, sites(odd, 3), policy(), ASKED) for policy in (Says, WritesIntoWhatItIsShown)
    )
    assert list(map(whole, one)) == list(map(whole, other))


class EndsFar(DeclaredRun):
    """A team's own, derived from what a declared task is."""

    def ended(self, step: int, truth: GroundTruth, act: Act) -> str:
        return "far" if truth.values["count"] == 12 else super().ended(step, truth, act)


class HandsOn:
    """As :class:`EndsFar`, around one."""

    def __init__(self, inner: DeclaredRun) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def ended(self, step: int, truth: GroundTruth, act: Act) -> str:
        return "far" if truth.values["count"] == 12 else self.inner.ended(step, truth, act)


@pytest.mark.parametrize("kind", [EndsFar, HandsOn])
def test_a_task_with_an_end_of_its_own_is_asked_at_each_tick(
    sites: Any, kind: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(task: DeclaredTask, scene: Any, *given: Any) -> Any:
        return EndsFar(task, *given) if kind is EndsFar else HandsOn(DeclaredRun(task, *given))

    monkeypatch.setattr(DeclaredTask, "begin", begin)
    for one in played(GymnasiumAdapter, sites("", 2), Drawn(), ASKED):
        assert (one.trace.end, len(one.trace.steps)) == ("far", 13)


class Leaves(GymnasiumAdapter):
    """A team's own, whose truth says more."""

    def ground_truth(self) -> tuple[GroundTruth, ...]:
        said = super().ground_truth()
        return tuple(replace(one, over="left") if one.values["count"] == 12 else one for one in said)


def test_an_adapter_with_a_truth_of_its_own_is_asked_at_each_tick(sites: Any) -> None:
    for one in played(Leaves, sites("", 2), Drawn(), ASKED):
        assert (one.trace.end, len(one.trace.steps)) == ("left", 13)


NEVER = {**HELD, "success": "x > 99", "failure": "v > 99"}


@pytest.mark.parametrize(("task", "kept"), [(RETURN, 39), (NEVER, 0)], ids=["return", "held"])
def test_only_ticks_at_which_no_condition_is_asked_for_are_quiet(
    sites: Any, task: dict[str, Any], kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet: list[int] = []
    one, many = WorldRun.quiet_tick, WorldRun.take_fragment

    def counted(*given: Any) -> bool:
        quiet.append(one(*given))
        return bool(quiet[-1])

    def counted_all(run: WorldRun, first: int, rows: Any, *given: Any) -> None:
        quiet.append(len(rows))
        many(run, first, rows, *given)

    monkeypatch.setattr(WorldRun, "quiet_tick", counted)
    monkeypatch.setattr(WorldRun, "take_fragment", counted_all)
    for kind in (GymnasiumAdapter, OneByOne):
        (episode,) = played(kind, sites("", 1), Drawn(), task)
        assert (len(episode.trace.steps), sum(quiet)) == (41, kept)
        quiet.clear()


def test_an_adapter_tells_in_short_only_of_steps_at_which_nothing_has_happened(sites: Any) -> None:
    task = DeclaredTask.read("task", ASKED)
    quantities = tuple(task.quantities.items())
    for odd in ("over", "cut", "endless"):
        adapter = GymnasiumAdapter(TIMING)
        adapter.reset([replace(site, quantities=quantities) for site in sites(odd, 2)])
        assert adapter.quiet() is None
        for _ in range(9):
            adapter.step(np.full((2, 2), 0.5))
            told = adapter.quiet()
            assert told is not None
            assert told == [list(truth.values.values()) for truth in adapter.ground_truth()]
        adapter.step(np.full((2, 2), 0.5))
        assert adapter.quiet() is None
        adapter.step(np.full((2, 2), 0.5), np.array([False, True]))
        # What a world has read last stays where it is.
        assert (adapter.quiet() is None) == (odd == "endless")
        if odd != "endless":
            with pytest.raises(RuntimeError, match="odd: step after it was"):
                adapter.step(np.full((2, 2), 0.5))
        adapter.close()
