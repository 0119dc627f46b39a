"""A team's repository whose folders are called as ours are: simgate beside ``policies/``, ``harness/``, ``reports/``."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

import pytest

import simgate

ROOMS = ("harness", "policies", "reports", "sim_adapters")

POLICY = '''\
"""Drives straight on."""
from collections.abc import Mapping, Sequence

from harness.names import NAME
from simgate.sim_adapters.embodiment import Embodiment
from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.driving import drive
from simgate.policies.policy import Act, Brief
from simgate.sim_adapters.observation import Observation


class Straight:
    name = NAME

    def __init__(self, *, control_hz: int, options: Mapping[str, object]) -> None:
        self.count = 0

    def reset(self, briefs: Sequence[Brief], embodiment: Embodiment) -> None:
        self.count = len(briefs)

    def act(self, observation: Observation, detections: Sequence[ModelOutput | None]) -> list[Act]:
        return [drive(0.5, 0.0, "cruise") for _ in range(self.count)]
'''

PACK = """\
simgate: 1
pack: team
policy: team_straight
seed: 3
scenarios:
  open_floor:
    title: Nothing stands in the way for two seconds
    severity: minor
    world: office_corridor
    parameters: {door.kind: none}
    variants: {count: 2}
    accept: {collisions: {at_most: 0}}
sim: {adapter: mujoco, time_limit_s: 2}
gate: [{severity: minor, pass_rate: {at_least: 0.1, confidence: 0.8}}]
"""

OWN_TEST = """\
import harness.names, policies.straight, reports.page, sim_adapters


def test_these_are_ours():
    for module in (harness, policies, reports, sim_adapters):
        assert module.__file__.startswith({root!r}), module.__file__
"""

FILES = {
    "policies/__init__.py": "",
    "policies/straight.py": POLICY,
    "harness/__init__.py": "",
    "harness/names.py": 'NAME = "team_straight"\n',
    "reports/__init__.py": "",
    "reports/page.py": "",
    "sim_adapters/__init__.py": "",
    "scenarios/pack.yaml": PACK,
}

DISTRIBUTION = {
    "METADATA": "Metadata-Version: 2.1\nName: team-robot\nVersion: 1.0\n",
    "entry_points.txt": "[simgate.policies]\nteam_straight = policies.straight:Straight\n",
}


@dataclass(frozen=True)
class Team:
    root: Path
    python: Path

    def run(self, *words: str, timeout: float = 240, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON"))}
        return subprocess.run(
            [str(self.python), *words],
            cwd=self.root,
            env=kept | environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Team:
    """The repository, installed as `pip install -e .` would, into an environment of its own beside simgate.

    What simgate depends on is taken from the environment of the tests, simgate itself from where it is imported.
    """
    root = tmp_path_factory.mktemp("team")
    write(root, FILES | {"tests/test_own.py": OWN_TEST.format(root=str(root))})
    venv = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=120)
    (site,) = venv.glob("lib/python*/site-packages")
    ours = str(Path(next(iter(simgate.__path__))).parent)
    others = [path for path in sys.path if path.endswith("site-packages")] or [sysconfig.get_path("purelib")]
    (site / "paths.pth").write_text("\n".join([str(root), ours, *others]) + "\n")
    write(site / "team_robot-1.0.dist-info", DISTRIBUTION)
    return Team(root, venv / "bin" / "python")


def test_simgate_runs_the_teams_pack_with_the_teams_policy(team):
    done = team.run("-m", "simgate.harness.cli.main", "run", "scenarios/pack.yaml", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "GO  1 rule proven on 2 variants of team" in done.stdout


@pytest.mark.parametrize("path", [None, "."], ids=["bare", "PYTHONPATH=."])
@pytest.mark.parametrize(
    "start",
    [("-m", "pytest"), ("-P", "-c", "import pytest, sys; sys.exit(pytest.main())")],
    ids=["python -m pytest", "pytest"],
)
def test_pytest_runs_pack_and_own_tests_side_by_side(team, start, path):
    # With -c pytest reads its arguments from sys.argv as its console script does.
    environment = {} if path is None else {"PYTHONPATH": path}
    done = team.run(*start, "-q", "scenarios", "tests", "-p", "no:cacheprovider", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_mypy_follows_the_teams_code_into_simgate(team):
    if find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    probe = team.root / "probe.py"
    probe.write_text(
        "from policies.straight import Straight\n"
        "from simgate.policies.policy import Policy\n"
        "policy: Policy = Straight(control_hz=10, options={})\n"
        "reveal_type(policy.act)\n"
        "wrong: int = Straight(control_hz=10, options={}).name\n"
    )
    done = team.run(
        "-m", "mypy", "--strict", "--cache-dir", str(team.root / "cache"), "probe.py", timeout=400
    )
    assert "simgate.policies.policy.Act" in done.stdout, done.stdout
    assert "Found 1 error in 1 file" in done.stdout and "probe.py:5: error: Incompatible types" in done.stdout


def test_simgate_brings_one_top_level_name(team):
    (paths,) = team.python.parents[1].glob("lib/python*/site-packages/paths.pth")
    ours = paths.read_text().splitlines()[1]
    found = [name for name in ("simgate", *ROOMS) if PathFinder.find_spec(name, [ours]) is not None]
    assert found == ["simgate"]
