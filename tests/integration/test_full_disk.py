"""A disk that is full: the file is named, the code is the machine's, and what was measured is kept."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack

__all__ = ["memory_plugins"]

RUN = ["run", "pack.yaml", "--runtime", "memory_runtime", "--workers", "1", "--quiet"]
SEVERAL = """
import json, sys
from simgate.harness.cli.main import main
for words in json.loads(sys.argv[1]):
    print("->", main(words), file=sys.stderr)
"""


def with_room(limit: int, *commands: list[str]) -> tuple[list[int], list[str]]:
    """Codes and errors of commands in a process whose files may grow to so many bytes."""
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL, json.dumps(commands)], check=False, text=True,
        capture_output=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    *said, last = done.stderr.split("-> ")
    assert last.strip().isdecimal(), done.stderr
    codes = [int(part.split()[0]) for part in (*said[1:], last)]
    return codes, [part.split("\n", 1)[-1] if k else part for k, part in enumerate(said)]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run, in the current folder."""
    monkeypatch.chdir(tmp_path)
    write_pack(tmp_path, 2)
    assert main(RUN) == 0
    return next(path for path in Path("runs").iterdir() if (path / "manifest.json").is_file())


@pytest.mark.parametrize(("limit", "file"), [(100, "manifest.json"), (90_000, "journal.ndjson")])
def test_a_run_that_finds_no_room_names_the_file_and_ends_with_the_machines_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, file: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pack(tmp_path, 60)
    codes, said = with_room(limit, RUN)
    assert codes == [69]
    assert f"/{file}: File too large" in said[0]


def test_every_file_that_is_derived_is_named_when_there_is_no_room_for_it(run: Path) -> None:
    commands = {
        "verdict.json": ["gate", str(run)],
        "schema.json": ["schema", "--out", "schema.json"],
        "new/model/model.yaml": ["init", "new"],
        "all.csv": ["expand", "pack.yaml", "--variants", "300", "--format", "csv", "--output", "all.csv"],
        "/verdict.json": ["run", "--resume", str(run), "--workers", "1"],
    }
    codes, said = with_room(20, *commands.values())
    assert codes == [69] * len(commands), said
    for file, text in zip(commands, said, strict=True):
        assert f"{file}: File too large" in text
    assert not (run / "verdict.json").read_text(encoding="utf-8").startswith("\0"), "the old one stays"
