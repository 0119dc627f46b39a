"""What a pack runs in interpreters and servers of its own runs on the nodes of a cluster as it does here."""

from __future__ import annotations

import json
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.cluster import ray_hosts
from tests.doubles.policy_server import policy_server

SLIDE = '''
import gymnasium
import numpy as np

from reach import REACH


class Slide(gymnasium.Env):
    """A bead that is pushed."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float64)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-REACH, REACH)
        return np.array([self.x]), {}

    def step(self, action):
        self.x += float(action[0]) / 10
        return np.array([self.x]), float(-abs(self.x)), False, False, {}
'''
PUSH = """
import numpy as np

from gains import GAIN


class Push:
    name = "push"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        self.drawn = [np.random.default_rng(brief.seed) for brief in briefs]

    def act(self, observation, outputs):
        rows = observation.channels["obs"]
        told = [-GAIN * row[0] + 0.1 * drawn.normal() for row, drawn in zip(rows, self.drawn)]
        return [{"values": [value]} for value in np.clip(told, -1.0, 1.0)]
"""
PACK = """\
simgate: 1
pack: slides
policy: POLICY
sim: {adapter: gymnasium, control_hz: 10, time_limit_s: 1}
scenarios:
  slide:
    title: The bead comes to the middle
    severity: critical
    world: {env: slide.py:Slide, python: ../v/bin/python}
    variants: {count: 4}
    accept: {return: {at_least: -100}}
"""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment beside those of the packs."""
    place = tmp_path_factory.mktemp("team")
    venv.create(place / "v", with_pip=False, symlinks=True)
    (lib,) = (place / "v" / "lib").glob("python*/site-packages")
    # Without simgate: what a folder that is named so says in its own .pth files does not count.
    (lib / "installed.pth").write_text(str(Path(gymnasium.__file__).parents[1]))
    return place


def pack_in(folder: Path, policy: str) -> Path:
    folder.mkdir()
    files = {"slide.py": SLIDE, "push.py": PUSH, "gains.py": "GAIN = 2.0\n", "reach.py": "REACH = 1.5\n"}
    files["pack.yaml"] = PACK.replace("POLICY", policy)
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder / "pack.yaml"


def records(pack: Path, name: str, *words: str) -> dict[str, Any]:
    main(["run", str(pack), "--runs-dir", str(pack.parent / "runs"), "--run-name", name, "--quiet", *words])
    lines = (pack.parent / "runs" / name / "journal.ndjson").read_text().splitlines()
    return {record["variant"]: record for record in map(json.loads, lines)}


def the_same(pack: Path, cluster: Any) -> None:
    here = records(pack, "here", "--workers", "1")
    there = records(pack, "there", "--executor", "ray", "--address", cluster.address, "--workers", "2")
    assert {record["outcome"] for record in here.values()} == {"PASS"}
    assert all(record["node"] for record in there.values()), there
    assert {name: record["trace_digest"] for name, record in there.items()} == {
        name: record["trace_digest"] for name, record in here.items()
    }


def test_environment_and_policy_run_in_their_own_interpreters_on_the_nodes(cluster: Any, team: Path) -> None:
    policy = "{file: push.py:Push, python: ../v/bin/python}"
    the_same(pack_in(team / "interpreters", policy), cluster)


def test_a_node_without_the_interpreter_is_refused_by_name_before_a_variant_runs_there(
    cluster: Any, team: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = str(team / "absent")
    monkeypatch.setattr(ray_hosts, "must_be_there", lambda pack: (absent,))
    pack = pack_in(team / "refused", "{file: push.py:Push, python: ../v/bin/python}")
    found = records(pack, "there", "--executor", "ray", "--address", cluster.address, "--workers", "1")
    assert {record["outcome"] for record in found.values()} == {"ERROR"}
    for record in found.values():
        assert f"has no {absent}: install it there, at the same place as here" in record["reason"]


@pytest.mark.slow
def test_workers_on_the_nodes_ask_a_policy_server(cluster: Any, team: Path) -> None:
    def answer(request: Mapping[str, Any], socket: Any) -> Any:
        return {"actions": -np.clip(request["state"], -1, 1).reshape(1, 1)}

    with policy_server(answer, {"checkpoint": "slide-7"}) as server:
        policy = f"{{server: '{server.address}', observation: {{state: obs}}}}"
        the_same(pack_in(team / "served", policy), cluster)
