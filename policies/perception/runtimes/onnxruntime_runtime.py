"""ONNX Runtime: on the CPU the reference, reproducible bit for bit; on CUDA without TF32."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from simgate.policies.documents.diagnostics import near
from simgate.policies.perception.decoding.decoders import OutputDecoder
from simgate.policies.perception.files.verified import private_copy, verified_bytes
from simgate.policies.perception.inference.availability import Availability
from simgate.policies.perception.inference.device_name import (
    DeviceRequest,
    cuda_device_name,
    gpu_is_there,
    parse_device,
)
from simgate.policies.perception.inference.dlpack import DlpackDevice, dlpack_device
from simgate.policies.perception.inference.inner_tensor import (
    NoTensor,
    pooled,
    tensor_names,
    with_output,
)
from simgate.policies.perception.inference.interface import ActualTensor, batches, interface_problems
from simgate.policies.perception.inference.portions import infer_in_portions, ranges_on
from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.perception.package import Artifact, ModelPackage
from simgate.policies.perception.preprocessing.extra_inputs import extra_arrays
from simgate.policies.perception.preprocessing.readings import Readings, frame_size, main_preprocessor
from simgate.policies.perception.problems import PackageError
from simgate.policies.perception.runtime import Frames, RuntimeInfo

# ONNX Runtime's exceptions share no base class but Exception.
ORT_ERRORS: tuple[type[Exception], ...] = (
    ort_errors.EPFail,
    ort_errors.EngineError,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
INFERENCE_ERRORS: tuple[type[Exception], ...] = (ValueError, *ORT_ERRORS)
_CUDA = "CUDAExecutionProvider"
# Both distributions are the module `onnxruntime`; the one that is installed last is it.
_INSTALL_CUDA = "pip install 'simgate[cuda]', then pip install --force-reinstall --no-deps onnxruntime-gpu"
_DATA_FOLDER = "session.model_external_initializers_file_folder_path"
_DTYPES = {"tensor(float)": "float32", "tensor(double)": "float64"}


class OnnxRuntime:
    """Runs the ``onnx`` artifact of a package.

    On the CPU sequential execution with one thread, as a host owns one core; a host that is given more cores
    through ``OMP_NUM_THREADS`` uses them. Sums are added in the same order every time.

    Args:
        package: The model.
        device: ``auto`` (CUDA when ONNX Runtime has it and it works, else the CPU), ``cpu`` or ``cuda[:N]``.

    Raises:
        PackageError: The package has no ONNX file, it cannot be loaded or not on that device, or its inputs
            and outputs are not what the package declares.
    """

    def __init__(self, package: ModelPackage, device: str = "auto") -> None:
        self._package = package
        self._artifact = package.artifact("onnx")
        self.classes = package.classes
        self._wanted = parse_device(device)
        self._session: Any
        self._session, self._device = _open(package, self._artifact, self._wanted)
        self._tapped: tuple[str, Any] = "", None
        inputs = _actual(self._session.get_inputs())
        problems = interface_problems(package, inputs, _actual(self._session.get_outputs()))
        if problems:
            raise PackageError(problems)
        self.batches = batches(package, inputs)
        """Smallest and largest batch that the model takes; None for any."""
        self._prepare = main_preprocessor(package)
        self._prepare_on: dict[str, Any] = {}
        self._decode = OutputDecoder(package)

    @classmethod
    def availability(cls) -> Availability:
        """Whether it can run here."""
        providers = [name.removesuffix("ExecutionProvider") for name in ort.get_available_providers()]
        detail = f"{ort.__version__}, providers {', '.join(providers)}"
        remedy = "" if "CUDA" in providers else f"for CUDA: {_INSTALL_CUDA}"
        return Availability(detail, remedy=remedy if gpu_is_there() else "")

    def describe(self) -> RuntimeInfo:
        """Identity for the record."""
        return RuntimeInfo(
            runtime="onnxruntime",
            version=ort.__version__,
            device=self._device,
            model=f"{self._package.name} {self._package.version}",
            artifact_sha256=self._artifact.digest,
        )

    @property
    def frames_device(self) -> DlpackDevice | None:
        """The GPU on which frames are taken without a copy; None on the CPU, and without torch's DLPack."""
        place = self._device.split()[0]
        if not place.startswith("cuda") or find_spec("torch") is None:
            return None
        return dlpack_device("cuda", int(place.partition(":")[2] or 0))

    def infer(self, frames: Frames, readings: Readings | None = None) -> list[ModelOutput]:
        """What the model says of each frame; see :class:`..runtime.PerceptionRuntime`.

        Raises:
            RuntimeError: The frames do not fit the model, or the model failed.
        """
        if self._session is None:
            raise RuntimeError("the ONNX Runtime session has been closed")
        try:
            size, package = frame_size(self._package, frames), self._package
            if isinstance(frames, np.ndarray):
                tensor, run = self._prepare(frames), self._run
            else:
                tensor, run = self._prepare_there(frames), self._run_there
            return infer_in_portions(
                tensor,
                ranges_on(self._device, self.batches),
                lambda part, rows: self._decode(
                    run(part, extra_arrays(package, size, rows, readings or {})), size
                ),
            )
        except INFERENCE_ERRORS as error:
            raise RuntimeError(f"model '{self._package.name}' on ONNX Runtime: {error}") from error

    def tensor(self, name: str, frames: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Numbers of each frame from a tensor of the graph; see :data:`..runtime.TENSOR`.

        Raises:
            NoTensor: There is none of this name, or not one of numbers of each frame.
        """
        if self._tapped[0] != name:
            self._tapped = name, self._session_with(name)
        package, session = self._package, self._tapped[1]
        size = frame_size(package, frames)

        def run(part: Any, rows: Sequence[int]) -> list[NDArray[np.float64]]:
            given = {package.input.name: part, **extra_arrays(package, size, rows, {})}
            return list(pooled(session.run([name], given)[0], len(rows), name))

        try:
            found = infer_in_portions(self._prepare(frames), ranges_on(self._device, self.batches), run)
            return np.stack(found)
        except INFERENCE_ERRORS as error:
            raise NoTensor(f"tensor '{name}' of model '{package.name}': {error}") from error

    def _session_with(self, name: str) -> Any:
        if name in {one.name for one in self._session.get_outputs()}:
            return self._session
        known = tensor_names(verified_bytes(self._package, self._artifact))
        if name not in known:
            raise NoTensor(f"model '{self._package.name}' has no tensor '{name}'; {near(name, known)}")
        return _open(self._package, self._artifact, self._wanted, name)[0]

    def _run(self, tensor: Any, extra: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        given = {self._package.input.name: tensor, **extra}
        outputs: list[NDArray[Any]] = self._session.run(list(self._decode.names), given)
        return outputs

    def _prepare_there(self, frames: Any) -> Any:
        """Preprocesses where the frames are."""
        import torch

        from simgate.policies.perception.preprocessing.preprocess_torch import main_preprocessor_on

        pixels = torch.utils.dlpack.from_dlpack(frames)
        place = pixels.device
        prepare = self._prepare_on.setdefault(str(place), main_preprocessor_on(self._package, place))
        return prepare(pixels)

    def _run_there(self, tensor: Any, extra: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Hands the tensor's address to ONNX Runtime."""
        import torch

        place = tensor.device
        if place.type == "cuda":
            # ONNX Runtime works on a stream of its own.
            torch.cuda.current_stream(place).synchronize()
        binding = self._session.io_binding()
        binding.bind_input(
            name=self._package.input.name,
            device_type=place.type,
            device_id=place.index or 0,
            element_type=np.dtype(self._package.spec.input.dtype).type,
            shape=tuple(tensor.shape),
            buffer_ptr=tensor.data_ptr(),
        )
        for name, array in extra.items():
            binding.bind_cpu_input(name, array)
        for name in self._decode.names:
            binding.bind_output(name, "cpu")
        self._session.run_with_iobinding(binding)
        outputs: list[NDArray[Any]] = binding.copy_outputs_to_cpu()
        return outputs

    def close(self) -> None:
        """Releases the session; safe to call twice."""
        self._session, self._tapped = None, ("", None)


def _open(
    package: ModelPackage, artifact: Artifact, wanted: DeviceRequest, tensor: str = ""
) -> tuple[Any, str]:
    """A session, one of whose outputs is that tensor too, and the name of its device."""
    if wanted.kind in ("auto", "cuda") and _CUDA in ort.get_available_providers():
        # TF32 would round to 10 bits of mantissa, and a search for the fastest convolution differs by run.
        _preload_cuda()
        settings = {"device_id": str(wanted.index), "use_tf32": "0", "cudnn_conv_algo_search": "DEFAULT"}
        session = _session(package, artifact, [(_CUDA, settings), "CPUExecutionProvider"], tensor)
        # ONNX Runtime falls back to the CPU with a warning only.
        if _CUDA in session.get_providers():
            return session, cuda_device_name(wanted.index)
    if wanted.kind == "cuda":
        message = (
            f"ONNX Runtime {ort.__version__} cannot use CUDA here (providers: "
            f"{', '.join(ort.get_available_providers())})"
        )
        hint = f"{_INSTALL_CUDA}, or use onnxruntime:cpu"
        raise package.unusable("runtime-device", message, hint)
    return _session(package, artifact, ["CPUExecutionProvider"], tensor), "cpu"


def _preload_cuda() -> None:
    """Loads CUDA's libraries from NVIDIA's wheels, where `simgate[cuda]` puts them and no loader looks."""
    preload = getattr(ort, "preload_dlls", None)
    if preload is not None:
        with contextlib.redirect_stdout(sys.stderr):
            preload()


def _session(package: ModelPackage, artifact: Artifact, providers: Sequence[Any], tensor: str) -> Any:
    more = with_output(tensor) if tensor else b""
    options = ort.SessionOptions()
    options.intra_op_num_threads = _threads()
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    try:
        if artifact.external_data:
            # Maps external data into memory, so it must be a copy that nobody else writes.
            with private_copy(package, artifact) as path:
                with path.open("ab") as file:
                    file.write(more)
                return ort.InferenceSession(str(path), options, providers=list(providers))
        # Of a model in memory it would look for external data in the current folder.
        options.add_session_config_entry(_DATA_FOLDER, os.devnull)
        return ort.InferenceSession(
            verified_bytes(package, artifact) + more, options, providers=list(providers)
        )
    except ORT_ERRORS as error:
        message = f"'{artifact.path.name}' cannot be loaded by ONNX Runtime {ort.__version__}: {error}"
        hint = "export the model again, or install an ONNX Runtime that knows its opset"
        raise package.unusable("model-unreadable", message, hint, artifact) from error


def _threads() -> int:
    """One, unless ``OMP_NUM_THREADS`` gives a host more; more threads compute the same bits, sooner."""
    given = os.environ.get("OMP_NUM_THREADS", "1")
    return int(given) if given.isdigit() and int(given) > 0 else 1


def _actual(tensors: Sequence[Any]) -> list[ActualTensor]:
    return [
        ActualTensor(
            tensor.name,
            _DTYPES.get(tensor.type, tensor.type.removeprefix("tensor(").removesuffix(")")),
            tuple(size if isinstance(size, int) else None for size in tensor.shape),
        )
        for tensor in tensors
    ]
