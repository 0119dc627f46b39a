"""``simgate run --isaac-python``: hosts in another interpreter, behind a shell script like NVIDIA's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from tests.integration.adapters import isaac_double
from tests.integration.adapters.isaac_room import PLUGINS
from tests.integration.adapters.test_isaacsim_faults import left_processes
from tests.run_dirs import run_dirs

pytestmark = pytest.mark.skipif(bool(isaac_double.missing()), reason=isaac_double.missing() or "-")

PACK = """simgate: 1
pack: isaac_room
policy: straight_on
sim: {adapter: mujoco, time_limit_s: 3, batch: 2}
seed: 7
scenarios:
  straight:
    title: Straight on
    severity: critical
    world: isaac_room
    parameters: {mark: none}
    variants: {count: 2}
    accept:
      collisions: {at_most: 0}
gate:
  - {severity: critical, pass_rate: {at_least: 0.1, confidence: 0.5}}
"""


@pytest.fixture
def python_sh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Like NVIDIA's: a shell that sets the environment and stays, with Python as its child."""
    variables = dict(isaac_double.host_environment(tmp_path))
    path = variables.pop("PYTHONPATH")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SIMGATE_PLUGINS", PLUGINS)
    script = tmp_path / "python.sh"
    script.write_text(f'#!/bin/bash\nexport PYTHONPATH={path}\n"{sys.executable}" "$@" || exit 1\n')
    script.chmod(0o755)
    return script


def test_a_mujoco_pack_runs_on_isaac_sim_in_its_own_python(tmp_path, python_sh, capsys) -> None:
    pack = tmp_path / "pack.yaml"
    pack.write_text(PACK)
    typed = ["run", str(pack), "--adapter", "isaacsim", "--isaac-python", str(python_sh), "--quiet"]
    assert main([*typed, "--runs-dir", str(tmp_path / "runs")]) == 0, capsys.readouterr()
    (run,) = run_dirs(tmp_path / "runs")
    host = json.loads((run / "hosts" / "0.json").read_text())
    assert host["adapter"]["name"] == "isaacsim"
    assert host["adapter"]["version"].startswith("6.0.1")
    records = [json.loads(line) for line in (run / "journal.ndjson").read_text().splitlines()]
    assert [record["outcome"] for record in records] == ["PASS", "PASS"]
    assert left_processes(tmp_path) == []


def test_an_interpreter_that_is_not_there_is_refused_before_anything_runs(
    tmp_path, python_sh, capsys
) -> None:
    pack = tmp_path / "pack.yaml"
    pack.write_text(PACK)
    typed = ["run", str(pack), "--adapter", "isaacsim", "--isaac-python", "/nowhere/python.sh"]
    assert main([*typed, "--runs-dir", str(tmp_path / "runs")]) == 2
    assert "--isaac-python /nowhere/python.sh: no such command" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
