"""PyTorch: runs a ``torch.export`` program (``.pt2``) or a TorchScript file, on CUDA or the CPU."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.documents.diagnostics import near
from simgate.policies.perception.decoding.declared import declared_extra_inputs, declared_input
from simgate.policies.perception.decoding.decoders import OutputDecoder
from simgate.policies.perception.files.trust import require_trust
from simgate.policies.perception.files.verified import verified_bytes
from simgate.policies.perception.inference.availability import Availability
from simgate.policies.perception.inference.device_name import cuda_device_name, gpu_is_there, parse_device
from simgate.policies.perception.inference.dlpack import DlpackDevice, dlpack_device
from simgate.policies.perception.inference.inner_tensor import NoTensor, pooled
from simgate.policies.perception.inference.interface import ActualTensor, batches, interface_problems
from simgate.policies.perception.inference.portions import infer_in_portions, ranges_on
from simgate.policies.perception.outputs import ModelOutput
from simgate.policies.perception.package import Artifact, ModelPackage
from simgate.policies.perception.preprocessing.extra_inputs import extra_arrays
from simgate.policies.perception.preprocessing.readings import Readings, blank_inputs, frame_size
from simgate.policies.perception.problems import PackageError
from simgate.policies.perception.runtime import Frames, RuntimeInfo

if TYPE_CHECKING:
    import torch

LOAD_ERRORS = (RuntimeError, ValueError, OSError, KeyError, zipfile.BadZipFile)
_INSTALL = "install it: pip install 'simgate[torch]'"


class TorchRuntime:
    """Runs the ``torch`` artifact of a package.

    The program takes the frames, then the package's extra inputs in their order, and returns the decoder's
    outputs: one tensor, a tuple in the order in which the package declares them, or a mapping by name. On the
    CPU it runs with the threads that the host gives it (one).

    Args:
        package: The model.
        device: ``auto`` (CUDA when torch has it, else the CPU), ``cpu`` or ``cuda[:N]``.

    Raises:
        PackageError: torch is not installed, the package has no file for it, nobody trusts the file, it
            cannot be loaded, or its inputs are not what the package declares.
    """

    def __init__(self, package: ModelPackage, device: str = "auto") -> None:
        self._package = package
        self._artifact = package.artifact("torch")
        self.classes = package.classes
        try:
            import torch
        except ImportError as error:
            raise package.unusable("runtime-missing", "torch is not installed", _INSTALL) from error
        from simgate.policies.perception.preprocessing.preprocess_torch import main_preprocessor_on

        require_trust(package, self._artifact)
        self._torch = torch
        self._device = _device(package, parse_device(device).kind, parse_device(device).index)
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
        self._program: Any
        self._program, inputs = _load(package, self._artifact, self._device)
        if inputs is not None and (problems := interface_problems(package, inputs)):
            raise PackageError(problems)
        self._prepare = main_preprocessor_on(package, self._device)
        self._decode = OutputDecoder(package)
        self.device_ms: float | None = None
        """Milliseconds between CUDA events around the program of the last call; None on the CPU."""
        self.batches = batches(package, inputs or ())
        """Smallest and largest batch that the model takes; None for any."""
        if self.batches is None and inputs is None:
            self.batches = self._tried_batches()

    @classmethod
    def availability(cls) -> Availability:
        """Whether it can run here."""
        try:
            import torch
        except ImportError:
            return Availability("", "torch is not installed", f"for packages with a torch file: {_INSTALL}")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        places = [cuda_device_name(index) for index in range(count)]
        remedy = "torch has no CUDA: install the build for your CUDA version"
        detail = f"{torch.__version__}, devices {', '.join([*places, 'cpu'])}"
        return Availability(detail, remedy=remedy if gpu_is_there() and not count else "")

    def describe(self) -> RuntimeInfo:
        """Identity for the record."""
        place = self._device
        return RuntimeInfo(
            runtime="torch",
            version=str(self._torch.__version__),
            device="cpu" if place.type == "cpu" else cuda_device_name(place.index or 0),
            model=f"{self._package.name} {self._package.version}",
            artifact_sha256=self._artifact.digest,
        )

    @property
    def frames_device(self) -> DlpackDevice:
        """The device on which frames are taken without a copy."""
        return dlpack_device(self._device.type, self._device.index)

    def infer(self, frames: Frames, readings: Readings | None = None) -> list[ModelOutput]:
        """What the model says of each frame; see :class:`..runtime.PerceptionRuntime`.

        Raises:
            RuntimeError: The frames do not fit the model, or the model failed.
        """
        torch = self._torch
        if self._program is None:
            raise RuntimeError("the torch program has been released")
        try:
            with torch.inference_mode():
                pixels = _as_tensor(torch, frames).to(self._device)
                self.device_ms = None if self._device.type == "cpu" else 0.0
                size = frame_size(self._package, frames)
                return infer_in_portions(
                    self._prepare(pixels),
                    ranges_on(self._device.type, self.batches),
                    lambda part, rows: self._decode(self._run(part, size, rows, readings or {}), size),
                )
        except (ValueError, TypeError, RuntimeError) as error:
            raise RuntimeError(f"model '{self._package.name}' on torch: {error}") from error

    def tensor(self, name: str, frames: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Numbers of each frame from what a module or a node gives; see :data:`..runtime.TENSOR`.

        Raises:
            NoTensor: The program has none of this name, or it is not one of numbers of each frame.
        """
        torch, package, seen = self._torch, self._package, {}
        if not isinstance(self._program, torch.fx.GraphModule):
            raise NoTensor("a TorchScript file shows no inner tensors: export the model by torch.export")
        wanted = _node_of(self._program.graph, name)
        size = frame_size(package, frames)

        class Watching(torch.fx.Interpreter):  # type: ignore[name-defined,misc]
            def run_node(self, n: Any) -> Any:
                given = super().run_node(n)
                if n is wanted:
                    seen[name] = given
                return given

        def run(part: Any, rows: Sequence[int]) -> list[NDArray[np.float64]]:
            extra = extra_arrays(package, size, rows, {}).values()
            Watching(self._program).run(part, *(torch.from_numpy(one).to(self._device) for one in extra))
            if not isinstance(seen[name], torch.Tensor):
                raise NoTensor(f"'{name}' is no tensor")
            found = seen[name].cpu()
            return list(
                pooled((found.float() if found.is_floating_point() else found).numpy(), len(rows), name)
            )

        try:
            with torch.inference_mode():
                tensor = self._prepare(_as_tensor(torch, frames).to(self._device))
                found_rows = infer_in_portions(tensor, ranges_on(self._device.type, self.batches), run)
            return np.stack(found_rows)
        except (ValueError, TypeError, RuntimeError) as error:
            raise NoTensor(f"tensor '{name}' of model '{package.name}': {error}") from error

    def _run(self, tensor: Any, frame: tuple[int, int], rows: Sequence[int], readings: Readings) -> list[Any]:
        arrays = extra_arrays(self._package, frame, rows, readings).values()
        extra = [self._torch.from_numpy(array).to(self._device) for array in arrays]
        outputs = self._timed(lambda: self._program(tensor, *extra))
        # A program may answer in the same memory again.
        return [output.float().cpu().numpy().copy() for output in self._in_order(outputs)]

    def _tried_batches(self) -> tuple[tuple[int, int], ...] | None:
        """A TorchScript file does not say its batch, and may hold the one that it was traced with."""
        frames, readings = blank_inputs(self._package, 2)
        size = frame_size(self._package, frames)
        try:
            with self._torch.inference_mode():
                tensor = self._prepare(self._torch.from_numpy(frames).to(self._device))
                answered = len(self._decode(self._run(tensor, size, range(2), readings), size))
        except (ValueError, TypeError, RuntimeError):
            # What else is wrong with the program is said when it is given one frame.
            return ((1, 1),)
        return None if answered == 2 else ((1, 1),)

    def _timed(self, run: Callable[[], Any]) -> Any:
        """Runs the program; on CUDA between two events."""
        if self._device.type == "cpu":
            return run()
        cuda: Any = self._torch.cuda
        stream = cuda.current_stream(self._device)
        start, end = (cuda.Event(enable_timing=True) for _ in range(2))
        start.record(stream)
        outputs = run()
        end.record(stream)
        end.synchronize()
        self.device_ms = (self.device_ms or 0.0) + float(start.elapsed_time(end))
        return outputs

    def _in_order(self, outputs: Any) -> list[Any]:
        names = self._decode.names
        if isinstance(outputs, Mapping):
            missing = [name for name in names if name not in outputs]
            if missing:
                raise ValueError(f"the program has no output '{missing[0]}' (has: {', '.join(outputs)})")
            return [outputs[name] for name in names]
        given = list(outputs) if isinstance(outputs, tuple | list) else [outputs]
        if len(given) != len(names):
            declared = ", ".join(names)
            raise ValueError(f"the program returns {len(given)} tensors, the package declares {declared}")
        return given

    def close(self) -> None:
        """Releases the model; safe to call twice."""
        self._program = None


def _node_of(graph: Any, name: str) -> Any:
    """The node of this name, or the last one of the module of this name: that is what the module gives."""
    known: dict[str, Any] = {}
    for node in graph.nodes:
        if node.op not in ("placeholder", "output"):
            known.update(
                {path: node for path, _ in (node.meta.get("nn_module_stack") or {}).values() if path}
            )
    known |= {node.name: node for node in graph.nodes if node.op not in ("placeholder", "output")}
    if name not in known:
        raise NoTensor(f"the program has no module and no node '{name}'; {near(name, known)}")
    return known[name]


def _as_tensor(torch: Any, frames: Frames) -> Any:
    if not isinstance(frames, np.ndarray):
        return torch.from_dlpack(frames)
    # torch does not take memory that must not be written.
    return torch.from_numpy(frames if frames.flags.writeable else frames.copy())


def _device(package: ModelPackage, kind: str, index: int) -> torch.device:
    import torch

    if kind == "cpu" or (kind == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        message = f"torch {torch.__version__} sees no CUDA device"
        raise package.unusable("runtime-device", message, "install torch with CUDA, or use torch:cpu")
    if index >= torch.cuda.device_count():
        message = f"there is no cuda:{index}, torch sees {torch.cuda.device_count()}"
        raise package.unusable("runtime-device", message, "use another device")
    return torch.device("cuda", index)


def _load(
    package: ModelPackage, artifact: Artifact, device: torch.device
) -> tuple[Any, list[ActualTensor] | None]:
    """The callable of a ``torch.export`` program with its inputs; a TorchScript file names none."""
    import torch

    try:
        program, exported = load_program(verified_bytes(package, artifact), device)
    except LOAD_ERRORS as error:
        first = str(error).strip().splitlines()[0]
        message = f"'{artifact.path.name}' cannot be loaded by torch {torch.__version__}: {first}"
        hint = "export it again with torch.export.save or torch.jit.save, with a torch no newer than this one"
        raise package.unusable("model-unreadable", message, hint, artifact) from error
    return program, None if exported is None else _inputs(package, exported)


def load_program(content: bytes, device: torch.device) -> tuple[Any, Any]:
    """The callable in a file that somebody trusts, and the ``torch.export`` program if it is one.

    Raises:
        Exception: One of :data:`LOAD_ERRORS`: it cannot be loaded.
    """
    import torch

    file = io.BytesIO(content)
    if _is_exported(file):
        exported = torch.export.load(file)
        return exported.module().to(device), exported
    jit: Any = torch.jit
    return jit.load(file, map_location=device).eval(), None


def _inputs(package: ModelPackage, exported: Any) -> list[ActualTensor]:
    """Inputs of a program under the package's names: its own are those of its source, so the order counts."""
    given = [node for node in exported.graph.nodes if node.name in exported.graph_signature.user_inputs]
    names = [one.name for one in (declared_input(package), *declared_extra_inputs(package))]
    names += [node.name for node in given[len(names) :]]
    return [
        ActualTensor(
            name,
            str(node.meta["val"].dtype).removeprefix("torch."),
            tuple(size if isinstance(size, int) else None for size in node.meta["val"].shape),
        )
        for name, node in zip(names, given, strict=False)
    ]


def _is_exported(content: io.BytesIO) -> bool:
    """TorchScript archives hold a ``constants.pkl``; those of ``torch.export`` do not."""
    with zipfile.ZipFile(content) as archive:
        names = archive.namelist()
    content.seek(0)
    return not any(name.endswith("/constants.pkl") for name in names)
