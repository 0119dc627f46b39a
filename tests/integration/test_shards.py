"""``--shard k/n`` and ``simgate merge``: several machines, and the run that one of them would have made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.manifest import Manifest
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack

__all__ = ["memory_plugins"]

OPTIONS = ("--runtime", "memory_runtime", "--workers", "1", "--quiet")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(pack: Path, runs: str, name: str, *more: str) -> RunFolder:
    main(["run", str(pack), *OPTIONS, "--runs-dir", runs, "--run-name", name, *more])
    return RunFolder(Path(runs) / name)


def killed(pack: Path, runs: str, name: str, *more: str) -> RunFolder:
    """A run whose process is killed when it has two records."""
    command = [sys.executable, "-m", "simgate.harness.cli.main", "run", str(pack), *OPTIONS]
    process = subprocess.Popen([*command, "--runs-dir", runs, "--run-name", name, *more], env=os.environ)
    folder = RunFolder(Path(runs) / name)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if folder.journal_path.exists() and folder.journal_path.read_bytes().count(b"\n") >= 2:
            break
        time.sleep(0.01)
    process.kill()
    process.wait()
    return folder


def numbers(folder: RunFolder) -> list[object]:
    """What a verdict rests on and says, without names of runs."""
    said = json.loads(folder.verdict_path.read_text())
    without = ("expected", "successes", "failures", "decision", "statement", "exact", "estimate", "bound")
    return [said["decision"], [{k: rule[k] for k in without} for rule in said["rules"]]]


def digests(folder: RunFolder) -> dict[str, str]:
    return {record.variant: record.trace_digest for record in folder.records()}


def test_four_shards_on_two_machines_one_killed_and_run_again_are_the_run_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = write_pack(tmp_path, 18, pace_s=0.002, criterion="path_length_m")
    one = run(pack, "alone", "one")
    assert main(["run", str(pack), *OPTIONS, "--runs-dir", "a", "--shard", "1/4"]) == 0, (
        "a shard judges nothing"
    )
    run(pack, "a", "second", "--shard", "2/4")
    run(pack, "b", "fourth", "--shard", "4/4")
    dead = killed(pack, "b", "dead", "--shard", "3/4")
    again = run(pack, "b", "again", "--shard", "3/4")
    twice = set(digests(dead))
    assert len(twice) >= 2 and twice <= set(digests(again))
    assert len(again.manifest().expected) == 4, "18 by 4 is 5, 5, 4, 4"
    shutil.move("b", "artifacts-of-b")
    capsys.readouterr()
    assert main(["merge", "a", "artifacts-of-b", "--run-name", "merged"]) == main(["gate", "alone/one"]) == 1
    merged = RunFolder(Path("runs/merged"))
    assert numbers(merged) == numbers(one)
    assert digests(merged) == digests(one)
    assert [e.id for e in merged.manifest().expected] == [e.id for e in one.manifest().expected]
    assert merged.manifest().expected == one.manifest().expected
    assert {f.name for f in merged.frames_dir.iterdir()} == {f.name for f in one.frames_dir.iterdir()}
    assert {f.name for f in merged.recordings_dir.iterdir()} == {f.name for f in one.recordings_dir.iterdir()}
    assert {path.name for path in merged.path.iterdir()} == {path.name for path in one.path.iterdir()} - {
        ".lock"
    }
    logs = {record.host for record in merged.records()}
    assert logs <= {int(path.stem) for path in merged.hosts_dir.glob("*.log")} and len(logs) == 4
    notes = json.loads(merged.verdict_path.read_text())["notes"]
    assert any(f"{len(twice)} variants begun more than once" in note for note in notes), notes
    assert any("put together from 5 runs" in note for note in notes)
    assert RunFolder(Path("runs/latest")).path == merged.path
    assert main(["run", "--resume", "runs/merged", "--quiet"]) == 1, "it can be continued, and lacks nothing"
    assert digests(merged) == digests(one)


def shards(
    tmp_path: Path, *, count: int = 2, variants: int = 4, more: tuple[str, ...] = ()
) -> list[RunFolder]:
    pack = write_pack(tmp_path, variants)
    return [run(pack, "s", f"s{k}", "--shard", f"{k}/{count}", *more) for k in range(1, count + 1)]


def refused(capsys: pytest.CaptureFixture[str], *folders: str) -> str:
    capsys.readouterr()
    assert main(["merge", *folders, "--run-name", "merged"]) == 2
    assert not Path("runs/merged").exists(), "nothing half made stays"
    return capsys.readouterr().err


def rewrite(folder: RunFolder, **changes: object) -> None:
    content = json.loads(folder.manifest_path.read_text())
    for key, value in changes.items():
        inner, _, last = key.rpartition("__")
        (content[inner] if inner else content)[last] = value
    folder.manifest_path.write_text(Manifest.model_validate(content).model_dump_json())


def test_what_does_not_belong_together_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = shards(tmp_path)
    assert "shard 2/2 of memory_doors is missing, with 2 variants" in refused(capsys, "s/s1")
    kept = second.manifest_path.read_text()
    for changes, words in (
        ({"fingerprint__machine": "Linux x86_64 Another CPU"}, "the machine was"),
        ({"fingerprint__model_sha256": "f" * 64}, "the model's sha256 was"),
        ({"fingerprint__pack_sha256": "e" * 64}, "the pack's sha256 was"),
        ({"fingerprint__packages": {"simgate": "9.9"}}, "simgate was"),
        ({"selection": "--variants 2"}, "the selection was all, is --variants 2"),
        ({"shard__variants": "d" * 64}, "the variants that are shared out"),
        (
            {"shard__split": "c" * 64, "shard__balanced_by": "last-night"},
            "--balance-by nothing, and last-night",
        ),
        ({"shard__of": 3, "shard__sizes": [2, 1, 1]}, "it is one of 3, not of 2"),
        ({"pack__seed": 8}, "in the pack, seed was 7, is 8"),
        ({"pack__policy_options": {"gain": 2}}, "of the policy, policy_options.gain was not there, is 2"),
        ({"shard__number": 1}, "shard 2/2 of memory_doors is missing"),
        ({"shard__places": [0, 2]}, "both have the variant"),
    ):
        rewrite(second, **changes)
        assert words in refused(capsys, "s/s1", "s/s2"), changes
        second.manifest_path.write_text(kept)
    assert "no shard, but a whole run" in refused(capsys, str(run(tmp_path / "pack.yaml", "w", "whole").path))
    assert first.path.exists() and second.path.exists()


def test_shards_of_two_machines_are_merged_when_that_is_accepted_and_the_verdict_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, second = shards(tmp_path, variants=8)
    rewrite(second, fingerprint__machine="Linux x86_64 Another CPU")
    assert "--accept-difference machine" in refused(capsys, "s")
    assert main(["merge", "s", "--run-name", "merged", "--accept-difference", "machine"]) == 0
    assert "Another CPU" in json.loads(Path("runs/merged/verdict.json").read_text())["notes"][1]
    assert "Another CPU" in Path("runs/merged/report.html").read_text()


def test_two_copies_of_one_run_are_one_and_attempts_are_not_made_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = shards(tmp_path, variants=8)
    shutil.copytree(first.path, "early")
    lines = (Path("early") / "journal.ndjson").read_bytes().splitlines(keepends=True)
    (Path("early") / "journal.ndjson").write_bytes(b"".join(lines[:2]))
    assert main(["merge", "early", "s", "--run-name", "merged"]) == 0
    assert len((Path("runs/merged") / "journal.ndjson").read_bytes().splitlines()) == 8
    (Path("early") / "journal.ndjson").write_bytes(lines[2])
    shutil.rmtree("runs/merged")
    assert "neither goes on from the other" in refused(capsys, "early", "s")


def test_an_interrupted_shard_is_missing_evidence_and_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = shards(tmp_path, variants=8)
    first.journal_path.write_bytes(b"".join(first.journal_path.read_bytes().splitlines(keepends=True)[:1]))
    assert main(["merge", "s", "--run-name", "merged"]) == 20
    assert "shard 1/2 (s1) has no record of 3 of its 4 variants" in capsys.readouterr().err
    assert json.loads(Path("runs/merged/verdict.json").read_text())["rules"][0]["missing"] == 3


def test_a_shard_alone_is_never_go(tmp_path: Path) -> None:
    """Shares are made by durations: 3 short variants are no fair draw of the pack."""
    first, _ = shards(tmp_path, variants=8)
    assert main(["gate", str(first.path)]) == 20


def test_a_pack_with_fewer_variants_than_machines_leaves_shards_empty(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, 2)
    for k in (1, 2, 3):
        assert main(["run", str(pack), *OPTIONS, "--runs-dir", "s", "--shard", f"{k}/3"]) == 0
    assert main(["merge", "s"]) in (0, 20)
    assert len(RunFolder(Path("runs/latest")).records()) == 2


@pytest.mark.parametrize("value", ["0/2", "3/2", "2", "a/b", "1/0", "1/99999", "-1/2"])
def test_what_is_no_shard_is_refused(value: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["run", "pack.yaml", f"--shard={value}"])
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--shard", "1/2", "--until-decided"], "--until-decided cannot be combined with --shard"),
        (["--balance-by", "latest"], "--balance-by has no effect without --shard"),
        (["--shard", "1/2", "--balance-by", "nowhere"], "there is no such run"),
    ],
)
def test_options_that_do_not_go_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["run", str(write_pack(tmp_path)), *OPTIONS, *options]) == 2
    assert words in capsys.readouterr().err
    assert run_dirs(Path("runs")) == []
