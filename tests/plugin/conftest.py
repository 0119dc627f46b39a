"""A folder with a pack for the tiny simulator, and pytest run on it as a user runs it: as a process."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from tests.run_dirs import run_dirs

TINY = Path(__file__).parent / "tiny"

HEAD = """\
simgate: 1
pack: tiny
description: A disc drives past a block.
owner: plugin-tests
policy: straight
sim: {adapter: tiny, physics_hz: 100, control_hz: 10, camera_hz: 10, time_limit_s: 6}
seed: 5
"""

CLEAR_WAY = """\
clear_way:
  title: Nothing is in the way
  severity: critical
  requirements: [NAV-001]
  tags: [smoke]
  world: tiny_floor
  parameters:
    block.offset_m: {uniform: [1.0, 2.0]}
  variants: {count: 6}
  accept:
    collisions: {at_most: 0}
"""

BLOCKED_WAY = """\
blocked_way:
  title: A block stands in the way
  severity: major
  requirements: [NAV-002]
  tags: [block]
  world: tiny_floor
  parameters:
    block.offset_m: {uniform: [0.0, 0.1]}
    block.color: {choice: [red, blue]}
  variants: {count: 3}
  accept:
    collisions: {at_most: 0}
"""

PASS_RATE = "- {severity: critical, pass_rate: {at_least: 0.5, confidence: 0.9}}\n"


def scenario(name: str, *, count: int = 2, severity: str = "critical", **parameters: str) -> str:
    """A scenario whose way is clear, with these parameters (``fault="die"``)."""
    lines = [f"  {key.replace('__', '.')}: {value}" for key, value in parameters.items()]
    body = CLEAR_WAY.replace("clear_way:", f"{name}:").replace("count: 6", f"count: {count}")
    body = body.replace("severity: critical", f"severity: {severity}")
    return body.replace("  variants:", "".join(f"  {line}\n" for line in lines) + "  variants:")


COLLECT = """\
import json, sys, pytest

class Collected:
    ids = []

    def pytest_collection_finish(self, session):
        self.ids = [item.nodeid for item in session.items]

found = []
for arguments in json.loads(sys.argv[1]):
    collected = Collected()
    pytest.main(["--co", "-q", *arguments], plugins=[collected])
    found.append(collected.ids)
print(json.dumps(found))
"""


@dataclass
class Bench:
    """A folder with packs, and pytest in it."""

    pytester: pytest.Pytester

    @property
    def path(self) -> Path:
        return self.pytester.path

    def pack(self, *scenarios: str, name: str = "pack.yaml", gate: str = PASS_RATE, head: str = HEAD) -> Path:
        """Writes a pack."""
        text = head + "scenarios:\n" + indent("".join(scenarios), "  ")
        if gate:
            text += "gate:\n" + indent(gate, "  ")
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def file(self, name: str, text: str) -> Path:
        """Writes a file."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return path

    def collect(self, *command_lines: list[str]) -> list[list[str]]:
        """Node ids that pytest collects for each command line, all in one child process."""
        result = self.pytester.run(sys.executable, "-c", COLLECT, json.dumps(command_lines), timeout=60)
        found: list[list[str]] = json.loads(result.outlines[-1])
        return found

    def run(self, *args: str, workers: int = 0) -> pytest.RunResult:
        """Runs pytest as a child process; host processes only where a test is about them."""
        return self.pytester.runpytest_subprocess("--sim-workers", str(workers), *args, timeout=90)

    def run_dirs(self) -> list[Path]:
        """Folders of the runs that were made."""
        return run_dirs(self.path / "runs")

    def manifest(self) -> dict[str, Any]:
        """The manifest of the only run."""
        (run_dir,) = self.run_dirs()
        manifest: dict[str, Any] = json.loads((run_dir / "manifest.json").read_bytes())
        return manifest

    def journal(self) -> list[dict[str, Any]]:
        """The records of the only run."""
        (run_dir,) = self.run_dirs()
        journal = run_dir / "journal.ndjson"
        return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []


@pytest.fixture(scope="session")
def tiny_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that makes the tiny simulator an installed distribution of any Python with it on its path."""
    site = tmp_path_factory.mktemp("site")
    shutil.copy(TINY / "simgate_tiny.py", site)
    info = site / "simgate_tiny-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: simgate-tiny\nVersion: 1.0\n")
    shutil.copy(TINY / "entry_points.txt", info)
    return site


@pytest.fixture
def bench(pytester: pytest.Pytester, tiny_plugins: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """An empty folder with the tiny simulator installed."""
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tiny_plugins), known])))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    pytester.makeini("[pytest]\naddopts = -ra -p no:hypothesispytest --strict-markers\n")
    return Bench(pytester)
