"""``make gpu`` with the CPU as its device: the same way as with a card."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from simgate.harness.exit_codes import ExitCode
from tests.benchmarks import gpu


def test_a_machine_without_a_card_ends_with_a_sentence(capsys, monkeypatch):
    monkeypatch.setattr(gpu, "cards", list)
    assert gpu.main([]) == ExitCode.INFRASTRUCTURE
    assert "no CUDA card" in capsys.readouterr().out


def test_a_card_that_does_not_conform_is_not_done(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(gpu, "SUITE", "tests/there_is_no_such_file.py")
    monkeypatch.setattr(gpu, "parity", lambda *_: "1.0")
    assert gpu.main(["--device", "cpu", "--worlds", "", "--out", str(tmp_path)]) == ExitCode.NO_GO
    lines = json.loads((tmp_path / "gpu.json").read_text())["lines"]
    assert "could not be shown: RuntimeError: ended with 4" in lines["conformance"]


@pytest.mark.skipif(
    find_spec("mujoco_warp") is None or find_spec("torch") is None, reason="needs mujoco_warp and torch"
)
@pytest.mark.slow
def test_every_line_says_what_became_of_it(tmp_path: Path):
    only = "what_is_no_action"
    assert (
        gpu.main(
            ["--device", "cpu", "--worlds", "1,2", "--frames", "4", "--only", only, "--out", str(tmp_path)]
        )
        == ExitCode.GO
    )
    lines = json.loads((tmp_path / "gpu.json").read_text())["lines"]
    assert "1 passed" in lines["conformance"]
    assert json.loads(lines["parity onnxruntime"])["score_max"] == 0.0
    assert json.loads(lines["parity torch"])["score_max"] < 1e-4
    assert "could not be shown" in lines["parity tensorrt"]
    for count in (1, 2):
        assert "steps/s" in lines[f"{count} worlds"] and "without a copy" in lines[f"{count} worlds"]
    assert all(f"| {name} | " in (tmp_path / "gpu.md").read_text() for name in lines)
