"""A file of a newer simgate is refused in a sentence: which file, which version, what to do; never read as an old one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.evidence.build import build_evidence
from simgate.harness.evidence.canonical_zip import contents, read_zip
from simgate.harness.evidence.statement import STATEMENT
from simgate.harness.evidence.verify import verify_evidence
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.gate.comparing.baseline_store import BaselineStore, NoBaseline
from simgate.harness.results.journal import JournalDamaged, read_journal
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.policies.perception.trt.sidecar import EngineMismatch, read_sidecar
from tests.unit.evidence.runs import zipped
from tests.unit.reports.factory import OFFICE, RunPlan, build_run

REFUSED = r"is of schema version 99, and this simgate \(\S+\) reads version 1: upgrade simgate, or use the version that wrote it"

DECIDING = ("gate", "report", "explain", "evidence build", "baseline set main")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return build_run(tmp_path / "runs" / "r1", RunPlan(scenarios=OFFICE[:1], pictures=False))


def of_version(path: Path, version: object, key: str = "schema_version", **more: object) -> None:
    """Rewrites a JSON file as another version of simgate would have written it."""
    content = {**json.loads(path.read_text()), **more, key: version}
    path.write_text(json.dumps(content))


def journal_of_version(run: RunFolder, version: object, **more: object) -> int:
    """Makes the last record one of another version; returns its line."""
    lines = run.journal_path.read_text().splitlines()
    lines[-1] = json.dumps({**json.loads(lines[-1]), **more, "schema_version": version})
    run.journal_path.write_text("\n".join(lines) + "\n")
    return len(lines)


@pytest.mark.parametrize("more", [{}, {"invented_later": 1}], ids=["same keys", "new key"])
def test_a_newer_manifest_is_refused_by_its_version_not_by_its_new_keys(run, more):
    of_version(run.manifest_path, 99, **more)
    with pytest.raises(NotARun, match=rf"manifest\.json {REFUSED}$"):
        run.manifest()


@pytest.mark.parametrize("more", [{}, {"invented_later": 1}], ids=["same keys", "new key"])
def test_a_newer_record_is_refused_with_its_line(run, more):
    line = journal_of_version(run, 99, **more)
    with pytest.raises(JournalDamaged, match=rf"journal\.ndjson:{line}: the record {REFUSED}$"):
        list(read_journal(run.journal_path))


@pytest.mark.parametrize("version", [0, -1, True, "1", 1.5, None])
def test_what_is_no_version_is_damage(run, version):
    journal_of_version(run, version)
    said = f"schema_version: a schema version is a whole number from 1, not {version!r}; restore it"
    with pytest.raises(JournalDamaged) as record:
        list(read_journal(run.journal_path))
    of_version(run.manifest_path, version)
    with pytest.raises(NotARun) as manifest:
        run.manifest()
    for error, file in ((record, "not a run record"), (manifest, f"{run.manifest_path} cannot be read")):
        assert f"{file}: {said}" in str(error.value)
        assert "\n" not in str(error.value) and "pydantic" not in str(error.value)


def test_a_file_without_a_version_is_of_the_first(run):
    manifest = json.loads(run.manifest_path.read_text())
    del manifest["schema_version"]
    run.manifest_path.write_text(json.dumps(manifest))
    assert run.manifest().schema_version == 1


@pytest.mark.parametrize(
    ("file", "command"),
    [
        *((file, command) for file in ("manifest.json", "journal.ndjson") for command in DECIDING),
        ("manifest.json", "run --resume"),
    ],
)
def test_every_command_says_so_and_decides_nothing(run, file, command, capsys):
    if file == "manifest.json":
        of_version(run.manifest_path, 99)
    else:
        journal_of_version(run, 99)
    assert main([*command.split(), str(run.path)]) == 2
    error = capsys.readouterr().err
    assert file in error and "schema version 99" in error and "upgrade simgate" in error
    assert "Traceback" not in error


def test_newer_baselines_are_refused_and_not_overwritten(run):
    store = BaselineStore(run.path.parent)
    store.put("main", run, "GO")
    of_version(store.path, 99)
    before = store.path.read_bytes()
    with pytest.raises(NoBaseline, match=rf"baselines\.json {REFUSED}$"):
        store.all()
    with pytest.raises(NoBaseline):
        store.put("other", run, "GO")
    assert store.path.read_bytes() == before


def test_a_newer_baseline_inside_a_run_is_refused(run):
    (run.path / "baseline").mkdir()
    (run.path / "baseline" / "manifest.json").write_bytes(run.manifest_path.read_bytes())
    of_version(run.path / "baseline" / "manifest.json", 99)
    assert main(["gate", str(run.path)]) == 2


def test_a_newer_recording_is_refused_by_name(run):
    path = next(run.recordings_dir.glob("*.npz"))
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    words = {**json.loads(arrays["words"].tobytes()), "format": 99}
    arrays["words"] = np.frombuffer(json.dumps(words).encode(), dtype=np.uint8)
    np.savez_compressed(path, **arrays)
    refused = REFUSED.replace("version 1:", "versions 1 to 3:")
    with pytest.raises(ValueError, match=rf"{path.name} {refused}$"):
        load_trace(path)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("run/verdict.json", {"schema_version": 99, "invented_later": 1}),
        ("run/manifest.json", {"schema_version": 99}),
        (STATEMENT, None),
    ],
)
def test_a_newer_evidence_package_is_no_sound_one_and_says_why(run, tmp_path, name, change):
    files = contents(read_zip(build_evidence(run, tmp_path / "e.zip").path.read_bytes())[0])
    content = json.loads(files[name])
    if change is None:
        assert content["predicate"]["simgate"]["schemaVersion"] == 1
        content["predicate"]["simgate"]["schemaVersion"] = 99
    else:
        content |= change
        del files[STATEMENT]
    files[name] = json.dumps(content).encode()
    report = verify_evidence(zipped(files))
    said = {finding.name: finding.message for finding in report.findings}
    assert "schema version 99, and this simgate" in said[name]
    assert len(said) == (1 if change is None else 2)


def test_a_newer_sidecar_of_an_engine_is_refused(tmp_path):
    (tmp_path / "m.plan.json").write_text(json.dumps({"schema_version": 2, "invented_later": 1}))
    with pytest.raises(EngineMismatch, match="schema version 2, and this simgate reads version 1: upgrade"):
        read_sidecar(tmp_path / "m.plan")
