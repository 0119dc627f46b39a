"""TensorRT (10.12 and later, 11.x): runs the plan that is deployed, after its sidecar has been checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simgate.policies.perception.decoding.declared import frame_shape
from simgate.policies.perception.decoding.decoders import OutputDecoder
from simgate.policies.perception.files.trust import require_trust
from simgate.policies.perception.files.verified import verified_bytes
from simgate.policies.perception.inference.availability import Availability
from simgate.policies.perception.inference.device_name import gpu_is_there
from simgate.policies.perception.inference.dlpack import DlpackDevice, dlpack_device
from simgate.policies.perception.inference.interface import interface_problems
from simgate.policies.perception.inference.portions import infer_in_portions
from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.perception.package import Artifact, ModelPackage
from simgate.policies.perception.preprocessing.extra_inputs import extra_arrays
from simgate.policies.perception.preprocessing.readings import Readings, frame_size
from simgate.policies.perception.problems import PackageError
from simgate.policies.perception.runtime import Frames, RuntimeInfo
from simgate.policies.perception.trt.cuda_device import CudaDevice, Device, NoCuda
from simgate.policies.perception.trt.needs import INSTALL, device_of, is_too_old, usable_version
from simgate.policies.perception.trt.sidecar import (
    EngineMismatch,
    Sidecar,
    file_differences,
    machine_differences,
    read_sidecar,
)
from simgate.policies.perception.trt.version import NoTensorRt, installed_version

if TYPE_CHECKING:
    from simgate.policies.perception.trt.engine import Engine, EngineError

_INSTEAD = "use --runtime onnxruntime"
_REBUILD = "build it on this machine with `simgate build-engine`, or use --runtime onnxruntime"


class TensorRtRuntime:
    """Runs the ``tensorrt`` artifact of a package that was built for this GPU.

    Frames that are on the GPU already (DLPack) are not copied to the host; preprocessing runs on the device.

    Args:
        package: The model.
        device: ``auto``, ``cuda`` or ``cuda:N``, or a device.

    Raises:
        PackageError: TensorRT, torch or a GPU is missing, or no plan of the package fits this machine; the
            message names both sides.
    """

    def __init__(self, package: ModelPackage, device: str | Device = "auto") -> None:
        self._package = package
        self.classes = package.classes
        plans = [artifact for artifact in package.artifacts if artifact.kind == "tensorrt"]
        if not plans:
            raise package.no_artifact("tensorrt")
        self._version = usable_version(package.unusable, _INSTEAD)
        self._device = device_of(package.unusable, device, _INSTEAD)
        self._artifact, sidecar = _matching(package, plans, self._version, self._device)
        self._engine: Engine | None = _load(package, self._artifact, sidecar, self._device)
        problems = interface_problems(package, self._engine.inputs, self._engine.outputs)
        if problems:
            raise PackageError(problems)
        _require_size(package, self._artifact, self._engine)
        from simgate.policies.perception.preprocessing.preprocess_torch import main_preprocessor_on

        with self._device.scope():
            self._prepare = main_preprocessor_on(package, self._device.place)
        self._decode = OutputDecoder(package)
        self.device_ms: float | None = None
        """Milliseconds that the last call's engine took, between events on its stream."""

    @classmethod
    def availability(cls) -> Availability:
        """Whether it can run here."""
        try:
            version = installed_version()
        except NoTensorRt as error:
            remedy = (
                f"{INSTALL}, or {_INSTEAD}"
                if gpu_is_there()
                else "only needed on a machine with an NVIDIA GPU"
            )
            return Availability("", str(error), remedy)
        try:
            device = CudaDevice(0)
        except NoCuda as error:
            return Availability("", str(error), "see torch's line")
        detail = f"{version} on {device.name}, compute capability {device.compute_capability}"
        if is_too_old(version):
            return Availability(detail, f"TensorRT {version} is too old", f"{INSTALL}, or {_INSTEAD}")
        return Availability(detail)

    def describe(self) -> RuntimeInfo:
        """Identity for the record."""
        return RuntimeInfo(
            runtime="tensorrt",
            version=self._version,
            device=self._device.name,
            model=f"{self._package.name} {self._package.version}",
            artifact_sha256=self._artifact.digest,
        )

    @property
    def memory_bytes(self) -> int:
        """Device memory of the execution context."""
        return self._engine.memory_bytes if self._engine is not None else 0

    @property
    def batches(self) -> tuple[tuple[int, int], ...]:
        """Smallest and largest batch of each of the engine's profiles; others go in by portions."""
        return self._engine.batches if self._engine is not None else ()

    @property
    def frames_device(self) -> DlpackDevice:
        """The device on which frames are taken without a copy."""
        return dlpack_device(self._device.place.type, self._device.place.index)

    def infer(self, frames: Frames, readings: Readings | None = None) -> list[ModelOutput]:
        """What the model says of each frame; see :class:`..runtime.PerceptionRuntime`.

        Raises:
            RuntimeError: The frames do not fit the engine, or TensorRT refused something.
        """
        if self._engine is None:
            raise RuntimeError("the TensorRT engine has been released")
        try:
            self.device_ms = 0.0
            size = frame_size(self._package, frames)
            with self._device.scope():
                tensor = self._prepare(self._device.receive(frames))
                return infer_in_portions(
                    tensor,
                    self.batches,
                    lambda part, rows: self._decode(self._run(part, size, rows, readings or {}), size),
                )
        except (ValueError, TypeError, RuntimeError) as error:
            raise RuntimeError(f"model '{self._package.name}' on TensorRT: {error}") from error

    def _run(self, tensor: Any, frame: tuple[int, int], rows: Sequence[int], readings: Readings) -> list[Any]:
        """Outputs of a batch that is in a profile."""
        import torch

        assert self._engine is not None
        extra = extra_arrays(self._package, frame, rows, readings)
        given = {self._package.input.name: tensor} | {
            name: torch.from_numpy(array).to(self._device.place) for name, array in extra.items()
        }
        buffers, took_ms = self._engine.run(given)
        self.device_ms = (self.device_ms or 0.0) + took_ms
        outputs = dict(zip(self._engine.output_names(), buffers, strict=True))
        return [outputs[name].float().cpu().numpy() for name in self._decode.names]

    def close(self) -> None:
        """Releases the engine; safe to call twice."""
        self._engine = None


def _matching(
    package: ModelPackage, plans: Sequence[Artifact], version: str, device: Device
) -> tuple[Artifact, Sidecar]:
    """The first plan that fits package and machine."""
    refused = []
    for artifact in plans:
        try:
            sidecar = read_sidecar(artifact.path)
        except EngineMismatch as error:
            refused.append(str(error))
            continue
        differences = file_differences(sidecar, package, artifact)
        differences += machine_differences(
            sidecar, tensorrt=version, gpu=device.gpu, compute_capability=device.compute_capability
        )
        if not differences:
            return artifact, sidecar
        refused.append(f"'{artifact.path.name}': {'; '.join(differences)}")
    raise package.unusable("engine-mismatch", f"no plan fits: {' | '.join(refused)}", _REBUILD)


def _load(package: ModelPackage, artifact: Artifact, sidecar: Sidecar, device: Device) -> Any:
    from simgate.policies.perception.trt.engine import Engine, EngineError

    if sidecar.version_compatible:
        require_trust(package, artifact, "a version-compatible plan brings a library of its own")
    try:
        with device.scope():
            plan = verified_bytes(package, artifact)
            return Engine(plan, package.input.name, device, sidecar.version_compatible)
    except EngineError as error:
        raise _unusable(package, artifact, error) from error


def _require_size(package: ModelPackage, artifact: Artifact, engine: Engine) -> None:
    """The engine takes frames of the size that the package declares."""
    from simgate.policies.perception.trt.engine import EngineError

    try:
        engine.require_size(frame_shape(package))
    except EngineError as error:
        raise _unusable(package, artifact, error) from error


def _unusable(package: ModelPackage, artifact: Artifact, error: EngineError) -> PackageError:
    hint = f"{error.remedy}; or use --runtime onnxruntime" if error.remedy else _REBUILD
    return package.unusable("engine-unusable", f"'{artifact.path.name}': {error}", hint, artifact)
