"""The door pack with the reference model on three runtimes: what is deployed is what is tested."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.cli.main import main
from harness.execution.recording import load_trace
from harness.results.record import Outcome
from harness.results.run_folder import RunFolder

pytest.importorskip("torch", reason="two of the runtimes need it")
pytest.importorskip("onnx", reason="converts the reference model to torch")

from policies.perception.onnx_to_torch import main as onnx_to_torch
from tests.doubles.engines import DOUBLES, write_double_plan

REPOSITORY = Path(__file__).parents[2]
PACK = REPOSITORY / "scenarios" / "office_doors" / "pack.yaml"
MODEL = REPOSITORY / "policies" / "reference_model"
SCENARIO = "glass_door_closed"
SECONDS = 4

pytestmark = pytest.mark.skipif(not (MODEL / "model.yaml").exists(), reason="no reference model: make train")


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    """The pack with short episodes and a package that holds a plan and a torch program as well."""
    folder = tmp_path_factory.mktemp("deployed")
    for name in ("model.yaml", "detector.onnx"):
        shutil.copy(MODEL / name, folder / name)
    write_double_plan(folder / "model.yaml")
    assert onnx_to_torch([str(folder), str(folder / "detector.pt2"), "--add"]) == 0
    text = PACK.read_text()
    for before, after in (
        ("../../policies/reference_model/model.yaml", "model.yaml"),
        ("time_limit_s: 25", f"time_limit_s: {SECONDS}"),
    ):
        assert before in text
        text = text.replace(before, after)
    path = folder / "pack.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def double(monkeypatch):
    entry = "runtimes:tensorrt=tests.doubles.tensorrt_device:tensorrt_on_double"
    monkeypatch.setenv("SIMGATE_PLUGINS", entry)
    monkeypatch.setenv("PYTHONPATH", f"{DOUBLES}:{REPOSITORY}")


def run(pack: Path, runs: Path, runtime: str) -> RunFolder:
    options = {"--scenario": SCENARIO, "--variants": "1", "--hosts": "1", "--record": "all"}
    options |= {"--runs-dir": str(runs), "--runtime": runtime}
    code = main(["run", str(pack), "--quiet", *(part for pair in options.items() for part in pair)])
    assert code in (1, 20)
    (folder,) = runs.iterdir()
    return RunFolder(folder)


@pytest.fixture(scope="module")
def reference(pack, tmp_path_factory) -> RunFolder:
    return run(pack, tmp_path_factory.mktemp("onnxruntime"), "onnxruntime")


def detections(folder: RunFolder):
    return [d for r in folder.records() for d in load_trace(folder.path / r.artifacts["trace"]).detections]


@pytest.mark.parametrize("runtime", ["tensorrt", "torch"])
def test_the_same_frames_give_the_same_detections_and_outcomes(pack, reference, double, tmp_path, runtime):
    other = run(pack, tmp_path / "runs", runtime)
    expected, found = detections(reference), detections(other)
    assert sum(map(len, expected)) > 5
    assert [len(d) for d in found] == [len(d) for d in expected]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a.class_ids, b.class_ids)
        np.testing.assert_allclose(a.boxes, b.boxes, atol=1e-4)
        np.testing.assert_allclose(a.scores, b.scores, atol=1e-4)
    for a, b in zip(other.records(), reference.records(), strict=True):
        assert (a.variant, a.outcome) == (b.variant, b.outcome)
        assert a.runtime.startswith(runtime)
        assert a.latency.in_loop_ms == b.latency.in_loop_ms
        assert a.resources["cpu.rss_peak_mb"] > 50
    if runtime == "tensorrt":
        assert all(record.latency.device_ms for record in other.records())


def test_an_engine_that_fails_while_it_runs_is_an_error_of_each_variant(pack, double, tmp_path, monkeypatch):
    monkeypatch.setenv("SIMGATE_TRT_FAULT", "execute")
    (record,) = run(pack, tmp_path / "runs", "tensorrt").records()
    assert record.outcome is Outcome.ERROR
    assert "TensorRT refused execute_async_v3: enqueueV3: CUDA error 719" in record.reason


def test_an_engine_that_cannot_be_loaded_ends_the_run_with_its_cause(
    pack, double, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SIMGATE_TRT_FAULT", "deserialize")
    assert run(pack, tmp_path / "runs", "tensorrt").records() == []
    said = capsys.readouterr()
    assert "'detector.plan': TensorRT 11.4.0.106 cannot deserialize the plan: Serialization" in said.err
    assert "Traceback" not in said.err
