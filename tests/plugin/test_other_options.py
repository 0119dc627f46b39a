"""Options and plugins of others that do something else with tests than to run each once."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.plugin.conftest import BLOCKED_WAY, CLEAR_WAY, Bench

PASS = CLEAR_WAY.replace("count: 6", "count: 2")


@pytest.mark.parametrize("option", ["--setup-plan", "--setup-only"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_plan_of_setups_simulates_nothing(bench: Bench, option: str, workers: tuple[str, ...]) -> None:
    bench.pack(PASS, BLOCKED_WAY, gate="")
    result = bench.run(option, *workers)
    assert result.ret == 0
    assert bench.run_dirs() == []
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_pack_that_is_named_twice_is_reported_as_often_as_asked(
    bench: Bench, workers: tuple[str, ...]
) -> None:
    bench.pack(PASS, gate="")
    result = bench.run("--keep-duplicates", *workers, "pack.yaml", "pack.yaml")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert result.ret == 0
    # A second record would count as a second attempt.
    assert sorted(record["variant"] for record in bench.journal()) == ["clear_way::v0000", "clear_way::v0001"]
    result.assert_outcomes(passed=4)


AGAIN = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    '''As pytest-rerunfailures does it: the same item, from its setup on.'''
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for turn in range(3):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True

def pytest_runtest_setup(item):
    if not hasattr(item, "owned"):
        item.owned = True
        item.user_properties.append(("team", "A"))
"""


def test_a_variant_that_is_set_up_again_has_each_property_once(bench: Bench) -> None:
    bench.pack(PASS, gate="")
    bench.file("conftest.py", AGAIN)
    assert bench.run("--junitxml", "out.xml").ret == 0
    text = (bench.path / "out.xml").read_text(encoding="utf-8")
    assert text.count('name="simgate_outcome"') == 2
    assert text.count('name="simgate_run"') == 2
    assert text.count('name="team"') == 2, "what others have put there stays"


@pytest.mark.parametrize(("limit", "file"), [(6_000, "manifest.json"), (90_000, "journal.ndjson")])
@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_full_disk_is_named_and_is_no_internal_error(
    bench: Bench, limit: int, file: str, workers: tuple[str, ...]
) -> None:
    bench.pack(CLEAR_WAY.replace("count: 6", "count: 80"))
    # Bytecode and pytest's cache would grow too.
    command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--gate", "--sim-workers", "0"]
    done = subprocess.run(
        [*command, *workers], cwd=bench.path, capture_output=True, text=True, check=False, timeout=90,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "INTERNALERROR" not in said, said
    assert f"{file}: File too large" in said or f"{file}'" in said, said
    assert done.returncode in (4, 20, 69)


def test_a_session_that_is_killed_leaves_no_temporary_file(bench: Bench, tmp_path: Path) -> None:
    bench.pack(CLEAR_WAY.replace("count: 6", "count: 40"))
    folder = tmp_path / "tmp"
    folder.mkdir()
    session = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-n", "2"], cwd=bench.path, stdout=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(folder)}, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not any((run / "journal.ndjson").exists() for run in bench.run_dirs()):
        assert session.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(session.pid, signal.SIGKILL)
    session.wait()
    assert [path.name for path in folder.iterdir() if path.name.startswith("simgate")] == []
    assert json.loads((bench.run_dirs()[0] / "manifest.json").read_bytes())["expected"]
