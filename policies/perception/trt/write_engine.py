"""Builds an engine for a package and writes plan and sidecar."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simgate.policies.perception.files.package_files import onnx_digest, sidecar_path
from simgate.policies.perception.model_yaml.edit import artifact_line
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.trt.build import BuildRequest, build_engine
from simgate.policies.perception.trt.cuda_device import Device
from simgate.policies.perception.trt.engine import EngineError
from simgate.policies.perception.trt.quantize import Precision
from simgate.policies.perception.trt.sidecar import Sidecar
from simgate.policies.perception.trt.version import installed_version


@dataclass(frozen=True, slots=True)
class WrittenEngine:
    """What :func:`write_engine` left behind.

    Attributes:
        plan: The file.
        sidecar: Its description, beside it.
        artifact: The line for the package's ``artifacts``.
    """

    plan: Path
    sidecar: Sidecar
    artifact: str


def write_engine(
    package: ModelPackage, device: Device, request: BuildRequest, precision: Precision, folder: Path
) -> WrittenEngine:
    """Builds, checks that the precision is really there, and writes.

    Args:
        package: The model; its ONNX file names what the plan is of.
        device: The GPU to build for.
        request: What to build; ``request.onnx`` is in the wanted precision.
        precision: What was asked for.
        folder: Where to write.

    Raises:
        EngineError: The engine cannot be built, or no layer has the precision.
    """
    built = build_engine(package, request)
    wanted = {"fp32": "", "fp16": "fp16", "int8": "int8"}[precision]
    if wanted and wanted not in built.layer_types:
        seen = ", ".join(f"{count} {name}" for name, count in built.layer_types.items()) or "nothing"
        raise EngineError(
            f"asked for {precision}, but no layer of the engine writes {wanted} (layers by type: {seen}); "
            "nothing was written"
        )
    sidecar = Sidecar(
        plan_sha256=hashlib.sha256(built.plan).hexdigest(),
        onnx_sha256=package.artifact("onnx").digest,
        built_from_sha256=onnx_digest(request.onnx),
        tensorrt=installed_version(),
        gpu=device.gpu,
        compute_capability=device.compute_capability,
        precision=precision,
        layer_types=built.layer_types,
        tensors=built.tensors,
        profiles=built.profiles,
        builder_flags=built.flags,
        version_compatible=request.version_compatible,
        built_utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    version = ".".join(sidecar.tensorrt.split(".")[:2])
    parts = (package.name, package.version, device.gpu, precision, f"trt{version}")
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / ("-".join(re.sub(r"[^A-Za-z0-9._]+", "_", part) for part in parts) + ".plan")
    plan.write_bytes(built.plan)
    sidecar_path(plan).write_text(sidecar.model_dump_json(indent=1) + "\n", encoding="utf-8")
    file = os.path.relpath(plan.resolve(), package.path.parent.resolve())
    return WrittenEngine(plan, sidecar, artifact_line("tensorrt", file, sidecar.plan_sha256, device.gpu))
