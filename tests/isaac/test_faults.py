"""What goes wrong in Isaac Lab's interpreter is that episode's outcome, with its cause, and the run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.environments.link import EnvironmentFailed
from simgate.sim_adapters.environments.remote.isaaclab import runtime
from tests.isaac.lab import opened

PACK = """\
simgate: 1
pack: faults
policy: policy.py:Faulty
sim: {{adapter: isaaclab, physics_hz: 60, control_hz: 60, camera_hz: 60, time_limit_s: 0.5, batch: 3}}
scenarios:
  one:
    title: Nothing is done but harm
    severity: critical
    world:
      isaaclab: Isaac-Cartpole
      python: {python}
      assets: simgate
      set: {{start.rad: joint/robot/cart_to_pole.pos}}
    task: {{failure: info.termination.cart_out_of_bounds}}
    parameters: {{start.rad: {{grid: {{from: 0.0, to: 0.2, step: 0.1}}}}}}
    variants: {{count: 3, method: grid}}
    accept: {{return: {{at_least: -9}}}}
gate:
  - {{severity: critical, pass_rate: {{at_least: 0.5, confidence: 0.5}}}}
"""
POLICY = """\
import os
import signal
from pathlib import Path

import numpy as np
from simgate.policies.policy import Act


def lab():
    \"\"\"The interpreter of Isaac Lab, a child of this worker.\"\"\"
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return next(int(pid) for pid in children if b"remote.serve" in Path(f"/proc/{pid}/cmdline").read_bytes())


class Faulty:
    name = "faulty"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.step = 0

    def act(self, observation, outputs):
        self.step += 1
        starts = observation.channels["obs.policy"][:, 1]
        if self.step == 1:
            self.dies, self.explodes = np.isclose(starts, 0.1), np.isclose(starts, 0.2)
        if self.step == 5 and self.dies.any():
            os.kill(lab(), signal.SIGKILL)
        return [Act(np.array([3e38 if bad and self.step > 5 else 0.0]), "harm") for bad in self.explodes]
"""


def test_an_interpreter_that_dies_and_a_world_that_explodes_cost_their_own_episodes(
    python: str, tmp_path: Path
) -> None:
    (tmp_path / "policy.py").write_text(POLICY)
    (tmp_path / "pack.yaml").write_text(PACK.format(python=python))
    command = [sys.executable, "-m", "simgate.harness.cli.main", "run", str(tmp_path), "--workers", "1",
               "--runs-dir", str(tmp_path / "runs")]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=500)
    journal = tmp_path / "runs" / "latest" / "journal.ndjson"
    records = {r["variant"]: r for r in map(json.loads, journal.read_text().splitlines())}
    assert Counter(r["outcome"] for r in records.values()) == {"PASS": 1, "ERROR": 2}, done.stdout
    died, exploded = records["one::v0001"]["reason"], records["one::v0002"]["reason"]
    assert "its interpreter ended (exit -9) while it was asked to 'steps'" in died
    assert "observation obs.policy has a number that is nan" in exploded


def test_an_interpreter_that_hangs_is_named_and_ended(python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    link = opened(python)
    link.call("begins", slots=[0], seeds=[0], values=[{}], asked=[[]])
    monkeypatch.setattr("simgate.sim_adapters.environments.link.STEP_S", 1.0)
    process = link._process  # type: ignore[attr-defined]
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(EnvironmentFailed, match="no answer to 'steps' within 1 s"):
        link.call("steps", slots=[0], actions=np.zeros((1, 1)))
    assert process.poll() is not None


def test_another_release_is_refused_before_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_release", lambda: "2.3.0")
    with pytest.raises(runtime.Refused, match=r"Isaac Lab 2\.3\.0 .* 3"):
        runtime.load("")
