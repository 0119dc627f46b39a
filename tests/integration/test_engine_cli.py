"""``simgate run``, ``replay`` and ``doctor`` with the in-memory simulator."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import jsonschema
import pytest

from simgate.harness.cli.main import main
from simgate.harness.execution.planning.resume import resume_run
from simgate.harness.registry import PLUGINS_VARIABLE
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_model, write_pack

__all__ = ["memory_plugins"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> int:
    return main(["run", *arguments, "--runtime", "memory_runtime", "--workers", "1", "--quiet"])


def only_run() -> RunFolder:
    (path,) = run_dirs(Path("runs"))
    return RunFolder(path)


def test_a_run_ends_with_verdict_reports_and_the_verdicts_exit_code(tmp_path: Path) -> None:
    assert run(str(write_pack(tmp_path))) == 0
    folder = only_run()
    assert json.loads(folder.verdict_path.read_text())["decision"] == "GO"
    assert folder.junit_path.is_file()
    assert folder.report_path.is_file()
    assert len(folder.records()) == 8


def test_a_failing_pack_is_no_go(tmp_path: Path) -> None:
    assert run(str(write_pack(tmp_path, criterion="path_length_m"))) == 1
    assert {r.outcome.value for r in only_run().records()} == {"FAIL"}


def test_a_part_of_a_pack_is_marked_as_such(tmp_path: Path) -> None:
    run(str(write_pack(tmp_path)), "--variants", "2", "--scenario", "door_*")
    manifest = only_run().manifest()
    assert len(manifest.expected) == 2
    assert manifest.selection == "--variants 2 --scenario door_*"


def test_a_folder_of_packs_gives_a_run_for_each_and_the_worst_exit_code(tmp_path: Path) -> None:
    good, bad = tmp_path / "packs" / "good", tmp_path / "packs" / "bad"
    good.mkdir(parents=True)
    bad.mkdir()
    write_pack(good, 2)
    path = write_pack(bad, 2, criterion="path_length_m")
    path.write_text(path.read_text().replace("pack: ", "pack: other_", 1))
    assert run("packs") == 1
    assert len(run_dirs(Path("runs"))) == 2


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("raise KeyError('a broken reporter')", "KeyError: 'a broken reporter'"),
        ("raise SystemExit(7)", "SystemExit: 7"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_a_reporter_that_fails_takes_neither_verdict_nor_code_nor_the_other_reports(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    body: str,
    cause: str,
) -> None:
    (tmp_path / "own_reporter.py").write_text(f"def write(folder):\n    {body}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_reporter", raising=False)
    known = os.environ[PLUGINS_VARIABLE]
    monkeypatch.setenv(PLUGINS_VARIABLE, f"{known},reporters:a_team=own_reporter:write")
    assert run(str(write_pack(tmp_path))) == 0
    said = capsys.readouterr()
    assert f"the a_team report was not written: {cause}\n" in said.err
    assert "Traceback" not in said.err
    assert "\nGO  " in said.out
    folder = only_run()
    assert folder.verdict_path.is_file()
    assert folder.junit_path.is_file()
    assert folder.report_path.is_file()


def test_a_host_that_cannot_start_is_inconclusive_with_the_code_of_the_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(write_pack(tmp_path, 2)), "--workers", "1", "--quiet"]) == 69
    assert "cannot be loaded by ONNX Runtime" in capsys.readouterr().err
    assert json.loads(only_run().verdict_path.read_text())["decision"] == "INCONCLUSIVE"
    for evidence in ("junit.xml", "report.html"):
        assert "cannot be loaded by ONNX Runtime" in (only_run().path / evidence).read_text(), evidence
    assert len(resume_run(only_run().path, hosts=1).variants) == 2, "ERROR runs again"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--adapter", "memori"], "; did you mean 'memory'?"),
        (["--model", "nowhere"], "model package does not exist"),
        (["--scenario", "nothing*"], "no scenario is meant by that; there are\n  scenario: door_ahead"),
        (["--resume", "nowhere"], "nowhere is not a run folder"),
    ],
)
def test_wrong_use_says_what_is_wrong_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    pack = [] if "--resume" in arguments else [str(write_pack(tmp_path))]
    assert main(["run", *pack, *arguments, "--workers", "1"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not Path("runs").exists()


def test_a_run_is_continued_as_it_was_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(str(write_pack(tmp_path, 2)))
    folder = str(only_run().path)
    assert main(["run", "--resume", folder, "--model", "elsewhere"]) == 2
    assert "--model cannot be combined with --resume" in capsys.readouterr().err
    assert main(["run", "--resume", folder, "--workers", "1", "--quiet"]) == 0


def test_a_replay_says_whether_it_went_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(str(write_pack(tmp_path, 2)))
    folder = str(only_run().path)
    assert main(["replay", folder, "door_ahead::v0001"]) == 0
    assert "same trace, bit for bit" in capsys.readouterr().out
    write_model(tmp_path / "model", latency="constant: 99")
    assert main(["replay", folder, "door_ahead::v0001", "--workers", "0"]) == 1
    text = capsys.readouterr().out
    assert "DIFFERENT" in text
    assert "model sha256 was" in text


def test_the_doctor_sees_that_this_machine_can_run_and_draw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios").mkdir()
    write_pack(tmp_path / "scenarios")
    main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ok   simulator memory: 1 draws with numpy on cpu") for line in lines)
    assert any(line.startswith("ok   model: columns 1") for line in lines)
    assert any(line.startswith("ok   packages: simgate") for line in lines)
    assert any(
        line.startswith("BAD  columns 1 on onnxruntime: 'weights.onnx' cannot be loaded") for line in lines
    )
    assert any(line.startswith("note columns 1 on tensorrt: the package has no plan") for line in lines)


def test_the_doctor_names_what_is_missing_and_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scenarios").mkdir()
    write_pack(tmp_path / "scenarios")
    shutil.rmtree(tmp_path / "scenarios" / "model")
    monkeypatch.setenv("SIMGATE_PLUGINS", "sim_adapters:broken=no_such_module:Adapter")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "BAD  simulator broken" in out
    assert "No module named 'no_such_module'" in out
    assert "BAD  pack" in out
    assert out.splitlines()[-1].endswith("missing")


def test_a_run_has_the_name_that_it_is_given_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = str(write_pack(tmp_path, 2))
    run(pack, "--run-name", "nightly-7")
    assert only_run().manifest().run_id == "nightly-7"
    assert main(["gate", "runs/latest"]) in (0, 20)
    assert main(["run", "--resume", "runs/latest", "--quiet"]) in (0, 20)
    assert len(only_run().records()) == 2
    capsys.readouterr()
    assert run(pack, "--run-name", "nightly-7") == 2
    assert "runs/nightly-7 is there already: give another --run-name" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["latest", "../up", "a/b", "", ".hidden", "x" * 101, "a b"])
def test_a_name_that_no_folder_of_runs_can_have_is_refused(name: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["run", "pack.yaml", f"--run-name={name}"])
    assert stop.value.code == 2


def test_several_packs_have_their_names_behind_that_of_the_run(tmp_path: Path) -> None:
    for number in (1, 2):
        folder = tmp_path / "packs" / str(number)
        folder.mkdir(parents=True)
        path = write_pack(folder, 2)
        path.write_text(path.read_text().replace("pack: ", f"pack: p{number}_", 1))
    run("packs", "--run-name", "nightly")
    assert [path.name for path in run_dirs(Path("runs"))] == [
        "nightly-p1_memory_doors",
        "nightly-p2_memory_doors",
    ]


def test_output_json_is_one_document_with_the_verdict_and_the_paths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(str(write_pack(tmp_path)), "--output", "json")
    shown = capsys.readouterr()
    said = json.loads(shown.out)
    (one,) = said["runs"]
    folder = only_run()
    assert (said["exit_code"], said["decision"], one["judged"]) == (code, "GO", True)
    assert one["verdict"] == json.loads(folder.verdict_path.read_text())
    assert {Path(path) for path in one["files"].values()} == {
        folder.manifest_path,
        folder.journal_path,
        folder.verdict_path,
        folder.junit_path,
        folder.report_path,
    }
    assert shown.err.splitlines()[-1].startswith("GO"), "what people read goes to standard error"
    main(["schema", "--of", "result"])
    jsonschema.validate(said, json.loads(capsys.readouterr().out))


def test_output_json_of_what_cannot_be_run_is_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nowhere.yaml", "--output", "json") == 2
    assert capsys.readouterr().out == ""


def test_a_job_on_github_is_told_on_the_log_and_in_its_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert run(str(write_pack(tmp_path, criterion="path_length_m")), "--output", "json") == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["decision"] == "NO-GO", "standard output stays one document"
    assert [line.split(" ", 1)[0] for line in shown.err.splitlines() if line.startswith("::")] == [
        "::error",
        "::warning",
    ]
    assert (tmp_path / "summary.md").read_text().startswith("## ❌ NO-GO")
