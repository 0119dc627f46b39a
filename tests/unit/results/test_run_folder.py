"""What lies in a run's folder beside manifest and journal is read with care."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.gate.decide import decide_folder
from simgate.harness.gate.exit_code import exit_code
from simgate.harness.results.run_folder import NotARun, RunFolder
from tests.unit.reports.factory import OFFICE, RunPlan, build_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    plan = RunPlan(scenarios=OFFICE[:1], pictures=False, recordings=False)
    folder = build_run(tmp_path / "r1", plan)
    folder.hosts_dir.mkdir(exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "Expecting value: line 1"),
        ("{", "Expecting property name"),
        ("[]", "it names no simulator"),
        ("{}", "it has no 'adapter'"),
        ('{"adapter": null}', "it names no simulator"),
        ('{"adapter": {"version": "1"}}', "it has no 'renderer'"),
    ],
)
def test_a_damaged_word_of_a_worker_is_named_and_the_run_judged(run, content, why, capsys):
    whole = decide_folder(run)
    path = run.hosts_dir / "0.json"
    path.write_text(content)
    with pytest.raises(NotARun, match=rf"0\.json cannot be read: {why}.*; delete it"):
        run.fingerprint()
    verdict = decide_folder(run)
    assert verdict.notes[-1].startswith(f"{path} cannot be read: ")
    assert verdict.model_copy(update={"notes": whole.notes}) == whole
    assert main(["gate", str(run.path)]) == exit_code([whole])
    said = "".join(capsys.readouterr().out.split())  # Lines are folded at the terminal's width.
    assert f"note:{path}cannotberead" in said


def test_of_several_workers_one_that_is_damaged_hides_nothing(run):
    said = json.dumps({"adapter": {"version": "4.0", "renderer": "egl"}})
    for number, content in enumerate(("{", said)):
        (run.hosts_dir / f"{number}.json").write_text(content)
    damaged: list[str] = []
    made = run.completed(run.manifest().fingerprint, damaged)
    assert (made.adapter_version, made.renderer, len(damaged)) == ("4.0", "egl", 1)


def test_workers_are_in_the_order_of_their_numbers_and_the_first_says_what_they_are(run):
    for number in (10, 2, 9):
        words = {"version": f"4.{number}", "renderer": f"renderer {number}"}
        (run.hosts_dir / f"{number}.json").write_text(json.dumps({"adapter": words}))
    for path in run.hosts_dir.glob("[01].json"):
        path.unlink()
    assert [host["adapter"]["version"] for host in run.hosts()] == ["4.2", "4.9", "4.10"]
    assert (run.fingerprint().adapter_version, run.fingerprint().renderer) == ("4.2", "renderer 2")


def test_other_files_beside_them_are_none_of_theirs(run):
    before = run.fingerprint()
    for name in ("notes.json", "0.json.bak", "-1.json"):
        (run.hosts_dir / name).write_text("{")
    assert run.fingerprint() == before


def test_a_journal_with_torn_lines_in_the_middle_says_so_and_judges_the_rest(run):
    whole = decide_folder(run)
    first, *others = run.journal_path.read_bytes().splitlines(keepends=True)
    run.journal_path.write_bytes(b"".join([first[:80] + b"\n", *others, b'{"schema_version":1,"var']))
    verdict = decide_folder(run)
    assert not any("of the journal" in note for note in whole.notes)
    assert verdict.notes[-1].startswith(
        "1 line of the journal cannot be read and counts for nothing (line 1)"
    )
    assert sum(one.missing for one in verdict.scenarios) == sum(one.missing for one in whole.scenarios) + 1


DEEP = b"[" * 100_000


@pytest.mark.parametrize("command", ["gate", "report", "coverage", "explain"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("hosts/0.json", None),
        ("hosts/0.json", DEEP),
        ("manifest.json", None),
        ("manifest.json", DEEP),
        ("journal.ndjson", None),
        ("aa.json", DEEP),
    ],
    ids=lambda part: part if isinstance(part, str) else "deep" if part else "folder",
)
def test_whatever_stands_where_a_file_belongs_ends_in_a_sentence_with_its_name(
    run, name, content, command, capsys
):
    path = run.path / name
    path.unlink(missing_ok=True)
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    code = main([command, str(run.path)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    if name == "hosts/0.json":
        assert command in ("report", "coverage") or path.name in said.out
    elif command != "coverage" or name in ("manifest.json", "journal.ndjson"):
        assert code == 2
        assert path.name in said.err


@pytest.mark.parametrize("command", ["gate", "report", "coverage", "explain"])
@pytest.mark.parametrize("scenarios", [None, []], ids=["none", "empty"])
def test_a_manifest_whose_pack_does_not_fit_is_refused_in_a_sentence(run, command, scenarios, capsys):
    words = json.loads(run.manifest_path.read_bytes())
    words["pack"] = {} if scenarios is None else words["pack"] | {"scenarios": scenarios}
    run.manifest_path.write_text(json.dumps(words))
    assert main([command, str(run.path)]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "manifest of" in said
    assert len(said.splitlines()) == 1
