"""What runs a policy's network: ONNX Runtime or torch on the CPU, TensorRT on a GPU, each its own files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simgate.policies.network.package import IO, PolicyPackage
from simgate.policies.perception.files.package_files import Artifact
from simgate.policies.perception.files.trust import require_trust
from simgate.policies.perception.problems import PackageError
from simgate.policies.perception.trt.needs import device_of, usable_version

Array = NDArray[Any]
_INSTEAD = "name the network's ONNX file"


class Network(Protocol):
    """A loaded network."""

    def answer(self, rows: Array, states: Sequence[Array]) -> list[Array]:
        """The action's output, then the states that it hands on.

        Args:
            rows: Observations, shape (N, I), of the input's type.
            states: In the order of ``recurrent``.

        Raises:
            ValueError: The network could not run, or returns something else.
        """
        ...


def load_network(package: PolicyPackage) -> Network:
    """The network of a declaration, ready to run.

    Raises:
        PackageError: It is not what is declared (any more), nobody trusts it, what runs it is not installed,
            or it cannot be loaded.
    """
    content = package.network_bytes()
    if package.is_plan:
        return _TensorRt(package, content)
    return _Torch(package, content) if package.is_program else _Onnx(package, content)


class _Onnx:
    def __init__(self, package: PolicyPackage, content: bytes) -> None:
        import onnxruntime as ort

        from simgate.policies.perception.runtimes.onnxruntime_runtime import ORT_ERRORS

        settings = ort.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.use_deterministic_compute = True
        settings.log_severity_level = 3
        try:
            self._session = _session(package, content, settings)
        except ORT_ERRORS as error:
            said = f"ONNX Runtime {ort.__version__} cannot load it: {' '.join(str(error).split())}"
            hint = "export the network again, or install an ONNX Runtime that knows its opset"
            raise PackageError([package.problem(("network",), IO, said, hint)]) from error
        self._input, self._states = package.observation.name, package.spec.recurrent
        self._asked = [package.output.name, *(state.output for state in self._states)]

    def answer(self, rows: Array, states: Sequence[Array]) -> list[Array]:
        given = {state.input: value for state, value in zip(self._states, states, strict=True)}
        found: list[Array] = self._session.run(self._asked, {self._input: rows, **given})
        return found


def _session(package: PolicyPackage, content: bytes, settings: Any) -> Any:
    import onnxruntime as ort

    only = ["CPUExecutionProvider"]
    if not package.data:
        return ort.InferenceSession(content, settings, providers=only)
    # ONNX Runtime maps the weights into memory, so it is given a copy that nobody else writes.
    with TemporaryDirectory(prefix="simgate-policy-") as folder:
        path = Path(folder, package.network.name)
        path.write_bytes(content)
        for name in package.data:
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
            copyfile(package.network.parent / name, Path(folder, name))
        return ort.InferenceSession(str(path), settings, providers=only)


class _Torch:
    """A TorchScript file or a ``torch.export`` program: called with the observation, then the states."""

    def __init__(self, package: PolicyPackage, content: bytes) -> None:
        try:
            import torch

            from simgate.policies.perception.runtimes.torch_runtime import LOAD_ERRORS, load_program
        except ImportError:
            raise package.unusable(
                "runtime-missing", "torch is not installed", "install it: pip install 'simgate[torch]'"
            ) from None
        require_trust(package, Artifact("torch", package.network, hashlib.sha256(content).hexdigest()))
        self._torch, self._name = torch, package.spec.network
        try:
            self._program = load_program(content, torch.device("cpu"))[0]
        except LOAD_ERRORS as error:
            said = f"torch {torch.__version__} cannot load it: {' '.join(str(error).split())[:300]}"
            raise package.unusable(IO, said, "export the network again") from error
        self._asked = [package.output.name, *(state.output for state in package.spec.recurrent)]

    def answer(self, rows: Array, states: Sequence[Array]) -> list[Array]:
        torch = self._torch
        try:
            with torch.inference_mode():
                said = self._program(
                    *(torch.from_numpy(np.ascontiguousarray(one)) for one in (rows, *states))
                )
        except (RuntimeError, TypeError, ValueError) as error:
            cause = str(error).strip().splitlines()[-1]
            raise ValueError(f"the network '{self._name}' on torch: {cause}") from error
        if isinstance(said, Mapping):
            said = [said[name] for name in self._asked if name in said]
        found = list(said) if isinstance(said, tuple | list) else [said]
        if len(found) != len(self._asked):
            wanted = ", ".join(name or "the action" for name in self._asked)
            raise ValueError(
                f"the network '{self._name}' returns {len(found)} tensors, declared are {wanted}"
            )
        # A program may answer in the same memory again.
        return [tensor.numpy().copy() for tensor in found]


class _TensorRt:
    """A plan, by the engine that runs those of models."""

    def __init__(self, package: PolicyPackage, content: bytes) -> None:
        usable_version(package.unusable, _INSTEAD)
        self._device = device_of(package.unusable, "auto", _INSTEAD)
        import torch

        from simgate.policies.perception.trt.engine import Engine, EngineError

        self._torch, self._failed, self._name = torch, EngineError, package.spec.network
        states = package.spec.recurrent
        try:
            with self._device.scope():
                self._engine = Engine(
                    content, package.spec.input, self._device, beside=[state.input for state in states]
                )
        except EngineError as error:
            hint = error.remedy or "build it on this machine from the network's ONNX file"
            raise package.unusable("engine-unusable", str(error), hint) from error
        inputs, outputs = self._engine.inputs, self._engine.outputs
        observation, action = package.held_against(inputs, outputs)
        self._inputs = [observation, *(state.input for state in states)]
        self._asked = [action, *(state.output for state in states)]

    def answer(self, rows: Array, states: Sequence[Array]) -> list[Array]:
        try:
            with self._device.scope():
                given = {
                    name: self._torch.from_numpy(np.ascontiguousarray(one)).to(self._device.place)
                    for name, one in zip(self._inputs, (rows, *states), strict=True)
                }
                buffers, _ = self._engine.run(given)
                found = dict(zip(self._engine.output_names(), buffers, strict=True))
                # Float, for numpy has no bfloat16; copied, for the next run writes into the same buffers.
                return [found[name].float().cpu().numpy().copy() for name in self._asked]
        except (self._failed, RuntimeError, ValueError, TypeError) as error:
            raise ValueError(f"the network '{self._name}' on TensorRT: {error}") from error
