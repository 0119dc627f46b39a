"""A policy in Isaac Lab's own process comes to what it comes to in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.loop import Cast, run_episodes
from simgate.harness.execution.episode.setting import payload_of, timing_of
from simgate.harness.execution.episode.world_run import WorldRun
from simgate.harness.execution.planning.adapter_options import make_adapter
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.packs.loader import load_pack
from simgate.harness.scoring import metrics
from simgate.harness.tasks.of_scenario import task_of
from simgate.policies.interpreter.policy import InterpreterPolicy

POLICY = """
import numpy as np
import torch


class Pushes:
    def __init__(self, control_hz, options):
        self.torch = torch.ones(1)

    def reset(self, briefs, embodiment):
        self.streams = [np.random.default_rng(brief.seed) for brief in briefs]

    def act(self, observation, outputs):
        seen = torch.from_numpy(observation.channels["obs.policy"])
        pushes = torch.tanh(seen[:, :1] - seen[:, 2:3]).numpy()
        return pushes + np.array([[stream.normal()] for stream in self.streams], dtype=np.float32)


class Draws(Pushes):
    # From what is everybody's, at one step in thirty.

    def act(self, observation, outputs):
        pushes = super().act(observation, outputs)
        return pushes if observation.step % 30 != 17 else pushes + torch.randn(1).numpy()
"""
PACK = """
simgate: 1
pack: lodging
policy: {{file: pushes.py:Pushes, python: {python}}}
sim: {{adapter: isaaclab, physics_hz: 60, control_hz: 60, camera_hz: 60, time_limit_s: 4, batch: 5}}
seed: 3
scenarios:
  pushed:
    title: The cart is pushed
    severity: critical
    world:
      isaaclab: Isaac-Cartpole
      python: {python}
      assets: simgate
      physics: ovphysx
      set: {{pole.kg: body/robot/pole.mass, start: joint/robot/slider_to_cart.pos}}
    parameters: {{pole.kg: {{uniform: [0.05, 0.5]}}, start: {{uniform: [-1.0, 1.0]}}}}
    task: {{signals: {{out: {{info: termination.cart_out_of_bounds}}, alive: {{info: reward.alive}}}}}}
    variants: {{count: 5}}
    accept: {{return: {{at_least: -1.0e9}}}}
gate:
  - {{severity: critical, pass_rate: {{at_least: 0.5, confidence: 0.5}}}}
"""


def test_outcomes_are_the_same_to_the_bit_also_where_worlds_end_at_different_steps(
    python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pushes.py").write_text(POLICY)
    (tmp_path / "pack.yaml").write_text(PACK.format(python=python))
    pack = load_pack(tmp_path / "pack.yaml", metrics)
    (scenario,) = pack.scenarios
    variants = list(expand_scenario(pack, scenario))
    adapter: Any = make_adapter(pack.sim, tmp_path)
    taken: list[int] = []
    real = WorldRun.take_fragment

    def counted(run: WorldRun, first: int, rows: Any, *given: Any) -> None:
        taken.append(len(rows))
        real(run, first, rows, *given)

    def played(name: str, count: int) -> list[tuple[str, str]]:
        taken.clear()
        policy = InterpreterPolicy(60, {"file": f"{tmp_path}/pushes.py:{name}", "python": python})
        timing, task = timing_of(pack, scenario), task_of(scenario, tmp_path)
        cast = Cast(adapter, policy, (), 0.0, task, timing, pack.sim.time_limit_s)
        chosen = variants[:count]
        sites = [payload_of(pack, scenario, one) for one in chosen]
        seeds, own = [one.seed for one in chosen], [one.policy_seed for one in chosen]
        try:
            found = run_episodes(cast, sites, seeds, own, LapClock())
        finally:
            policy.close()
        return [(one.trace.digest(), one.trace.end) for one in found]

    monkeypatch.setattr(WorldRun, "take_fragment", counted)
    try:
        for name, count in (("Pushes", 5), ("Draws", 1)):
            beside = played(name, count)
            assert sum(taken) > 40 * count
            with monkeypatch.context() as patch:
                patch.setattr(InterpreterPolicy, "lodge", lambda policy, link: None)
                assert played(name, count) == beside
            assert not taken
            assert count == 1 or len({end for _, end in beside}) == 2
    finally:
        adapter.close()
