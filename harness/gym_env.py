"""Any robot, world and task as a ``gymnasium.Env``, to train or probe policies on what gates them.

The observation is what the robot senses and is told; truth, signals and success are in ``info`` alone. The
gate itself does not run through this class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from simgate.harness.tasks.task import Task, TaskRun
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.adapter import SimAdapter, Timing
from simgate.sim_adapters.embodiment import Embodiment, eye_of
from simgate.sim_adapters.observation import Contact, GroundTruth, Observation
from simgate.sim_adapters.sensors.effects import apply_effects
from simgate.sim_adapters.sensors.worn import WornRobots, worn_of
from simgate.sim_adapters.traits import traits_of

Payloads = Callable[[np.random.Generator], Any]
"""Draws a world that the adapter builds: a scene, or a robot's site."""
Signals = Mapping[str, float]
Reward = Callable[[Signals, Signals, str], float]
"""(signals before, signals now, how the episode has ended or "") -> reward of a control period."""
Sensed = dict[str, Any]

TOLD = "told"
"""Entry of the observation for the numbers that the task tells the robot, in the order of their names."""
_LATE = "time_limit"


def success_reward(before: Signals, now: Signals, end: str) -> float:
    """1 when the task has succeeded, by a task that ends with that word; 0 otherwise."""
    return float(end == "success")


def progress_reward(signal: str, penalties: Mapping[str, float]) -> Reward:
    """By how much a signal has become smaller, less a penalty for how the episode ends.

    Args:
        signal: For example a distance.
        penalties: Ending -> what it costs.
    """

    def reward(before: Signals, now: Signals, end: str) -> float:
        return before[signal] - now[signal] - penalties.get(end, 0.0)

    return reward


class SimEnv(gym.Env[Sensed, NDArray[np.float32]]):
    """One robot in one world, under one task.

    Observation: every channel of the embodiment by its name, in its own space; :data:`TOLD`, float64, where
    the task tells numbers.
    Action: float32 (A,); an entry with two bounds is a share from -1 (the lower one) to 1 (the upper one),
    any other is in its own unit.
    The episode terminates as the task says and is truncated at the time limit. ``info`` holds ``signals``
    (None where one has no value), ``truth``, ``end`` and, where the task has that fact, ``is_success``.

    Args:
        adapter: The simulator, made with the same ``timing``; it builds a first world here.
        timing: Rates of the loop.
        task: What the robot has to do.
        payloads: Draws a world; all worlds must have one robot.
        time_limit_s: Simulated seconds until truncation.
        reward: Of a control period.
    """

    # The base class declares it as an instance variable.
    metadata: dict[str, Any] = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "render_fps": 10,
    }

    def __init__(
        self,
        adapter: SimAdapter,
        timing: Timing,
        task: Task,
        payloads: Payloads,
        time_limit_s: float = 25.0,
        reward: Reward = success_reward,
    ) -> None:
        self.metadata = {**self.metadata, "render_fps": timing.control_hz}
        self._adapter: Any = adapter
        self._timing, self._task, self._payloads = timing, task, payloads
        self._limit_s, self._reward = time_limit_s, reward
        first = payloads(np.random.default_rng(0))
        self._adapter.reset([first])
        self._embodiment: Embodiment = adapter.embodiment
        self._eye = eye_of(self._embodiment)
        sensed: dict[str, spaces.Space[Any]] = {c.name: c.space for c in self._embodiment.channels}
        told = _numbers(task.brief(first))
        if told.size:
            sensed[TOLD] = spaces.Box(-np.inf, np.inf, told.shape, np.float64)
        self.observation_space = spaces.Dict(sensed)
        action = self._embodiment.action
        self._low, self._high = np.array(action.low, np.float64), np.array(action.high, np.float64)
        self._bounded = np.isfinite(self._low) & np.isfinite(self._high)
        least, most = np.where(self._bounded, -1.0, self._low), np.where(self._bounded, 1.0, self._high)
        self.action_space = spaces.Box(least.astype(np.float32), most.astype(np.float32), dtype=np.float32)
        self.render_mode = "rgb_array" if self._eye or traits_of(adapter).overview else None
        self._run: TaskRun | None = None

    @classmethod
    def of_pack(
        cls, pack: Path, scenario: str = "", *, seed: int | None = None, reward: Reward = success_reward
    ) -> SimEnv:
        """The environment of a scenario, with the variants that it is judged by or others like them.

        Args:
            pack: The pack's file, or its folder.
            scenario: Id of the scenario; empty for the only one.
            seed: Of the variants' parameters in place of the pack's: others of the same ranges, to train on
                what does not gate. None takes the pack's own.
            reward: Of a control period.

        Raises:
            UserError: The pack has problems.
            ValueError: It has no such scenario, or several and none is named.
        """
        from simgate.harness.execution.episode.setting import payload_of, timing_of
        from simgate.harness.execution.planning.adapter_options import make_adapter
        from simgate.harness.expansion.expand import expand_scenario
        from simgate.harness.frontend.packs import load_checked
        from simgate.harness.tasks.of_scenario import task_of

        checked = load_checked(pack)
        if seed is not None:
            checked = checked.model_copy(update={"seed": seed})
        ids = [one.id for one in checked.scenarios]
        if scenario not in ids and not (scenario == "" and len(ids) == 1):
            raise ValueError(f"{pack} has no one scenario '{scenario}'; name one of {', '.join(ids)}")
        chosen = checked.scenario(scenario or ids[0])
        variants = expand_scenario(checked, chosen)
        folder = Path(checked.path).parent

        def payloads(generator: np.random.Generator) -> Any:
            return payload_of(checked, chosen, variants[int(generator.integers(len(variants)))])

        return cls(
            make_adapter(checked.sim, folder),
            timing_of(checked, chosen),
            task_of(chosen, folder),
            payloads,
            checked.sim.time_limit_s,
            reward,
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Sensed, dict[str, Any]]:
        """Draws a world and starts it; ``options={"payload": world}`` starts that one.

        Raises:
            ValueError: The world has another robot, or the simulator cannot build it.
        """
        super().reset(seed=seed)
        self._run = None
        given = (options or {}).get("payload")
        payload = given if given is not None else self._payloads(self.np_random)
        self._effects, self._noise_seed = payload.effects, int(self.np_random.integers(2**63 - 1))
        observation = self._adapter.reset([payload])
        self._require_robot()
        self._robots = WornRobots(
            [worn_of(payload)], [self._noise_seed], self._embodiment, self._timing.control_hz
        )
        observation = self._robots.shown(observation)
        # The first frame can be lost: what is seen then must not be the last episode.
        self._frame = np.zeros(self._eye.shape, np.uint8) if self._eye else None
        self._frames, self._seen_step = 0, -1
        self._take_frame(observation)
        self._told = _numbers(self._task.brief(payload))
        run = self._task.begin(payload, self._timing, self._limit_s)
        truth = self._adapter.ground_truth()[0]
        still = np.clip(np.zeros_like(self._low), self._low, self._high)
        self._signals = self._row(run, truth, observation, Act(still, ""))
        self._run = run
        return self._sensed(observation), self._info(run, truth, "")

    def step(self, action: NDArray[np.float32]) -> tuple[Sensed, float, bool, bool, dict[str, Any]]:
        """Holds the action for one control period.

        Raises:
            RuntimeError: There is no episode: before the first ``reset``, or after ``close``.
            ValueError: The action is not so many finite numbers.
        """
        run = self._run
        if run is None:
            raise RuntimeError("there is no episode; call reset first")
        told = self._command(action)
        done = np.asarray(self._robots.done(0, told))
        met: list[Contact] = []
        observation = None
        while observation is None or not self._timing.is_control(observation.step):
            observation = self._robots.shown(self._adapter.step(done[None]))
            self._take_frame(observation)
            truth = self._adapter.ground_truth()[0]
            met.extend(truth.contacts)
        truth, act = replace(truth, contacts=tuple(met)), Act(told, "")
        before, self._signals = self._signals, self._row(run, truth, observation, act)
        end = run.ended(observation.step, truth, act)
        reward = float(self._reward(before, self._signals, end))
        return (
            self._sensed(observation),
            reward,
            bool(end) and end != _LATE,
            end == _LATE,
            self._info(run, truth, end),
        )

    def render(self) -> NDArray[np.uint8] | None:
        """The last frame of the first colour camera, else the world from outside; uint8, shape (H, W, 3)."""
        if self._frame is not None:
            return self._frame.copy()
        outside: NDArray[np.uint8] | None = self._adapter.overview(0) if self.render_mode else None
        return outside

    def close(self) -> None:
        """Closes the adapter."""
        self._run = None
        self._adapter.close()

    def _command(self, action: object) -> NDArray[np.float64]:
        """The action in its own units; a simulator would make something of anything, even of ``nan``."""
        given = np.asarray(action)
        if given.dtype.kind not in "fiu" or given.shape != self.action_space.shape:
            names = ", ".join(self._embodiment.action.names)
            raise ValueError(
                f"an action is {len(self._low)} numbers ({names}), not {given.dtype} of shape {given.shape}"
            )
        if not np.isfinite(given).all():
            raise ValueError(f"the action {given.tolist()} is not finite")
        share = np.clip(given.astype(np.float64), -1.0, 1.0)
        low, high = np.where(self._bounded, self._low, 0.0), np.where(self._bounded, self._high, 0.0)
        scaled = np.clip(low + 0.5 * (share + 1.0) * (high - low), low, high)
        # With one bound only, an entry is in its own unit and ends there.
        own = np.clip(given.astype(np.float64), self._low, self._high)
        return np.where(self._bounded, scaled, own)

    def _require_robot(self) -> None:
        """Every world fits the spaces, which were made for the first one."""
        found: Embodiment = self._adapter.embodiment
        wanted = {c.name: (c.shape, c.low, c.high) for c in self._embodiment.channels}
        here = {c.name: (c.shape, c.low, c.high) for c in found.channels}
        for name in sorted(wanted.keys() | here.keys()):
            if wanted.get(name) != here.get(name):
                said = "all worlds of an environment have one robot; shape and range of channel"
                raise ValueError(f"{said} '{name}' are {wanted.get(name)}, here {here.get(name)}")
        if found.action != self._embodiment.action:
            raise ValueError("all worlds of an environment have one robot; this one takes other actions")

    def _take_frame(self, observation: Observation) -> None:
        """Frames also come between commands: each counts, and the newest is what the policy sees."""
        if self._eye is None or observation.stamps[self._eye.name] <= self._seen_step:
            return
        self._seen_step = observation.stamps[self._eye.name]
        raw = observation.channels[self._eye.name][0]
        frame = apply_effects(raw, self._effects, self._noise_seed, self._frames)
        self._frames += 1
        if frame is not None:
            self._frame = frame.copy()

    def _row(self, run: TaskRun, truth: GroundTruth, observation: Observation, act: Act) -> Signals:
        row = run.row(truth, observation, 0, act)
        return {one.name: float(value) for one, value in zip(self._task.signals, row, strict=True)}

    def _sensed(self, observation: Observation) -> Sensed:
        sensed: Sensed = {name: rows[0].copy() for name, rows in observation.channels.items()}
        if self._eye is not None and self._frame is not None:
            sensed[self._eye.name] = self._frame.copy()
        if self._told.size:
            sensed[TOLD] = self._told.copy()
        return sensed

    def _info(self, run: TaskRun, truth: GroundTruth, end: str) -> dict[str, Any]:
        known = {name: None if math.isnan(value) else value for name, value in self._signals.items()}
        info: dict[str, Any] = {"signals": known, "truth": truth, "end": end}
        if "success" in run.facts:
            info["is_success"] = bool(run.facts["success"])
        return info


def _numbers(brief: Brief) -> NDArray[np.float64]:
    """The numbers among the facts of a brief, by name."""
    facts = sorted(brief.facts.items())
    numbers = [value for _, value in facts if isinstance(value, int | float) and not isinstance(value, bool)]
    return np.array(numbers, dtype=np.float64)
