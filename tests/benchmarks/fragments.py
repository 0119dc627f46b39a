"""What a step of an environment costs in an episode whose policy is where the environment is, as ratios in one run.

``python -m tests.benchmarks.fragments`` plays whole episodes through the loop (actions checked, everything recorded
and digested) and, in turn with them, a bare loop over the same environments in which the same policy decides. A step
is from one call of the policy to the next, medians of an episode; printed is the median of the episodes' ratios, and
the lowest and highest.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.tasks.declared import DeclaredTask
from simgate.policies.interpreter.policy import InterpreterPolicy
from simgate.policies.policy import Act
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.environments.adapter import GymnasiumAdapter
from simgate.sim_adapters.environments.remote.spaces import fitting
from simgate.sim_adapters.scene.environment import EnvironmentSite
from tests.benchmarks.environments import Case

STEPS, FIRST, EPISODES = 100, 8, 15
"""Of an episode, so many of its first that are not counted, and how often all is played."""
TIMING = Timing(20, 20, 20)
CODE = """
import json
import time

import numpy as np


class Fixed:
    def __init__(self, control_hz, options):
        self.options, self.made = options, np.random.default_rng(0).uniform(-1, 1, 2000)

    def reset(self, briefs, embodiment):
        self.times, self.size = [], (len(briefs), embodiment.action.size)

    def act(self, observation, outputs):
        self.times.append(time.perf_counter())
        told = np.resize(self.made[len(self.times):], self.size)
        if len(self.times) == self.options["steps"]:
            with open(self.options["out"], "w") as file:
                json.dump(self.times, file)
        return told
"""
CASES = (
    Case("Ant-v5", own=False, at_most=1.10),
    Case("Ant-v5", own=True, at_most=1.5),
    Case("Ant-v5", own=False, batch=16, at_most=1.10),
    Case("Ant-v5", own=True, batch=16, at_most=1.10),
)


class Here:
    """The same policy in this process, as simgate asks one."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def reset(self, briefs: Any, embodiment: Any) -> None:
        self.inner.reset(briefs, embodiment)

    def act(self, observation: Any, outputs: Any) -> list[Act]:
        return [Act(row, "acting") for row in self.inner.act(observation, outputs)]


def main() -> None:
    """Prints a line for each case."""
    print(f"{'':40} {'bare us':>8} {'ours us':>8} {'ratio':>6}  promised")
    for case in CASES:
        found = list(measured(case))
        bare, ours = (1e6 * statistics.median(side) / case.batch for side in zip(*found, strict=True))
        ratios = sorted(b / a for a, b in found)
        ratio, promised = statistics.median(ratios), case.at_most
        missed = " MISSED" if promised and ratio > promised else ""
        spread = f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(
            f"{case.label:40} {bare:8.1f} {ours:8.1f} {ratio:6.3f}  {promised or ''}{missed} {spread}",
            flush=True,
        )


def measured(case: Case) -> Iterator[tuple[float, float]]:
    """Seconds of a step of all environments, bare and in an episode, of each episode."""
    lasting = {"terminate_when_unhealthy": False}
    task = DeclaredTask.read("task", {"signals": {"return": {"return": True}}})
    python = sys.executable if case.own else None
    kind = EnvironmentSite(case.env, case.env, ".", make=tuple(lasting.items()), python=python)
    quantities = tuple(task.quantities.items())
    sites = [replace(kind, seed=seed, quantities=quantities) for seed in range(case.batch)]
    envs = [gymnasium.make(case.env, **lasting, max_episode_steps=10**9) for _ in sites]
    adapter = GymnasiumAdapter(TIMING)
    with tempfile.TemporaryDirectory() as name:
        out = Path(name, "times.json")
        given = {"out": str(out), "steps": STEPS}
        Path(name, "fixed.py").write_text(CODE)
        space: dict[str, Any] = {}
        exec(CODE, space)
        fixed = space["Fixed"](20, given)
        options = {"file": f"{name}/fixed.py:Fixed", "python": sys.executable, "given": json.dumps(given)}
        policy: Any = InterpreterPolicy(20, options) if case.own else Here(fixed)
        for _ in range(EPISODES):
            cast = Cast(adapter, policy, (), 0.0, task, TIMING, (STEPS + 5) / 20)
            run_episodes(cast, sites, [1] * case.batch, [1] * case.batch, LapClock())  # type: ignore[arg-type]
            ours = np.diff(json.loads(out.read_text()))
            for env, site in zip(envs, sites, strict=True):
                env.reset(seed=site.start_seed)
            fixed.reset(sites, SimpleNamespace(action=SimpleNamespace(size=envs[0].action_space.shape[0])))
            for _ in range(STEPS):
                for env, action in zip(envs, fixed.act(None, None), strict=True):
                    env.step(fitting(env.action_space, action))
            yield float(np.median(np.diff(fixed.times)[FIRST:])), float(np.median(ours[FIRST:]))
    if case.own:
        policy.close()
    adapter.close()
    for env in envs:
        env.close()


if __name__ == "__main__":
    main()
