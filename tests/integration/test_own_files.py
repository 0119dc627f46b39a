"""Code from files beside a pack and its model: the same records with two workers, named when it has changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the model")

from simgate.harness.cli.main import main
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_pack
from tests.unit.policies.perception.made_models import constant_onnx, package

__all__ = ["memory_plugins"]

DECODER = """\
from simgate.policies.perception.decoder_spec import DecoderSpec, Strict
from simgate.policies.perception.decoding.decoder import Decoder, Wanted
from simgate.policies.perception.outputs import Tensors
from .gains import GAIN


class Outputs(Strict):
    speed: str


class Spec(DecoderSpec):
    needs_classes = False
    outputs: Outputs


SPEED = Decoder(
    Spec,
    lambda spec, classes, frames: {"speed": Wanted(((1,),))},
    lambda spec, arrays, context: [Tensors({"speed": row * GAIN}) for row in arrays["speed"]],
)
"""
POLICY = """\
from simgate.policies.driving import drive
from tests.unit.execution.memory_plugins import MemoryPolicy


class Obeys(MemoryPolicy):
    def act(self, observation, found):
        return [drive(float(one.values["speed"][0]) if one else 0.0, 0.0, "on") for one in found]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = write_pack(tmp_path, count=2)
    shutil.rmtree(tmp_path / "model")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "decoder.py").write_text(DECODER)
    (tmp_path / "model" / "gains.py").write_text("GAIN = 0.5\n")
    (tmp_path / "policy.py").write_text(POLICY)
    weights = constant_onnx({"v": np.full((1, 1), 0.8, np.float32)})
    package(tmp_path / "model", weights, decoder={"kind": "decoder.py:SPEED", "outputs": {"speed": "v"}})
    text = path.read_text().replace("policy: memory_policy", "policy: policy.py:Obeys")
    path.write_text(text.replace("time_limit_s: 10", "time_limit_s: 2"))
    return path


def journal(run: Path) -> dict[str, dict[str, object]]:
    return {
        line["variant"]: line for line in map(json.loads, (run / "journal.ndjson").read_text().splitlines())
    }


def test_a_decoder_beside_its_model_is_held_against_the_plan_by_every_worker(
    pack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(pack.parent)
    for workers in ("2", "0"):
        main(["run", "pack.yaml", "--workers", workers, "--run-name", workers, "--quiet"])
    two, none = (journal(Path("runs") / name) for name in ("2", "0"))
    assert {name: line["trace_digest"] for name, line in two.items()} == {
        name: line["trace_digest"] for name, line in none.items()
    }
    assert {line["outcome"] for line in two.values()} <= {"PASS", "FAIL"}
    (model,) = [
        part
        for part in json.loads(Path("runs/2/manifest.json").read_text())["fingerprint"]["parts"]
        if part["role"] == "model"
    ]
    assert set(model["code"]) == {"./decoder.py", "./gains.py"}
    assert set(model["files"]) == {"model.yaml", "m.onnx"}

    Path("model/gains.py").write_text("GAIN = 0.6\n")
    lines = Path("runs/2/journal.ndjson").read_text().splitlines(keepends=True)
    Path("runs/2/journal.ndjson").write_text("".join(lines[:-1]))
    capsys.readouterr()
    assert main(["run", "--resume", "runs/2", "--workers", "0"]) == 2
    assert "model made 1.0.0: ./gains.py has changed" in capsys.readouterr().err
    Path("model/gains.py").write_text("GAIN = 0.5\n")
    main(["run", "--resume", "runs/2", "--workers", "2", "--quiet"])
    assert journal(Path("runs/2")).keys() == two.keys()
