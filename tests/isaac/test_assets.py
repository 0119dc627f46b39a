"""Remote files of tasks: which are there, which are missing, and what those that are there name in turn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROBOT = "Isaac/Robots/IsaacSim/Humanoid/humanoid_instanceable.usd"
STAGE = """\
#usda 1.0
(
    defaultPrim = "robot"
)
def Xform "robot" (
    references = @./parts/leg.usda@
)
{
}
"""


def assets(python: str, task: str, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "simgate.harness.cli.main", "assets", task, "--python", python, *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout


def test_a_task_of_which_all_is_there_needs_nothing(python: str) -> None:
    code, said = assets(python, "isaaclab:Isaac-Cartpole")
    assert (code, said.count(" there"), said.count("curl")) == (0, 2, 0)


def test_what_is_missing_is_listed_with_the_command_that_fetches_it(python: str) -> None:
    code, said = assets(python, "Isaac-Humanoid")
    (command,) = (line for line in said.splitlines() if line.startswith("curl"))
    assert code == 1
    assert command.startswith(f"curl --fail --create-dirs -o lab_assets/{ROBOT} https://")
    assert command.endswith(ROBOT)


def test_files_that_a_stage_names_are_needed_too(python: str, tmp_path: Path) -> None:
    stage = tmp_path / ROBOT
    stage.parent.mkdir(parents=True)
    stage.write_text(STAGE)
    code, said = assets(python, "Isaac-Humanoid", "--assets", str(tmp_path), "--format", "json")
    leg = str(Path(ROBOT).parent / "parts" / "leg.usda")
    assert (code, json.loads(said)["files"]) == (1, [[ROBOT, True], [leg, False]])
