"""What the end-to-end tests type, and what they read back."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs

REPOSITORY = Path(__file__).resolve().parents[2]
PACK = REPOSITORY / "scenarios" / "office_doors" / "pack.yaml"
V1 = REPOSITORY / "policies" / "reference_model" / "v1" / "model.yaml"


@dataclass(frozen=True)
class Typed:
    """A finished command."""

    code: int
    out: str
    err: str


def simgate(*words: object, timeout: float = 400, plugins: str = "") -> Typed:
    """Types ``simgate WORDS`` in the repository, with ``SIMGATE_PLUGINS`` set where there are plugins."""
    command = [sys.executable, "-m", "simgate.harness.cli.main", *map(str, words)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "SIMGATE_PLUGINS": plugins} if plugins else None,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Typed(done.returncode, done.stdout, done.stderr)


def the_run(runs_dir: Path) -> RunFolder:
    """The only run in a folder."""
    (folder,) = run_dirs(runs_dir)
    return RunFolder(folder)


def digests(folder: RunFolder) -> dict[str, str]:
    """Trace digest by variant."""
    return {record.variant: record.trace_digest for record in folder.records()}


def record_of(folder: RunFolder, variant: str) -> RunRecord:
    """The record of a variant."""
    return next(record for record in folder.records() if record.variant == variant)


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    return tmp_path / "runs"
