"""A document may name anything as a file; the answer is a diagnostic."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from simgate.harness.cli.main import main


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x" * 5000 + ".yaml", "File name too long"),
        ("deep/" * 2000 + "a.yaml", "File name too long"),
        ("a\0b.yaml", "no file can have this name"),
        ("loop.yaml", "no file can have this name|Too many levels"),
        ("pack.yaml/a.yaml", "does not exist"),
        ("pipe.yaml", "is no plain file"),
        ("none.yaml", "does not exist"),
    ],
)
def test_a_name_of_any_kind_is_answered(tmp_path: Path, name: str, words: str, capsys) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    pack = tmp_path / "pack.yaml"
    for key in ("extends", "model"):
        pack.write_text(f"simgate: 1\npack: a\n{key}: {json.dumps(name)}\n")
        assert main(["lint", str(pack)]) == 1
        said = "".join(capsys.readouterr())
        assert "missing-file" in said or "missing-model" in said
        assert any(word in said for word in words.split("|"))
        assert len(said) < 100_000
