"""A driver that is killed again and again: the run that is resumed each time ends as that of one machine does."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.harness.results.run_folder import RunFolder
from tests.doubles.policy_server import policy_server
from tests.integration.ray.test_ray_interpreters import pack_in, team
from tests.integration.ray.test_ray_runs import digests, ends, host_processes
from tests.unit.execution.memory_pack import REPOSITORY

__all__ = ["team"]

KILLS = 10
PATIENCE_S = 600.0
PACED = ("        self.x += float(action[0]) / 10\n", "        time.sleep(0.02)\n")


class Killed:
    """A run on a cluster whose driver is killed.

    Args:
        pack: What it runs.
        cluster: Where.
        scratch: Where nodes and driver keep what they keep for a while.
        seed: Of the moments.
    """

    def __init__(self, pack: Path, cluster: Any, scratch: Path, seed: int, *words: str) -> None:
        self.runs = scratch.parent / f"runs-{pack.parent.name}"
        self.command = (sys.executable, "-m", "simgate.harness.cli.main", "run", "--quiet")
        self.begin = (str(pack), *words, "--runs-dir", str(self.runs))
        self.spread = ("--executor", "ray", "--address", cluster.address)
        self.run, self.rng = RunFolder(self.runs / "spread"), random.Random(seed)
        self.environ = {**os.environ, "RAY_TMPDIR": str(scratch)}  # Only a cluster of its own would be there.
        self.with_records = 0

    def here(self) -> int:
        """The same run by the local executor; its exit code."""
        words = (*self.command, *self.begin, "--run-name", "here", "--workers", "2")
        return subprocess.run(words, check=False, timeout=PATIENCE_S, env=self.environ).returncode

    def start(self) -> subprocess.Popen[str]:
        """Begins it, or takes it up where it was killed."""
        begun = self.run.manifest_path.exists()
        words = ("--resume", str(self.run.path)) if begun else (*self.begin, "--run-name", "spread")
        command = (*self.command, *words, *self.spread, "--workers", "3")
        return subprocess.Popen(
            command, text=True, env=self.environ,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def count(self) -> int:
        """Whole records in the journal."""
        path = self.run.journal_path
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def kill(self) -> None:
        """Kills the driver while it starts, or some records later."""
        driver, before = self.start(), self.count()
        records, more_s = self.rng.choice((0, 1, 2, 3, 5)), self.rng.uniform(0.0, 1.0)
        deadline = time.monotonic() + (PATIENCE_S if records else 6.0 * more_s)
        while self.count() < before + records or not records:
            assert driver.poll() is None, driver.communicate()
            if time.monotonic() > deadline:
                assert not records, "nothing happens"
                break
            time.sleep(0.02)
        time.sleep(more_s if records else 0.0)
        assert driver.poll() is None, driver.communicate()
        driver.kill()
        driver.communicate()
        self.with_records += self.count() > before

    def end(self) -> int:
        """Takes it up a last time; its exit code."""
        driver = self.start()
        said, _ = driver.communicate(timeout=PATIENCE_S)
        assert "Traceback" not in said, said
        return driver.returncode


def left(scratch: Path) -> dict[str, Any]:
    """All that a run may not leave: hosts, files, a cluster of its own, places that are still taken."""
    import ray

    free, whole = ray.available_resources(), ray.cluster_resources()
    return {
        "hosts": sorted(host_processes()),
        "files": sorted(path.name for path in scratch.iterdir()),
        "free": {name: free.get(name, 0.0) == whole[name] for name in ("CPU", "GPU")},
    }


def decided(run: Path) -> dict[str, Any]:
    """What a verdict says, without what names the run and the milliseconds that inference took in it."""
    verdict: dict[str, Any] = json.loads((run / "verdict.json").read_text())
    return {name: value for name, value in verdict.items() if name not in ("run_id", "notes")}


def survives(killed: Killed, scratch: Path) -> None:
    before = left(scratch)
    code = killed.here()
    for _ in range(KILLS):
        killed.kill()
    assert killed.with_records >= KILLS // 3, "the driver was killed before anything had happened"
    assert killed.count() < len(killed.run.manifest().expected), "the driver was killed when all was over"

    assert killed.end() == code
    here = killed.runs / "here"
    assert digests(killed.run.path) == digests(here)
    assert decided(killed.run.path) == decided(here)
    assert max(record.attempts for record in killed.run.records()) == 1
    assert ends(lambda: left(scratch) == before), (left(scratch), before)


@pytest.mark.slow
def test_office_doors(cluster: Any, scratch: Path) -> None:
    pack = REPOSITORY / "scenarios" / "office_doors" / "pack.yaml"
    survives(Killed(pack, cluster, scratch, 1, "--variants", "6", "--record", "none"), scratch)


def paced(folder: Path, policy: str) -> Path:
    pack = pack_in(folder, policy)
    slide = folder / "slide.py"
    slide.write_text("import time\n" + slide.read_text().replace(PACED[0], "".join(PACED)))
    pack.write_text(pack.read_text().replace("count: 4", "count: 60"))
    return pack


@pytest.mark.slow
def test_an_environment_and_a_policy_in_their_own_interpreters(
    cluster: Any,
    scratch: Path,
    team: Path,
) -> None:
    pack = paced(team / "killed", "{file: push.py:Push, python: ../v/bin/python}")
    survives(Killed(pack, cluster, scratch, 2), scratch)


@pytest.mark.slow
def test_a_policy_server(cluster: Any, scratch: Path, team: Path) -> None:
    def answer(request: Mapping[str, Any], socket: Any) -> Any:
        return {"actions": -np.clip(request["state"], -1, 1).reshape(1, 1)}

    with policy_server(answer, {"checkpoint": "slide-7"}) as server:
        policy = f"{{server: '{server.address}', observation: {{state: obs}}}}"
        survives(Killed(paced(team / "killed_served", policy), cluster, scratch, 3), scratch)
        assert not server.open
