"""Plans for the TensorRT double, and the double itself on the path."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simgate.policies.perception.decoding.declared import declared_extra_inputs, declared_input, frame_shape
from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line
from simgate.policies.perception.package import load_package
from tests.doubles.tensorrt_double.plan_file import write_plan

DOUBLES = Path(__file__).parent
GPU, CAPABILITY = "Double of a GPU", "8.9"
VERSIONS = {"11.4": "11.4.0.106", "10.16": "10.16.1.11"}
BOUND = (
    "tensorrt",
    "simgate.policies.perception.trt.engine",
    "simgate.policies.perception.trt.logger",
    "simgate.policies.perception.trt.build",
    "simgate.policies.perception.trt.write_engine",
)
"""Modules that hold what they imported from a release."""


@contextmanager
def double_on_path(release: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """``import tensorrt`` gives the double of a release; nothing of it stays."""
    monkeypatch.setenv("SIMGATE_TRT_DOUBLE", release)
    monkeypatch.syspath_prepend(str(DOUBLES))
    before = {name: sys.modules.pop(name, None) for name in BOUND}
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def write_double_plan(
    model_yaml: Path,
    *,
    batches: Sequence[tuple[int, int, int]] = ((1, 1, 8),),
    release: str = "11.4",
    size: tuple[tuple[int, ...], tuple[int, ...]] | None = None,
    **sidecar: Any,
) -> Path:
    """Adds a plan with its sidecar to a package; keywords replace what the sidecar says.

    Args:
        model_yaml: Of the package.
        batches: Smallest, typical and largest batch of each profile.
        release: Of TensorRT.
        size: Smallest and largest shape of a frame in every profile; what the package declares when None.
        sidecar: Fields.
    """
    from simgate.policies.perception.files.package_files import sidecar_path
    from simgate.policies.perception.trt.sidecar import EngineTensor, Sidecar

    package = load_package(model_yaml)
    onnx = package.artifact("onnx")
    tensor = declared_input(package)
    shape = frame_shape(package)
    least, most = size or (shape, shape)
    profiles = [
        {tensor.name: [[low, *least], [typical, *most], [high, *most]]}
        | {
            extra.name: [[batch] * extra.batched + list(extra.shapes[0]) for batch in sizes]
            for extra in declared_extra_inputs(package)
        }
        for sizes in batches
        for low, typical, high in [sizes]
    ]
    content = write_plan(onnx.path.read_bytes(), profiles, VERSIONS[release])
    plan = model_yaml.parent / "detector.plan"
    plan.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    said = Sidecar(
        plan_sha256=digest,
        onnx_sha256=onnx.sha256,
        tensorrt=VERSIONS[release],
        gpu=GPU,
        compute_capability=CAPABILITY,
        precision="fp32",
        tensors=(EngineTensor(name=tensor.name, mode="input", dtype="FLOAT", shape=(-1, *shape)),),
        profiles=(),
    ).model_copy(update=sidecar)
    sidecar_path(plan).write_text(said.model_dump_json())
    assert add_artifact(model_yaml, artifact_line("tensorrt", plan.name, digest, GPU))
    return plan
