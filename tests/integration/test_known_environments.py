"""Environments of known collections, by YAML alone: whoever runs them, in whatever order and company, is the same.

Those of gymnasium on MuJoCo run in the workers' own interpreter. For others name one that has them:
``SIMGATE_ENVIRONMENTS=~/venv/bin/python pytest -m slow tests/integration/test_known_environments.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PYTHON = os.environ.get("SIMGATE_ENVIRONMENTS", "")
_MUJOCO = "InvertedPendulum InvertedDoublePendulum Reacher Pusher HalfCheetah Hopper Swimmer Walker2d Ant Humanoid HumanoidStandup"  # fmt: skip
_MUJOCO_IDS = [f"{name}-v{version}" for name in _MUJOCO.split() for version in (4, 5)]
_MUJOCO_IDS.remove("Pusher-v4")  # Not on MuJoCo from 3.0 on, as it says itself.
_MAZES = [
    f"{walker}_{maze}-v{version}"
    for walker, version in (("PointMaze", 3), ("AntMaze", 5))
    for maze in ("UMaze", "Open", "Open_Diverse_G", "Open_Diverse_GR", "Medium", "Medium_Diverse_G",
                 "Medium_Diverse_GR", "Large", "Large_Diverse_G", "Large_Diverse_GR")
]  # fmt: skip
COLLECTIONS = {
    "mujoco": ("gymnasium", _MUJOCO_IDS),
    "mazes": ("gymnasium_robotics", _MAZES),
    "adroit": (
        "gymnasium_robotics",
        [f"AdroitHand{task}-v1" for task in ("Door", "Hammer", "Pen", "Relocate")],
    ),
    "highway": (
        "highway_env",
        [f"{road}-v0" for road in ("highway", "highway-fast", "merge", "roundabout", "intersection", "parking",
                                   "racetrack", "exit", "lane-keeping", "two-way", "u-turn")],
    ),
    "pusht": ("gym_pusht", ["gym_pusht/PushT-v0"]),
}  # fmt: skip
"""Collection -> module that registers it, ids."""
UNSTEADY = {"pusht"}
"""Collections whose plain loops differ in the last digit: PushT's reward is an area that shapely computes from
pymunk's shapes, which lie in sets by their addresses."""
POLICIES = """
import numpy as np
from simgate.policies.policy import Act


class Zero:
    name = "zero"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.low, self.high = (np.array(bound) for bound in (embodiment.action.low, embodiment.action.high))
        self.is_choice = embodiment.action.names == ("action",)
        self.draws = [np.random.default_rng(brief.seed) for brief in briefs]

    def act(self, observation, outputs):
        return [Act(self.one(draw), self.name) for draw in self.draws]

    def one(self, draw):
        return np.clip(0.0, self.low, self.high)


class Random(Zero):
    name = "random"

    def one(self, draw):
        low, high = np.maximum(self.low, -1e3), np.minimum(self.high, 1e3)
        if self.is_choice:
            return draw.integers(low.astype(int), high.astype(int), endpoint=True).astype(float)
        return draw.uniform(low, high)
"""
HEAD = """\
simgate: 1
pack: known
policy: known_policy.py:{policy}
sim: {{adapter: gymnasium, control_hz: 20, time_limit_s: 1.5, batch: {batch}}}
scenarios:
"""
SCENARIO = """\
  {name}:
    title: {env}
    severity: minor
    world: {{env: "{env}", clip: true{more}}}
    variants: {{count: {count}}}
    accept: {{return: {{at_least: -1.0e+12}}}}
"""


def has(collection: str) -> bool:
    module = COLLECTIONS[collection][0]
    python = PYTHON if collection != "mujoco" else sys.executable
    if not python:
        return False
    also = "; import imageio" if collection == "mujoco" else ""
    done = subprocess.run(
        [python, "-c", f"import {module}{also}"], check=False, capture_output=True, timeout=300
    )
    return done.returncode == 0


def worlds(collection: str) -> int:
    """Episodes of each environment, and its batch; those of other collections take long to be made."""
    return 8 if collection == "mujoco" else 4


def run(
    folder: Path, name: str, collection: str, policy: str, batch: int, order: int, *words: str
) -> dict[str, dict]:
    """Variant -> record of a run of all environments of a collection."""
    module, ids = COLLECTIONS[collection]
    (folder / "known_policy.py").write_text(POLICIES)
    text = HEAD.format(policy=policy, batch=batch)
    for env in ids[::order]:
        steady = ", reproducible: false" if collection in UNSTEADY else ""
        more = "" if collection == "mujoco" else f', python: "{PYTHON}"'
        made = env if collection == "mujoco" else f"{module}:{env}"
        text += SCENARIO.format(
            name=env.replace("/", "_").replace("-", "_").lower(),
            env=made,
            more=more + steady,
            count=worlds(collection),
        )
    (folder / f"{name}.yaml").write_text(text)
    command = [sys.executable, "-m", "simgate.harness.cli.main", "run", str(folder / f"{name}.yaml")]
    done = subprocess.run(
        [*command, "--quiet", "--runs-dir", str(folder / "runs"), "--run-name", name, *words],
        check=False,
        capture_output=True,
        text=True,
    )
    journal = folder / "runs" / name / "journal.ndjson"
    assert journal.is_file(), done.stdout + done.stderr
    return {record["variant"]: record for record in map(json.loads, journal.read_text().splitlines())}


@pytest.mark.parametrize("policy", ["Zero", "Random"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_known_environments_are_the_same_whoever_runs_them(
    collection: str, policy: str, tmp_path: Path
) -> None:
    if not has(collection):
        pytest.skip(f"{COLLECTIONS[collection][0]} is not installed; see SIMGATE_ENVIRONMENTS above")
    whole = run(tmp_path, "together", collection, policy, worlds(collection), 1, "--workers", "2")
    assert {r["outcome"] for r in whole.values()} == {"PASS"}, {
        v: r["reason"] for v, r in whole.items() if r["outcome"] != "PASS"
    }
    assert len(whole) == worlds(collection) * len(COLLECTIONS[collection][1])
    one_by_one = run(tmp_path, "one_by_one", collection, policy, 1, -1, "--workers", "1")
    assert outcomes(collection, one_by_one) == outcomes(collection, whole)
    alone = run(tmp_path, "alone", collection, policy, 1, 1, "--workers", "1", "--variants", "1")
    assert outcomes(collection, alone).items() < outcomes(collection, whole).items()


def outcomes(collection: str, records: dict[str, dict]) -> dict[str, object]:
    """Variant -> what must be the same."""
    if collection not in UNSTEADY:
        return {variant: record["trace_digest"] for variant, record in records.items()}
    return {v: (round(r["metrics"]["return"], 9), r["sim_s"], r["outcome"]) for v, r in records.items()}
