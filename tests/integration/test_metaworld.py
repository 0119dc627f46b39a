"""Meta-World's scripted experts as policies: each episode ends as in a plain loop of the same seeds.

Meta-World pins MuJoCo, so it is in an interpreter of its own:
``SIMGATE_METAWORLD=~/venv/bin/python pytest -m slow tests/integration/test_metaworld.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PYTHON = os.environ.get("SIMGATE_METAWORLD", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="SIMGATE_METAWORLD names no interpreter that has metaworld"),
]
TASKS = ("reach", "push", "pick-place", "door-open", "drawer-close", "button-press-topdown", "window-open",
         "peg-insert-side")  # fmt: skip
EXPERTS = """

import numpy as np
from simgate.policies.policy import Act

{imports}

class Expert:
    name = "expert"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.experts = [EXPERTS[brief.instruction]() for brief in briefs]

    def act(self, observation, outputs):
        rows = zip(self.experts, observation.channels["obs"])
        return [Act(np.clip(expert.get_action(row), -1.0, 1.0), "expert") for expert, row in rows]


EXPERTS = {{{table}}}
"""
PACK = """\
simgate: 1
pack: metaworld
policy: experts.py:Expert
sim: {{adapter: gymnasium, physics_hz: 80, control_hz: 80, camera_hz: 80, time_limit_s: 3.75, batch: {batch}}}
scenarios:
"""
SCENARIO = """\
  {name}:
    title: {name}
    severity: major
    world: {{env: "preset:metaworld/{name}-v3", python: {python}}}
    task: {{instruction: {name}, success: info.success}}
    variants: {{count: 2}}
    accept: {{success: {{equals: true}}, return: {{at_least: -1.0e+6}}}}
"""
PLAIN = """
import json, sys
import gymnasium
import metaworld
import numpy as np
from metaworld.policies import ENV_POLICY_MAP

told = json.load(sys.stdin)
done = {}
for variant, (task, seed) in told.items():
    np.random.seed(seed)
    env = gymnasium.make("Meta-World/MT1", env_name=task + "-v3", seed=seed)
    seen, _ = env.reset(seed=seed)
    expert, total, success, steps = ENV_POLICY_MAP[task + "-v3"](), 0.0, False, 0
    while not success and steps < 300:
        action = np.clip(expert.get_action(seen), -1.0, 1.0)
        seen, reward, _, _, info = env.step(np.asarray(action, np.float32))
        total, success, steps = total + float(reward), bool(info["success"]), steps + 1
    done[variant] = [success, total]
json.dump(done, sys.stdout)
"""


def team(folder: Path, batch: int) -> Path:
    """A pack of all tasks, with the experts beside it."""
    asked = f"import metaworld.policies as p; print(p.__path__[0]); print(*(p.ENV_POLICY_MAP[t].__module__ + ':' + p.ENV_POLICY_MAP[t].__name__ for t in {[t + '-v3' for t in TASKS]}))"
    found = subprocess.run(
        [PYTHON, "-c", asked], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    classes = [one.rpartition(".")[2].split(":") for one in found[-1].split()]
    for module in {"action", "policy", *(module for module, _ in classes)}:
        text = Path(found[-2], f"{module}.py").read_text()
        (folder / f"{module}.py").write_text(text.replace("from metaworld.policies.", "from ."))
    imports = "\n".join(f"from .{module} import {name}" for module, name in classes)
    table = ", ".join(f"{task!r}: {name}" for task, (_, name) in zip(TASKS, classes, strict=True))
    (folder / "experts.py").write_text(EXPERTS.format(imports=imports, table=table))
    pack = PACK.format(batch=batch) + "".join(SCENARIO.format(name=task, python=PYTHON) for task in TASKS)
    (folder / "pack.yaml").write_text(pack)
    return folder / "pack.yaml"


def run(pack: Path, name: str, *words: str) -> dict[str, dict]:
    command = [sys.executable, "-m", "simgate.harness.cli.main", "run", str(pack), "--quiet"]
    done = subprocess.run(
        [*command, "--runs-dir", str(pack.parent / "runs"), "--run-name", name, *words],
        check=False,
        capture_output=True,
        text=True,
    )
    journal = pack.parent / "runs" / name / "journal.ndjson"
    assert journal.is_file(), done.stdout + done.stderr
    return {record["variant"]: record for record in map(json.loads, journal.read_text().splitlines())}


def test_experts_end_each_episode_as_in_a_plain_loop(tmp_path: Path) -> None:
    found = run(team(tmp_path, 1), "two", "--workers", "2")
    assert len(found) == 2 * len(TASKS)
    assert {r["outcome"] for r in found.values()} <= {"PASS", "FAIL"}, [r["reason"] for r in found.values()]
    told = {
        variant: (variant.partition("::")[0], record["seed"] % 2**31) for variant, record in found.items()
    }
    plain = subprocess.run(
        [PYTHON, "-c", PLAIN], check=True, capture_output=True, text=True, input=json.dumps(told)
    )
    wanted = json.loads(plain.stdout.splitlines()[-1])
    assert {v: [r["metrics"]["success"], r["metrics"]["return"]] for v, r in found.items()} == wanted
    again = run(team(tmp_path, 2), "batch", "--workers", "1")
    assert {v: r["trace_digest"] for v, r in again.items()} == {
        v: r["trace_digest"] for v, r in found.items()
    }
