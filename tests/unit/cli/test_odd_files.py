"""What is no plain file is refused by name wherever a user, a pack or a run may name one."""

import os
import shutil
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from tests.unit.reports.factory import RunPlan, build_run

MODEL = Path(__file__).parents[3] / "policies" / "reference_model"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("pipe.yaml", "pipe.npy"):
        os.mkfifo(name)
    run = build_run(tmp_path / "run", RunPlan(pictures=False))
    for name in ("manifest.json", "journal.ndjson"):
        odd = shutil.copytree(run.path, tmp_path / f"without_{name}") / name
        odd.unlink()
        os.mkfifo(odd)
        for kind, target in (("loop", name), ("lost", "elsewhere")):
            linked = shutil.copytree(run.path, tmp_path / f"{kind}_{name}") / name
            linked.unlink()
            linked.symlink_to(target)
    (tmp_path / "base.yaml").write_text("simgate: 1\nextends: pipe.yaml\npack: a\n")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("lint pipe.yaml", "is no plain file"),
        ("lint base.yaml", "'pipe.yaml' is no plain file"),
        ("lint /dev/zero", "is no plain file"),
        ("gate pipe.yaml", "is no folder"),
        ("gate without_manifest.json", "is no plain file"),
        ("gate without_journal.ndjson", "is no plain file"),
        ("report without_journal.ndjson", "is no plain file"),
        (
            "gate loop_journal.ndjson",
            "loop_journal.ndjson/journal.ndjson cannot be read: it is a link that leads",
        ),
        (
            "gate lost_journal.ndjson",
            "lost_journal.ndjson/journal.ndjson cannot be read: it is a link that leads",
        ),
        ("gate loop_manifest.json", "manifest.json cannot be read: it is a link that leads to no file"),
        ("gate lost_manifest.json", "manifest.json cannot be read: it is a link that leads to no file"),
        (
            "evidence build lost_journal.ndjson",
            "journal.ndjson cannot be read: it is a link that leads to no",
        ),
        (
            "compare run lost_journal.ndjson",
            "journal.ndjson cannot be read: it is a link that leads to no file",
        ),
        ("status lost_journal.ndjson", "journal.ndjson cannot be read: it is a link that leads to no file"),
        (f"bench-model {MODEL} --frames pipe.npy", "it is a pipe"),
        ("bench-model pipe.yaml", "model package cannot be read: it is a pipe, not a file"),
        ("bench-model /dev/full", "model package cannot be read: it is a device, not a file"),
        ("evidence build run --key /dev/zero --out e.zip", "/dev/zero is no private key"),
    ],
)
def test_pipes_and_devices_are_not_waited_for(here: Path, command: str, words: str, capsys) -> None:
    assert main(command.split()) in (1, 2)
    said = "".join(capsys.readouterr())
    assert words in said
    assert "Traceback" not in said
