"""A policy in Isaac Lab's own process comes to what it comes to in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.episode.world_run import WorldRun
from simgate.harness.results.run_folder import RunFolder
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
policy: {{file: pushes.py:{name}, python: {python}}}
sim: {{adapter: isaaclab, physics_hz: 60, control_hz: 60, camera_hz: 60, time_limit_s: 4, batch: {batch}}}
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


@pytest.mark.parametrize(("name", "batch"), [("Pushes", 5), ("Draws", 1)])
def test_outcomes_are_the_same_to_the_bit_also_where_worlds_end_at_different_steps(
    name: str,
    batch: int,
    python: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "pushes.py").write_text(POLICY)
    (tmp_path / "pack.yaml").write_text(PACK.format(python=python, name=name, batch=batch))
    taken: list[int] = []
    real = WorldRun.take_fragment

    def counted(run: WorldRun, first: int, rows: Any, *given: Any) -> None:
        taken.append(len(rows))
        real(run, first, rows, *given)

    monkeypatch.setattr(WorldRun, "take_fragment", counted)
    found = []
    for where in ("beside", "apart"):
        if where == "apart":
            monkeypatch.setattr(InterpreterPolicy, "lodge", lambda policy, link: None)
        words = ["--workers", "0", "--quiet", "--record", "none", "--runs-dir", str(tmp_path)]
        code = main(["run", str(tmp_path), *words, "--run-name", where])
        assert code in (0, 1, 20), capsys.readouterr().err
        records = RunFolder(tmp_path / where).records()
        found.append(sorted((r.variant, r.trace_digest, r.end, r.metrics["return"]) for r in records))
        taken.append(0)
    assert found[0] == found[1]
    assert len({end for _, _, end, _ in found[0]}) == 2
    beside, apart = np.split(np.array(taken), [taken.index(0) + 1])
    assert beside.sum() > 200
    assert apart.sum() == 0
