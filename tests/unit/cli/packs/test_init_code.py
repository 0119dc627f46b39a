"""``simgate init --policy`` and its like write code that works at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("onnx", reason="makes the model")

from simgate.harness.cli.main import main
from simgate.harness.cli.starters.starter_code import STARTERS
from simgate.policies.perception.decoding.decoders import OutputDecoder
from tests.unit.policies.perception.made_models import constant_onnx, package


def test_the_files_run_in_a_pack_that_names_them_by_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind, starter in STARTERS.items():
        assert main(["init", f"--{kind}"]) == 0
        assert (tmp_path / starter.name).read_text() == starter.text
        assert starter.line in capsys.readouterr().out
    # A crate's box where it is not, which a policy that takes no outputs is told all the same.
    rows = np.array([[[10, 20, 30, 40, 0.2, 0.9], [0, 0, 5, 5, 0.4, 0.3]]], np.float32)
    decoder = yaml.safe_load(STARTERS["decoder"].line)
    frames = {"name": "images", "width": 160, "height": 120}
    weights = constant_onnx({"output0": rows}, frames=("images", 120, 160))
    made = package(tmp_path, weights, **decoder, input=frames, classes=["door", "crate"])
    (found,) = OutputDecoder(made)([rows], (120, 160))
    assert (found.boxes.tolist(), found.class_ids.tolist()) == ([[10, 20, 30, 40]], [1])
    (tmp_path / "pack.yaml").write_text(
        f"""simgate: 1
pack: mine
model: model.yaml
{STARTERS["policy"].line}
sim: {{time_limit_s: 30}}
scenarios:
  free:
    title: The way is free
    severity: major
    {STARTERS["world"].line}
    {STARTERS["task"].line}
    parameters: {{crate.distance_m: 2}}
    variants: {{count: 1}}
    accept:
      {STARTERS["metric"].line}
      success: {{equals: true}}
gate:
  - {{invalid_or_error: {{at_most: 0}}}}
"""
    )
    assert main(["lint", "pack.yaml"]) == 0
    main(["run", "pack.yaml", "--workers", "0", "--run-name", "one", "--quiet"])
    (record,) = map(json.loads, (tmp_path / "runs" / "one" / "journal.ndjson").read_text().splitlines())
    assert (record["outcome"], record["end"]) == ("PASS", "success"), record["reason"]
    assert 0 < record["metrics"]["jerkiness"] <= 0.5


@pytest.mark.parametrize("kind", STARTERS)
def test_a_file_that_is_there_is_left_alone(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / STARTERS[kind].name).write_text("mine\n")
    assert main(["init", str(tmp_path), f"--{kind}"]) == 2
    assert "is there already, nothing was written" in capsys.readouterr().err
    assert (tmp_path / STARTERS[kind].name).read_text() == "mine\n"


def test_a_world_for_a_pack_and_a_file_of_code_are_two_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["init", "--world", "arena", "--policy"])
    assert ended.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
