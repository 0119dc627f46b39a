"""Layers of a release that are commands: run, ended, held against what they must show, and never believed blindly."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
import yaml

from simgate.harness.cli.main import main
from simgate.harness.gate.verdict import Decision
from simgate.harness.release.commands import log_files, run_commands
from simgate.harness.release.judge import Judgement, judge_release
from simgate.harness.release.plan import Release
from tests.unit.evidence.runs import small_run
from tests.unit.release.releases import CANDIDATE, OTHER, layers, release, write_run

MADE = "import shutil; shutil.copytree('made', 'simulation')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("offline", "field", "made"):
        write_run(tmp_path / name, "P" * 40)
    return tmp_path


def python(code: str, **more: object) -> dict[str, object]:
    return {"command": [sys.executable, "-c", code], **more}


def with_leg(**leg: object) -> Release:
    return release(layers=layers(simulation=leg))


def judged(folder: Path, said: Release, *, may_run: bool = True) -> tuple[Judgement, list[str]]:
    told: list[str] = []
    ran = run_commands(said, folder, folder / "release", told.append, may_run=may_run)
    return judge_release(said, folder, CANDIDATE, ran), told


def test_a_command_makes_the_run_once_and_the_run_is_judged(folder: Path) -> None:
    said = with_leg(run="simulation", **python(f"{MADE}; print('made it')", shows="made it"))
    found, told = judged(folder, said)
    assert (found.decision, found.reasons) == (Decision.GO, ())
    assert len(told) == 1
    assert told[0].startswith("simulation: ")
    assert told[0].endswith("(at most 60 minutes)")
    assert found.layers[1].verdict is not None
    assert "shows what it must" in found.layers[1].command
    again, told = judged(folder, said)
    assert (again.decision, told, again.layers[1].command) == (Decision.GO, [], found.layers[1].command)
    assert (folder / "release/commands/simulation.log").read_text() == "made it\n"


@pytest.mark.parametrize(
    ("ending", "more", "why"),
    [
        ("; print('oh'); exit(3)", {}, "ended with exit code 3, not 0; its last line: oh (after "),
        ("", {"exit_code": 1}, "ended with exit code 0, not 1 (after "),
        ("; print('all')", {"shows": "all good"}, "does not show 'all good'; its last line: all (after "),
    ],
)
def test_a_command_that_ends_otherwise_takes_the_go_of_its_run_away_for_good(
    folder: Path, ending: str, more: dict[str, object], why: str
) -> None:
    said = with_leg(run="simulation", **python(MADE + ending, **more))
    for _ in range(2):
        found, _ = judged(folder, said)
        assert found.decision is Decision.INCONCLUSIVE
        (reason,) = found.reasons
        assert why in reason
        assert reason.endswith("; move simulation away, and its command is run again")
    (folder / "simulation").rename(folder / "away")
    assert len(judged(folder, said)[1]) == 1


def test_a_run_of_another_model_says_how_its_command_makes_a_new_one(folder: Path) -> None:
    write_run(folder / "simulation", "P" * 40, model=OTHER)
    found, told = judged(folder, with_leg(run="simulation", **python(MADE)))
    assert told == []
    assert found.reasons[0].endswith("; move simulation away, and its command is run again")


def test_another_command_in_the_file_does_not_undo_what_made_the_run(folder: Path) -> None:
    made = python(f"{MADE}; exit(3)")
    judged(folder, with_leg(run="simulation", **made))
    found, told = judged(folder, with_leg(run="simulation", **python("exit(0)")))
    assert told == []
    assert found.decision is not Decision.GO
    assert "ended with exit code 3, not 0" in found.reasons[0]


def test_a_command_that_is_refuted_by_its_run_is_no_go(folder: Path) -> None:
    write_run(folder / "bad", "F" * 40)
    code = "import shutil; shutil.copytree('bad', 'simulation'); exit(1)"
    assert judged(folder, with_leg(run="simulation", **python(code)))[0].decision is Decision.NO_GO


def test_what_a_command_starts_ends_with_its_time(folder: Path) -> None:
    code = (
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-c', \"import time; time.sleep(2); open('late', 'w')\"]);"
        "time.sleep(60)"
    )
    leg = python(code, timeout_minutes=0.01, model_sha256=CANDIDATE)
    found, _ = judged(folder, with_leg(**leg))
    assert found.decision is Decision.INCONCLUSIVE
    assert "was ended after 0.01 minutes" in found.reasons[0]
    time.sleep(2.2)
    assert not (folder / "late").exists()


@pytest.mark.parametrize(
    ("leg", "decision", "why"),
    [
        (python("print('12 passed')", shows="12 passed"), Decision.GO, ""),
        (python("exit(1)"), Decision.NO_GO, "ended with exit code 1, not 0"),
        (python("import os; os.kill(os.getpid(), 9)"), Decision.INCONCLUSIVE, "was ended by signal 9"),
        ({"command": ["./none"]}, Decision.INCONCLUSIVE, "cannot be run: "),
        (python("", model_sha256=OTHER), Decision.INCONCLUSIVE, f"stale: it judged the model {OTHER[:12]}"),
    ],
)
def test_a_command_can_be_the_evidence_itself(
    folder: Path, leg: dict[str, object], decision: Decision, why: str
) -> None:
    said = release(
        requirements=["R-1", "R-7"],
        layers=layers(simulation={"model_sha256": CANDIDATE, "requirements": ["R-7"], **leg}),
    )
    found, _ = judged(folder, said)
    assert found.decision is decision
    assert why in " ".join(found.reasons)
    assert found.coverage[1].by_layer.get("simulation") == {
        Decision.GO: (1, 0),
        Decision.NO_GO: (0, 1),
    }.get(decision)


def test_without_leave_nothing_is_run(folder: Path) -> None:
    found, told = judged(folder, with_leg(**python(MADE, model_sha256=CANDIDATE)), may_run=False)
    assert (found.decision, told) == (Decision.INCONCLUSIVE, [])
    assert found.reasons == ("simulation: there is no evidence: its command was not run",)
    assert not (folder / "simulation").exists()


def test_no_shell_reads_a_command_and_what_it_says_is_inert(folder: Path) -> None:
    words = ["-c", "import sys; print(sys.argv[1:], '\\x1b[31m')", "$(touch evil)", "; touch evil", "* \x1b"]
    said = with_leg(command=[sys.executable, *words], model_sha256=CANDIDATE)
    ran = run_commands(said, folder, folder / "release", lambda text: None)
    assert not (folder / "evil").exists()
    files = log_files(folder / "release", ran)
    assert sorted(files) == ["commands/simulation.json", "commands/simulation.log"]
    assert "'$(touch evil)', '; touch evil'" in files["commands/simulation.log"].decode()
    assert not any("\x1b" in content.decode() for content in files.values())


@pytest.mark.parametrize("content", ["", "[]", '{"command": 1}', "\x00"])
def test_a_damaged_record_of_a_command_is_none(folder: Path, content: str) -> None:
    said = with_leg(run="simulation", **python(MADE + "; exit(3)"))
    judged(folder, said)
    (folder / "release/commands/simulation.json").write_text(content)
    assert judged(folder, said)[0].layers[1].command == ""


def test_the_command_line_runs_them_and_packs_what_they_said(tmp_path: Path, capsys) -> None:
    run = small_run(tmp_path)
    kept = tmp_path / "kept"
    run.path.rename(kept)
    made = f"import shutil; shutil.copytree('kept', {str(run.path)!r}); print('\\x1b[2Jdone')"
    said = {
        "release": "m 1",
        "model": "model/model.yaml",
        "requirements": ["NAV-012"],
        "layers": {"simulation": python(made, run=str(run.path.relative_to(tmp_path)))},
        "needed": ["simulation"],
        "sign_offs": [{"role": "safety", "name": "A", "date": "2026-11-29"}],
    }
    file = tmp_path / "release.yaml"
    file.write_text(yaml.safe_dump(said))
    main(["release", str(file), "--no-commands"])
    assert "the evidence cannot be read" in capsys.readouterr().out
    main(["release", str(file)])
    shown = capsys.readouterr()
    assert "simulation: " in shown.err
    assert "\x1b" not in shown.out + shown.err
    assert (tmp_path / "release/commands/simulation.log").read_text() == "\\x1b[2Jdone\n"
    layer = json.loads((tmp_path / "release/release.json").read_text())["layers"][0]
    assert "shows what it must" in layer["command"]
    said["layers"]["simulation"]["command"] = ["simgate", "--version"]  # type: ignore[index]
    del said["layers"]["simulation"]["run"]  # type: ignore[attr-defined]
    file.write_text(yaml.safe_dump(said))
    assert main(["release", str(file)]) == 2
    assert "a command without a run does not say which model it judges" in capsys.readouterr().err
