"""Tasks of Isaac Lab in packs, as far as they are judged without it; on it: tests/isaac."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simgate.harness.frontend.packs import lint_checked

PACK = """\
simgate: 1
pack: lab
policy: still.py:Still
sim: {{adapter: {adapter}, control_hz: 60, time_limit_s: 1}}
scenarios:
  one:
    title: One
    severity: major
    world: {{isaaclab: Isaac-Cartpole, {python}}}
    variants: {{count: 2}}
    accept: {{return: {{at_least: 0}}}}
"""
POLICY = """
class Still:
    name = "still"

    def __init__(self, control_hz, options):
        pass

    def reset(self, briefs, embodiment):
        pass

    def act(self, observation, outputs):
        return []
"""


@pytest.mark.parametrize(
    ("adapter", "python", "code", "words"),
    [
        ("isaaclab", "assets: simgate", "missing-key", "python"),
        ("isaaclab", "python: nowhere/python", "missing-file", "nowhere/python"),
        ("isaaclab", f"python: {sys.executable}", "native-file", "has no Isaac Lab; 'make isaac'"),
        ("gymnasium", f"python: {sys.executable}", "world-adapter", "runs no tasks of Isaac Lab"),
    ],
)
def test_what_keeps_a_task_from_running_is_said_where_it_stands(
    adapter: str, python: str, code: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "still.py").write_text(POLICY)
    (tmp_path / "pack.yaml").write_text(PACK.format(adapter=adapter, python=python))
    (problem,) = (p for p in lint_checked([tmp_path / "pack.yaml"]) if p.code == code)
    assert words in problem.message
    assert problem.line == 9
