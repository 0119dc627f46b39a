"""A valid pack whose texts are hostile, and a broken one whose names are: every format, as users get it."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack

__all__ = ["memory_plugins"]

HOSTILE = '"x\\n::error::FORGED\\e[31m\\u202e\\x85FORGED\\r\\nFORGED\\0\\u2066"'
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e\u2066]")
FORGED = re.compile(r"^\s*(?:FORGED|::error::FORGED|::warning)", re.MULTILINE)


def is_clean(text: str) -> bool:
    return not UNSEEN.search(text) and not FORGED.search(text)


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = write_pack(tmp_path, 2, criterion="path_length_m")
    text = path.read_text(encoding="utf-8").replace("A door straight ahead", HOSTILE)
    text = text.replace("seed: 7", f"seed: 7\nowner: {HOSTILE}\ndescription: {HOSTILE}")
    known = f"[{{when: door.distance_m > 4, issue: {HOSTILE}, until: 2999-01-01}}]"
    text = text.replace(
        "    world:",
        f"    tags: [{HOSTILE}]\n    requirements: [{HOSTILE}]\n    known_failures: {known}\n    world:",
    )
    path.write_text(text, encoding="utf-8")
    return path


def test_texts_of_a_pack_stay_texts_in_every_command_and_report(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", "pack.yaml"]) == 0
    main(["run", "pack.yaml", "--runtime", "memory_runtime", "--workers", "1"])
    (run,) = map(str, run_dirs(Path("runs")))
    for words in (["gate"], ["explain"], ["report"], ["evidence", "build"], ["baseline", "set", "main"]):
        main([*words, run])
    for words in (["plan"], ["coverage"], ["expand"]):
        main([*words, "pack.yaml"])
    shown = capsys.readouterr()
    assert is_clean(shown.out + shown.err)
    assert "FORGED\\x1b[31m\\u202e" in shown.out, "seen, as an escape"
    for name in ("report.html", "junit.xml"):
        text = Path(run, name).read_text(encoding="utf-8")
        assert not UNSEEN.search(text), name
        assert "FORGED\\x1b[31m\\u202e" in text


@pytest.mark.parametrize("form", ["text", "github", "sarif", "json"])
def test_names_that_lint_refuses_forge_no_line_of_any_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_pack(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + f"{HOSTILE}: 1\n", encoding="utf-8")
    assert main(["lint", "pack.yaml", "--format", form]) == 1
    out = capsys.readouterr().out
    assert is_clean(out)
    if form in ("sarif", "json"):
        assert is_clean("\n".join(texts(json.loads(out))))
    if form == "github":
        assert sum(line.startswith("::") for line in out.splitlines()) == 1


def texts(data: object) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in texts(value)]
    return [data] if isinstance(data, str) else []


def test_a_file_of_an_evidence_package_cannot_speak_for_its_signature(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evidence.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x\nFORGED: the signature holds\x1b[2J", b"")
    assert main(["evidence", "verify", str(path)]) == 1
    shown = capsys.readouterr()
    assert is_clean(shown.out + shown.err)


def test_a_name_in_an_error_begins_no_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["gate", "no\nFORGED\x1b[31m"]) == 2
    assert is_clean(capsys.readouterr().err)
