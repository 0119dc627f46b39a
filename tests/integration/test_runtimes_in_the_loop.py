"""The door pack with the reference model on three runtimes: what is deployed is what is tested."""

from __future__ import annotations

import hashlib
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgate.harness.cli.main import main
from simgate.harness.doctor.checkup import Finding
from simgate.harness.doctor.checkup_runtimes import check_choice
from simgate.harness.execution.episode.recordings.recording import load_trace
from simgate.harness.exit_codes import ExitCode
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import RunFolder

pytest.importorskip("torch", reason="two of the runtimes need it")
pytest.importorskip("onnx", reason="converts the reference model to torch")

import onnx

from simgate.policies.perception.onnx_to_torch import main as onnx_to_torch
from tests.doubles.engines import DOUBLES, write_double_plan
from tests.run_dirs import run_dirs

REPOSITORY = Path(__file__).parents[2]
PACK = REPOSITORY / "scenarios" / "office_doors" / "pack.yaml"
MODEL = REPOSITORY / "policies" / "reference_model"
SCENARIO = "glass_door_closed"
SECONDS = 4
NOTHING_RAN = (ExitCode.INFRASTRUCTURE,)

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


@pytest.fixture(autouse=True)
def trusted(monkeypatch):
    """The torch program is made here."""
    monkeypatch.setenv("SIMGATE_TRUST", "all")


@pytest.fixture
def double(monkeypatch):
    entry = "runtimes:tensorrt=tests.doubles.tensorrt_device:tensorrt_on_double"
    monkeypatch.setenv("SIMGATE_PLUGINS", entry)
    # Here as in hosts: the run is planned with the code that hosts load.
    monkeypatch.syspath_prepend(str(DOUBLES))
    monkeypatch.setenv("PYTHONPATH", f"{DOUBLES}:{REPOSITORY}")


def run(pack: Path, runs: Path, runtime: str, codes: tuple[int, ...] = (1, 20)) -> RunFolder:
    options = {"--scenario": SCENARIO, "--variants": "1", "--workers": "1", "--record": "all"}
    options |= {"--runs-dir": str(runs), "--runtime": runtime}
    code = main(["run", str(pack), "--quiet", *(part for pair in options.items() for part in pair)])
    assert code in codes
    (folder,) = run_dirs(runs)
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
    (record,) = run(pack, tmp_path / "runs", "tensorrt", NOTHING_RAN).records()
    assert record.outcome is Outcome.ERROR
    assert "TensorRT refused execute_async_v3: enqueueV3: CUDA error 719" in record.reason


def with_plan(pack: Path, folder: Path, **plan: Any) -> Path:
    """The pack with another plan; ``size`` also opens the model's frame size."""
    content = (MODEL / "detector.onnx").read_bytes()
    changed = _of_any_size(content) if "size" in plan else content
    (folder / "detector.onnx").write_bytes(changed)
    before, after = (hashlib.sha256(one).hexdigest() for one in (content, changed))
    (folder / "model.yaml").write_text((MODEL / "model.yaml").read_text().replace(before, after))
    write_double_plan(folder / "model.yaml", **plan)
    shutil.copy(pack, folder / "pack.yaml")
    return folder / "pack.yaml"


def _of_any_size(content: bytes) -> bytes:
    model = onnx.load_model_from_string(content)
    for tensor in (*model.graph.input, *model.graph.output):
        for index, size in enumerate(tensor.type.tensor_type.shape.dim[2:]):
            size.dim_param = f"{tensor.name}_{index}"
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("plan", "fault", "words"),
    [
        (
            {},
            "deserialize",
            "'detector.plan': TensorRT 11.4.0.106 cannot deserialize the plan: Serialization",
        ),
        ({}, "context", "cannot create an execution context: IExecutionContext::create: out of memory"),
        (
            {"gpu": "NVIDIA L4"},
            "",
            "'detector.plan': the plan was built for NVIDIA L4, this is Double of a GPU",
        ),
        ({"tensorrt": "10.12.0.36"}, "", "built with TensorRT 10.12.0.36, this is 11.4.0.106"),
        ({"plan_sha256": "0" * 64}, "", "the sidecar is of a plan 000000000000, the file is"),
        ({"batches": []}, "", "input 'frames' is dynamic, but the engine has no optimization profile"),
        (
            {"size": ((3, 64, 64), (3, 96, 96))},
            "",
            "no optimization profile of the engine takes input 'frames' of shape [N, 3, 120, 160] "
            "(profiles: [1, 3, 64, 64] to [8, 3, 96, 96])",
        ),
    ],
)
def test_an_engine_that_does_not_fit_makes_every_variant_an_error_with_the_cause(
    pack, double, tmp_path, monkeypatch, capsys, plan, fault, words
):
    monkeypatch.setenv("SIMGATE_TRT_FAULT", fault)
    path = with_plan(pack, tmp_path, **plan)
    folder = run(path, tmp_path / "runs", "tensorrt", NOTHING_RAN)
    (record,) = folder.records()
    assert record.outcome is Outcome.ERROR
    assert words in record.reason
    assert words in capsys.readouterr().err
    assert "Traceback" not in record.reason
    assert words in unescape((folder.path / "junit.xml").read_text())


def test_the_doctor_says_for_each_runtime_whether_its_file_fits_and_runs(pack, double, tmp_path):
    def found(folder: Path) -> dict[str, Finding]:
        return {finding.subject.rpartition(" ")[2]: finding for finding in check_choice(folder)}

    fits = found(pack.parent)
    assert {name: fits[name].state for name in ("onnxruntime", "tensorrt")} == dict.fromkeys(
        ("onnxruntime", "tensorrt"), "ok"
    )
    assert fits["torch"].state == "note"
    assert "doctor runs no code of a model" in fits["torch"].detail
    assert fits["tensorrt"].detail == "detector.plan runs on cuda:0 Double of a GPU"
    with_plan(pack, tmp_path, gpu="NVIDIA L4")
    other = found(tmp_path)
    assert other["tensorrt"].state == "note", "ONNX Runtime runs the model"
    assert "the plan was built for NVIDIA L4, this is Double of a GPU" in other["tensorrt"].detail
    assert "simgate build-engine" in other["tensorrt"].remedy
    assert other["torch"].detail == "the package has no torch file"
    assert "onnx_to_torch" in other["torch"].remedy
