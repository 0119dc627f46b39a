"""The listings of docs/writing-your-own.md as files beside a pack: one run, wherever it runs, until one changes."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("onnx", reason="makes the model")

from simgate.harness.cli.main import main
from simgate.harness.doctor import adapter_probe
from tests.unit.policies.perception.made_models import constant_onnx, package

PAGE = Path(__file__).parents[2] / "docs" / "writing-your-own.md"
_LISTING = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNTIME = "my_runtime.py:Plain"
PARTS = {
    "my_policy.py": "policy my_policy.py:Follow",
    "my_simulator.py": "simulator my_simulator.py:Rail",
    "my_world.py": "world my_world.py:HALL",
    "my_task.py": "task my_task.py:HALF_WAY",
    "my_metric.py": "metric my_metric.py:WAY",
    "my_decoder.py": "model made 1.0.0",
    "my_runtime.py": "runtime my_runtime.py:Plain",
}
"""File -> how a run calls the part that it is."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All listings in one folder, with a model for the decoder, run with two workers."""
    folder = tmp_path_factory.mktemp("mine")
    listings = dict(_LISTING.findall(PAGE.read_text(encoding="utf-8")))
    assert listings.keys() == {*PARTS, "pack.yaml", "decoder.yaml", "my_report.py"}
    for name, text in listings.items():
        (folder / name).write_text(text)
    weights = constant_onnx({"v": np.full((1, 1), 0.8, np.float32)})
    package(folder, weights, **yaml.safe_load(listings["decoder.yaml"]))
    with contextlib.chdir(folder):
        assert main(["lint", "pack.yaml", "model.yaml"]) == 0
        main(["run", "pack.yaml", "--runtime", RUNTIME, "--workers", "2", "--run-name", "two", "--quiet"])
    return folder


def digests(run: Path) -> dict[str, str]:
    records = map(json.loads, (run / "journal.ndjson").read_text().splitlines())
    found = {record["variant"]: record["trace_digest"] for record in records}
    assert len(found) == 2
    return found


def test_every_listing_plays_its_part(folder: Path) -> None:
    for record in map(json.loads, (folder / "runs/two/journal.ndjson").read_text().splitlines()):
        assert (record["outcome"], record["end"]) == ("PASS", "success"), record["reason"]
        # 0.8 m/s, as the model says by the decoder, until half the way is driven.
        half = record["parameters"]["wall.distance_m"] / 2
        assert half <= record["metrics"]["way"] < half + 0.081
        assert record["runtime"].startswith("plain ")


def test_pytest_with_two_workers_leaves_the_traces_of_run(folder: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "pack.yaml"]
    command += ["--sim-runtime", RUNTIME, "--sim-run-name", "pytest"]
    ended = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout
    runs = folder / "runs"
    assert digests(runs / "two") == digests(runs / "pytest")


def test_what_is_left_is_run_again_and_one_variant_is_replayed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = folder / "runs/two/journal.ndjson"
    before, lines = digests(journal.parent), journal.read_text().splitlines(keepends=True)
    journal.write_text(lines[0])
    with contextlib.chdir(folder):
        main(["run", "--resume", "runs/two", "--workers", "1", "--quiet"])
        assert digests(journal.parent) == before
        capsys.readouterr()
        assert main(["replay", "runs/two", "wall_ahead::v0001"]) == 0
    assert "same trace, bit for bit" in capsys.readouterr().out


@pytest.mark.parametrize("file", PARTS)
def test_one_character_of_any_file_is_another_run_and_resuming_names_it(
    folder: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / file).read_text()
    (folder / file).write_text(f"{text}#")
    try:
        with contextlib.chdir(folder):
            assert main(["run", "--resume", "runs/two", "--workers", "0", "--quiet"]) == 2
    finally:
        (folder / file).write_text(text)
    assert f"{PARTS[file]}: ./{file} has changed; restore that" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["my_policy.py", "my_metric.py", "my_decoder.py"])
def test_a_worker_refuses_a_neighbour_that_a_file_imports_by_a_name_which_it_computes(
    folder: Path, file: str
) -> None:
    text = (folder / file).read_text()
    (folder / "near.py").write_text("")
    (folder / file).write_text(
        f"import importlib\nimportlib.import_module('.ne' + 'ar', __package__)\n{text}"
    )
    try:
        with contextlib.chdir(folder):
            main(["run", "pack.yaml", "--runtime", RUNTIME, "--workers", "1", "--run-name", file, "--quiet"])
    finally:
        (folder / file).write_text(text)
    for record in map(json.loads, (folder / "runs" / file / "journal.ndjson").read_text().splitlines()):
        assert record["outcome"] == "ERROR"
        assert f"{PARTS[file]}: ./near.py" in record["reason"]
        assert "import it by its name, or list it in files(options)" in record["reason"]


def test_a_reporter_in_a_file_writes_its_report_and_changes_no_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.chdir(folder):
        assert main(["report", "runs/two", "--format", "my_report.py:write"]) == 0
        assert "passed.txt" in capsys.readouterr().out
        assert Path("runs/two/passed.txt").read_text() == "2 of 2 passed\n"
        text = Path("my_report.py").read_text()
        Path("my_report.py").write_text(f"{text}#")
        assert main(["run", "--resume", "runs/two", "--workers", "0", "--quiet"]) != 2
        Path("my_report.py").write_text(text)


def test_commands_that_look_at_one_world_or_simulator_take_files_too(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.chdir(folder):
        assert main(["worlds", "my_world.py:HALL"]) == 0
        assert "wall.distance_m" in capsys.readouterr().out
        assert main(["worlds", "my_world.py:HAL"]) == 2
        assert "did you mean 'my_world.py:HALL'?" in capsys.readouterr().err
        assert main(["doctor", "--adapter", "my_simulator.py:Rial"]) == 2
        assert "did you mean 'my_simulator.py:Rail'?" in capsys.readouterr().err
        monkeypatch.setattr("sys.argv", ["probe", "start", "my_simulator.py:Rail", "start.json", "{}"])
        assert adapter_probe.main() == 0
        assert json.loads(Path("start.json").read_text())["renderer"] == "numpy"
        monkeypatch.setenv("SIMGATE_DOCTOR_ADAPTER", "my_simulator.py:Rail")
        suite = importlib.import_module("simgate.harness.doctor.conformance_probe").TestInstalledSimulator
        assert suite.bit_reproducible
        sys.modules.pop(suite.__module__)
