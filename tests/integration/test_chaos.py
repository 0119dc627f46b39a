"""Whatever befalls a run, in any order: every variant has one valid record in the end, as of a calm run."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from simgate.harness.execution.planning.resume import valid_records
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack

__all__ = ["memory_plugins"]

MARK = "SIMGATE_TEST_CHAOS"
"""In the environment of everything that belongs to one test."""
ENDS = {"interrupt": signal.SIGINT, "terminate": signal.SIGTERM, "hang up": signal.SIGHUP}
WORKER = {"kill worker": signal.SIGKILL, "crash worker": signal.SIGSEGV, "pause worker": signal.SIGSTOP}
KINDS = (
    *WORKER, "kill run", "pause run", "clear folders", "tear journal",
    "second resume", "full disk", *ENDS,
)  # fmt: skip
COMMAND = (sys.executable, "-m", "simgate.harness.cli.main", "run", "--workers", "2", "--quiet")


class Chaos:
    """A run that is begun, hurt and continued until it is done.

    Args:
        folder: Where it happens.
        count: Variants.
        seed: Of the faults.
    """

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        self.folder, self.rng = folder, random.Random(seed)
        self.done: Counter[str] = Counter()
        self.patience_s = 120.0 + 2.0 * count
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.pack = write_pack(folder, count, pace_s=0.02)
        self.environ = {**os.environ, "TMPDIR": str(self.temporary), MARK: str(folder)}
        self.run = RunFolder(folder)
        self.command: subprocess.Popen[str]

    def start(self, room: int | None = None) -> None:
        """Begins the run, or continues it; ``room``: bytes to which a file of it may grow."""
        begun = run_dirs(self.folder / "runs")
        words = ["--resume", str(begun[0])] if begun else [str(self.pack), "--runtime", "memory_runtime"]
        self.command = subprocess.Popen(
            [*COMMAND, *words], cwd=self.folder, env=self.environ, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        if room is not None:
            resource.prlimit(self.command.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    def wait_for_a_record(self) -> bool:
        """Whether the command has added one; False when it has ended."""
        before, deadline = self.size(), time.monotonic() + self.patience_s
        while self.command.poll() is None:
            assert time.monotonic() < deadline, "nothing happens"
            if self.size() > before:
                return True
            time.sleep(0.01)
        return False

    def size(self) -> int:
        """Bytes of the journal."""
        begun = run_dirs(self.folder / "runs")
        if begun:
            self.run = RunFolder(begun[0])
        return self.run.journal_path.stat().st_size if self.run.journal_path.exists() else 0

    def end(self, *codes: int) -> str:
        """Waits for the end with one of these codes; what was said."""
        said = self.command.communicate(timeout=self.patience_s)[1]
        assert self.command.returncode in codes, (self.command.returncode, said)
        assert "Traceback" not in said, said
        return said

    def workers(self) -> list[int]:
        """Process ids of the run's workers."""
        return [pid for pid in ours(self.folder) if parent_of(pid) == self.command.pid]

    def hurt(self, kind: str) -> bool:
        """Applies a fault; whether the command goes on."""
        self.done[kind] += 1
        if kind in WORKER:
            number = WORKER[kind]
            for pid in self.workers()[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                    time.sleep(0.2)
                    os.kill(pid, signal.SIGCONT)
        elif kind == "pause run":
            self.command.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            self.command.send_signal(signal.SIGCONT)
        elif kind == "clear folders":
            for folder in (self.run.frames_dir, self.run.recordings_dir, self.run.hosts_dir):
                shutil.rmtree(folder, ignore_errors=True)
        elif kind == "second resume":
            second = subprocess.run(
                [*COMMAND, "--resume", str(self.run.path)], cwd=self.folder, env=self.environ,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            # Once the first has ended there is nothing left to refuse.
            assert second.returncode == 2 or self.command.poll() is not None, second.stderr
            assert self.command.poll() is not None or "is in use by process" in second.stderr
        else:
            return self.stop(kind)
        return True

    def stop(self, kind: str) -> bool:
        if kind in ENDS:
            number = ENDS[kind]
            self.command.send_signal(number)
            said = self.end(128 + number, 0)
            assert self.command.returncode == 0 or "--resume" in said
        elif kind == "full disk":
            self.command.terminate()
            self.end(128 + signal.SIGTERM, 0)
            self.start(room=self.size() + 1500)
            said = self.end(69, 0)
            assert self.command.returncode == 0 or "File too large" in said
        else:
            self.command.kill()
            self.end(-signal.SIGKILL, 0)
            if kind == "tear journal":
                with self.run.journal_path.open("ab") as journal:
                    journal.write(b'{"schema_version":1,"variant":"door_')
        return False


def ours(folder: Path) -> list[int]:
    """Processes that were started for a test, this one left out."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and f"{MARK}={folder}".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def parent_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def survive(chaos: Chaos, faults: list[str]) -> None:
    """Hurts a run with every fault, then lets it finish."""
    while faults:
        chaos.start()
        goes_on = chaos.wait_for_a_record()
        if not goes_on:
            chaos.end(0, 20, 69)
        while goes_on and faults:
            goes_on = chaos.hurt(faults.pop()) and chaos.command.poll() is None
            time.sleep(chaos.rng.uniform(0.0, 0.1))
        if chaos.command.poll() is None:
            break
        if chaos.command.returncode == 0:
            return
    for _ in range(4):
        if chaos.command.poll() is not None:
            chaos.start()
        chaos.end(0, 20, 69)
        if chaos.command.returncode == 0:
            return


def digests(folder: RunFolder) -> dict[str, str]:
    return {record.variant: record.trace_digest for record in folder.records()}


@pytest.mark.parametrize(
    ("count", "faults", "seed"),
    [
        (40, 12, 1),
        pytest.param(300, 60, 2, marks=pytest.mark.slow),
        pytest.param(300, 60, 3, marks=pytest.mark.slow),
    ],
)
def test_no_fault_costs_a_record_adds_one_or_changes_one(
    tmp_path: Path, count: int, faults: int, seed: int
) -> None:
    calm, hurt = tmp_path / "calm", tmp_path / "hurt"
    for folder in (calm, hurt):
        folder.mkdir()
    expected = Chaos(calm, count, seed)
    expected.start()
    expected.end(0)
    (reference,) = run_dirs(calm / "runs")

    chaos = Chaos(hurt, count, seed)
    kinds = [KINDS[k % len(KINDS)] for k in range(faults)]
    chaos.rng.shuffle(kinds)
    survive(chaos, kinds)
    (path,) = run_dirs(hurt / "runs")
    folder = RunFolder(path)

    assert digests(folder) == digests(RunFolder(reference))
    assert len(valid_records(folder.manifest(), folder.records())) == count
    lines = folder.journal_path.read_text(encoding="utf-8").splitlines()
    whole = [json.loads(line) for line in lines if line.endswith("}")]
    assert set(Counter(one["variant"] for one in whole if one["outcome"] != "ERROR").values()) == {1}
    assert json.loads(folder.verdict_path.read_bytes())["decision"] == "GO"
    assert sum(chaos.done.values()) >= 0.75 * faults and len(chaos.done) >= 6, chaos.done
    deadline = time.monotonic() + 60.0
    while ours(hurt) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ours(hurt) == [], "a process has outlived its run"
    assert list(chaos.temporary.iterdir()) == [], "a temporary file is left"
    assert [file.name for file in path.iterdir() if file.name.startswith(".simgate-")] == []
