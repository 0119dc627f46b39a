"""The shipped pack, model and policy through the command line, on real MuJoCo, as a user types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from simgate.harness.results.record import Outcome
from tests.e2e.conftest import PACK, REPOSITORY, V1, digests, simgate, the_run
from tests.run_dirs import run_dirs

SCENARIOS = 10


def test_a_run_leaves_everything_that_an_auditor_asks_for(runs_dir):
    typed = simgate("run", PACK, "--variants", 1, "--workers", 2, "--runs-dir", runs_dir)
    folder = the_run(runs_dir)
    records = folder.records()
    assert len(records) == len(folder.manifest().expected) == SCENARIOS
    assert {r.outcome for r in records} == {Outcome.PASS}, [(r.variant, r.reason) for r in records]
    assert typed.code == 20, "ten variants cannot prove 98 %"
    assert typed.out.rstrip().splitlines()[-1].startswith("INCONCLUSIVE")
    fingerprint = folder.fingerprint()
    assert fingerprint.adapter == "mujoco"
    assert "Mesa" in fingerprint.renderer or "OpenGL" in fingerprint.renderer
    assert json.loads(folder.verdict_path.read_text())["decision"] == "INCONCLUSIVE"
    cases = ElementTree.parse(folder.junit_path).getroot().iter("testcase")
    assert {record.variant.partition("::")[2] for record in records} <= {
        name.rpartition("::")[2] for name in (case.get("name", "") for case in cases)
    }
    page = folder.report_path.read_text()
    assert "INCONCLUSIVE" in page
    assert "http://" not in page.replace("http://www.w3.org", "")

    again = simgate("gate", folder.path)
    assert again.code == 20

    variant = records[0].variant
    replayed = simgate("replay", folder.path, variant)
    assert replayed.code == 0, replayed.out + replayed.err
    assert records[0].trace_digest[:12] in replayed.out or "same" in replayed.out


def test_one_and_two_hosts_give_identical_traces(tmp_path):
    found = []
    for hosts in (1, 2):
        runs_dir = tmp_path / str(hosts)
        simgate("run", PACK, "--variants", 2, "--workers", hosts, "--runs-dir", runs_dir, "--quiet")
        found.append(digests(the_run(runs_dir)))
    assert len(found[0]) == 2 * SCENARIOS
    assert found[0] == found[1]
    assert all(found[0].values())


def test_a_killed_run_is_resumed_and_no_variant_runs_twice(runs_dir):
    command = [
        sys.executable,
        "-m",
        "simgate.harness.cli.main",
        "run",
        str(PACK),
        "--variants",
        "2",
        "--workers",
        "2",
    ]
    process = subprocess.Popen(
        [*command, "--runs-dir", str(runs_dir), "--quiet"], cwd=REPOSITORY, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if runs_dir.exists() and any(run_dirs(runs_dir)) and len(the_run(runs_dir).records()) >= 4:
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    folder = the_run(runs_dir)
    before = digests(folder)
    assert 4 <= len(before) < 2 * SCENARIOS

    resumed = simgate("run", "--resume", folder.path, "--workers", 2, "--quiet")
    assert resumed.code == 20, resumed.out + resumed.err
    lines = [line for line in folder.journal_path.read_text().splitlines() if line.strip()]
    variants = []
    for line in lines:
        try:
            variants.append(json.loads(line)["variant"])
        except json.JSONDecodeError:
            continue
    assert sorted(variants) == sorted(expected.id for expected in folder.manifest().expected)
    assert before.items() <= digests(folder).items()


def test_the_old_model_fails_in_dim_light_and_the_report_shows_it(runs_dir):
    chosen = ("--scenario", "glass_door_dim_light", "--variants", 20, "--workers", 2)
    typed = simgate("run", PACK, "--model", V1, *chosen, "--runs-dir", runs_dir)
    folder = the_run(runs_dir)
    failed = [record for record in folder.records() if record.outcome is Outcome.FAIL]
    assert typed.code == 1, typed.out
    assert len(failed) >= 15
    picture = folder.path / failed[0].artifacts["failure_picture"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    page = folder.report_path.read_text().replace("<wbr>", "")
    assert "NO-GO" in page
    assert "lighting.lux" in page


def test_pytest_runs_the_same_variants_to_the_same_traces(tmp_path):
    by_command = tmp_path / "command"
    simgate("run", PACK, "--scenario", "open_doorway", "--variants", 2, "--runs-dir", by_command, "--quiet")
    by_pytest = tmp_path / "pytest"
    options = ["-k", "open_doorway", "--variants", "2", "--runs-dir", str(by_pytest), "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(PACK), *options, "-p", "no:cacheprovider"],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    assert digests(the_run(by_pytest)) == digests(the_run(by_command))


def test_preview_draws_a_contact_sheet(tmp_path):
    sheet = tmp_path / "sheet.png"
    typed = simgate("preview", PACK, "--variants", 6, "--out", sheet)
    assert typed.code == 0, typed.err
    assert Path(sheet).read_bytes().startswith(b"\x89PNG")


def test_doctor_finds_this_machine_fit():
    typed = simgate("doctor")
    assert typed.code == 0, typed.out + typed.err
