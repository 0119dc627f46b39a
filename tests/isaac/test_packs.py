"""A trained policy against an earlier checkpoint of it, through the front door: GO and NO-GO, whoever runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKS = Path(__file__).parent
VARIANTS = 40


def run(
    pack: str,
    folder: Path,
    python: str,
    checkpoint: str = "trained",
    batch: int = 16,
    workers: int = 1,
    variants: int = VARIANTS,
) -> tuple[str, dict[str, dict]]:
    """The last line, and the records by variant."""
    shutil.copytree(PACKS / pack, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (PACKS / pack / "pack.yaml").read_text()
    text = text.replace("../../../.isaac/bin/python", python).replace("batch: 16", f"batch: {batch}")
    text = text.replace("trained", checkpoint)
    (folder / "pack.yaml").write_text(text)
    command = [sys.executable, "-m", "simgate.harness.cli.main", "run", str(folder), "--variants", str(variants),
               "--runs-dir", str(folder / "runs"), "--workers", str(workers)]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=500)
    # Of few variants nothing may follow, which is no error.
    assert done.returncode in (0, 1, 20), done.stdout + done.stderr
    journal = folder / "runs" / "latest" / "journal.ndjson"
    records = map(json.loads, journal.read_text().splitlines())
    return done.stdout.splitlines()[-1], {record["variant"]: record for record in records}


@pytest.fixture(scope="module", params=["cartpole", "reach"])
def trained(
    request: pytest.FixtureRequest, python: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, dict[str, dict]]:
    """A pack, and the last line and the records of its run."""
    return request.param, *run(request.param, tmp_path_factory.mktemp("isaac") / "trained", python)


def test_the_trained_policy_goes_and_an_earlier_checkpoint_does_not(
    trained: tuple[str, str, dict[str, dict]], python: str, tmp_path: Path
) -> None:
    pack, said, _ = trained
    early, _ = run(pack, tmp_path / "early", python, "early")
    assert said.startswith("GO")
    assert early.startswith("NO-GO")


def test_two_workers_and_other_batches_come_to_the_same_to_the_bit(
    trained: tuple[str, str, dict[str, dict]], python: str, tmp_path: Path
) -> None:
    pack, _, records = trained
    _, others = run(pack, tmp_path / "others", python, batch=7, workers=2)
    digests = {name: record["trace_digest"] for name, record in records.items()}
    assert len(digests) == VARIANTS
    assert {name: record["trace_digest"] for name, record in others.items()} == digests


def test_the_pack_and_the_policy_of_the_docs_are_such(python: str, tmp_path: Path) -> None:
    page = (PACKS.parents[1] / "docs" / "isaac-lab.md").read_text()
    for name, kind in (("pack.yaml", "yaml"), ("lean.py", "python")):
        written = page.partition(f"```{kind}\n")[2].partition("```")[0]
        (tmp_path / name).write_text(written.replace("../.isaac/bin/python", python))
    command = [sys.executable, "-m", "simgate.harness.cli.main", "lint", str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout
