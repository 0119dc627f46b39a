"""Which runtime runs a package on this machine, when nobody says it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.trt.sidecar import (
    EngineMismatch,
    file_differences,
    read_sidecar,
    version_differences,
)

FALLBACK = "onnxruntime"
RUNTIME_OF = {"onnx": "onnxruntime", "tensorrt": "tensorrt", "torch": "torch"}
"""Kind of a file of weights -> the runtime of this project that loads it."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine has, found out without starting anything.

    Attributes:
        gpus: Names of its NVIDIA GPUs.
        libraries: Those of ``tensorrt``, ``onnxruntime`` and ``torch`` that are installed.
        tensorrt: Version of the distribution; empty where it does not say one.
    """

    gpus: tuple[str, ...]
    libraries: Collection[str]
    tensorrt: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A runtime's entry-point name, and why it was taken."""

    runtime: str
    reason: str


def choose_runtime(package: ModelPackage, machine: Machine) -> Choice:
    """TensorRT where a GPU and a matching plan exist, else ONNX Runtime, else torch.

    A package that fits nothing gets ONNX Runtime, whose error then says what the package lacks.
    """
    why_not = plan_obstacle(package, machine)
    if not why_not:
        return Choice("tensorrt", "a plan for this GPU is there")
    kinds = {artifact.kind for artifact in package.artifacts}
    if "onnx" in kinds and "onnxruntime" in machine.libraries:
        return Choice("onnxruntime", f"no TensorRT: {why_not}")
    if "torch" in kinds and "torch" in machine.libraries:
        return Choice("torch", f"no TensorRT: {why_not}; no ONNX file, or no ONNX Runtime")
    return Choice(FALLBACK, "the package has no file for a library that is installed")


def plan_obstacle(package: ModelPackage, machine: Machine) -> str:
    """Why no plan of the package can run here; empty when one can.

    Where TensorRT's version is only known once it is loaded, it is checked then.
    """
    plans = [artifact for artifact in package.artifacts if artifact.kind == "tensorrt"]
    if not plans:
        return "the package has no plan"
    if not machine.gpus:
        return "this machine has no NVIDIA GPU"
    if "tensorrt" not in machine.libraries:
        return "TensorRT is not installed"
    obstacles = []
    for artifact in plans:
        try:
            sidecar = read_sidecar(artifact.path)
        except EngineMismatch as error:
            obstacles.append(str(error))
            continue
        differences = file_differences(sidecar, package, artifact)
        if sidecar.gpu not in machine.gpus:
            differences.append(f"it is for {sidecar.gpu}, here is {', '.join(machine.gpus)}")
        if machine.tensorrt:
            differences += version_differences(sidecar, machine.tensorrt)
        if not differences:
            return ""
        obstacles.append(f"'{artifact.path.name}': {'; '.join(differences)}")
    return "; ".join(obstacles)
