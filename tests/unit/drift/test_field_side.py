"""A field log as a side of `simgate drift`: shown part by part to the model of the other side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from simgate.harness.cli.main import main
from simgate.harness.drift.embedding import Embedding
from simgate.harness.drift.frame_statistics import NAMES
from simgate.harness.drift.sides import measure
from simgate.harness.execution.pictures import kept_frames
from simgate.harness.execution.playing import played
from simgate.harness.expansion.expand import Expansion
from simgate.harness.gate.measured_drift import read_drift
from simgate.harness.packs.loader import load_pack
from simgate.policies.perception.inference.inner_tensor import NoTensor, with_output
from tests.unit.execution.memory_pack import REPOSITORY, write_model
from tests.unit.execution.memory_plugins import ENTRY_POINTS
from tests.unit.sim_adapters.test_replay import write_ros

pytest.importorskip("rosbags", reason="needs simgate[logs]")
pytest.importorskip("scipy", reason="needs simgate[drift]")

PACK = """\
simgate: 1
pack: field
model: model/model.yaml
policy: watcher
sim: {adapter: replay, time_limit_s: 20}
scenarios:
  site:
    title: What a robot saw
    severity: critical
    world: {log: site, images: /cam, parts: {window_s: 0.2}}
    accept: {latency.p95_ms: {at_most: 200}}
gate:
  - {severity: critical, pass_rate: {at_least: 0.2, confidence: 0.6}}
  - {drift: {at_most: 0.03}}
"""
STAMPS = [k / 10 for k in range(20)]


def pictures(seed: int, gain: float = 1.0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [(gain * rng.integers(40, 90 + 4 * k, (24, 32, 3))).astype(np.uint8) for k in range(20)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMGATE_PLUGINS", ENTRY_POINTS)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path / "model")
    write_ros(tmp_path / "site", STAMPS, 1, pictures(1))
    (tmp_path / "logs").mkdir()
    (tmp_path / "pack.yaml").write_text(PACK)
    return tmp_path


def drift(*more: str) -> int:
    return main(["drift", *more, "--window-s", "0.2", "--every", "1", "--runtime", "memory_runtime"])


def test_a_run_is_held_against_field_logs_and_its_gate_against_what_that_shows(place, capsys) -> None:
    write_ros(place / "logs" / "day", STAMPS, 2, pictures(2, gain=2.0))
    run = ["run", "pack.yaml", "--workers", "0", "--runtime", "memory_runtime", "--runs-dir", "runs"]
    assert main(run) != 0
    assert "drift was not measured" in " ".join(capsys.readouterr().out.split())
    folder = Path("runs/latest").resolve()
    (place / "field_logs").symlink_to("logs")
    assert drift(str(folder), "--against", "field_logs") == 1
    said = json.loads((folder / "drift" / "drift.json").read_text())
    assert (said["against"], said["episodes"], said["drifts"]) == ("field_logs", [10, 10], True)
    assert said["against_path"] == (place / "field_logs").as_posix()
    assert said["effect"] > 0.05
    assert main(["gate", str(folder)]) != 0
    capsys.readouterr()
    # The same scenes in the same light are no other world.
    write_ros(place / "alike", STAMPS, 1, pictures(3))
    assert drift(str(folder), "--against", "alike") == 0
    assert main(["gate", str(folder)]) == 0


def test_frames_of_long_episodes_are_measured_as_they_are(place, monkeypatch) -> None:
    (place / "pack.yaml").write_text(PACK.replace("{window_s: 0.2}", "whole"))
    few = measure(Path("pack.yaml"), 1, 1, "memory_runtime")
    monkeypatch.setattr(kept_frames, "MOST_RAW_BYTES", 2 * 24 * 32 * 3)
    many = measure(Path("pack.yaml"), 1, 1, "memory_runtime")
    assert len(many.frames) == 20
    assert np.array_equal(few.frames, many.frames)


@pytest.mark.parametrize("against", ["../logs", "."])
def test_what_no_path_can_end_in_is_refused(place, capsys, against) -> None:
    text = PACK.replace("at_most: 0.03", f"at_most: 0.03, against: {against}")
    (place / "pack.yaml").write_text(text)
    assert main(["lint", "pack.yaml"]) != 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"no whole path ends in '{against}'" in said
    assert "such as field_logs" in said


def test_logs_that_cannot_be_shown_are_told(place, capsys) -> None:
    assert drift("pack.yaml", "--against", "logs") == 2
    assert "there is none in it" in capsys.readouterr().err
    write_ros(place / "logs" / "two", STAMPS, 1, topics=("/left", "/right"), pictures=pictures(2))
    assert drift("pack.yaml", "--against", "logs") == 2
    assert "two has 2 topics with pictures (/left, /right): name one by --images" in capsys.readouterr().err
    assert drift("pack.yaml", "--against", "logs", "--images", "/up") == 2
    assert "no topic '/up'" in capsys.readouterr().err
    assert main(["drift", "pack.yaml", "--against", "logs", "--window-s", "nan"]) == 2
    assert "--window-s must be above 0" in capsys.readouterr().err


def test_a_tensor_of_the_model_counts_too_and_is_what_onnxruntime_holds(place, capsys) -> None:
    pytest.importorskip("onnx", reason="makes the tiny model of this test")
    from tests.unit.policies.perception.tiny_model import write_package

    (place / "model" / "weights.onnx").unlink()
    model = write_package(place / "model")
    sides = [measure(Path("pack.yaml"), 8, 1, "onnxruntime:cpu", tensor) for tensor in ("", "logits")]
    session = ort.InferenceSession((place / "model" / "tiny.onnx").read_bytes() + with_output("logits"))
    for plain, more in zip(sides[0].episodes, sides[1].episodes, strict=True):
        assert np.array_equal(more.frames[:, : len(NAMES)], plain.frames)
        for k, frame in more.shown.items():
            given = ((frame.transpose(2, 0, 1)[None] / 255.0 - 0.5) / 0.25).astype(np.float32)
            held = session.run(["logits"], {"frames": given})[0]
            assert np.allclose(more.frames[k, len(NAMES) :], held.mean(axis=(0, 2, 3)), rtol=1e-6)
    write_ros(place / "logs" / "day", STAMPS, 2, pictures(2, gain=2.0))
    told = ["drift", "pack.yaml", "--against", "logs", "--window-s", "0.2", "--every", "1"]
    assert main([*told, "--runtime", "onnxruntime:cpu", "--tensor", "logits"]) == 1
    said = json.loads(Path("drift/drift.json").read_text())
    Path("drift.json").write_text(json.dumps({**said, "run_ids": ["r"]}))
    assert read_drift(Path("drift.json"), "r", said["models"]).against.endswith(" by tensor logits")
    assert main([*told, "--runtime", "onnxruntime:cpu", "--tensor", "logit\x1b"]) == 2
    assert "has no tensor 'logit\\x1b'; did you mean 'logits'?" in capsys.readouterr().err
    assert main([*told, "--runtime", "memory_runtime", "--tensor", "logits"]) == 2
    assert "'memory_runtime' shows no inner tensors: add --runtime onnx" in capsys.readouterr().err
    pack = load_pack(Path("pack.yaml"))
    eye = next(played(pack, Expansion(pack, pack.scenarios), "onnxruntime:cpu"))[1].eye
    model.write_text(model.read_text().replace("  name: frames", "  name: frames\n  channel: left.rgb"))
    with pytest.raises(NoTensor, match=r"looks through left\.rgb, and"):
        Embedding(load_pack(Path("pack.yaml")), "logits", "onnxruntime:cpu").of(frame, eye)
