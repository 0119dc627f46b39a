"""A deserialized engine: its tensors, its profiles, and one way to run it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import tensorrt as trt

from simgate.policies.perception.inference.interface import ActualTensor
from simgate.policies.perception.trt.cuda_device import Device
from simgate.policies.perception.trt.logger import KeepingLogger

DTYPES = {
    trt.DataType.FLOAT: "float32",
    trt.DataType.HALF: "float16",
    trt.DataType.BF16: "bfloat16",
    trt.DataType.INT8: "int8",
    trt.DataType.INT32: "int32",
    trt.DataType.INT64: "int64",
    trt.DataType.BOOL: "bool",
    trt.DataType.UINT8: "uint8",
}


Range = tuple[tuple[int, ...], tuple[int, ...]]
"""Smallest and largest shape of the input."""
_FREE_MEMORY = "free memory on the GPU (`nvidia-smi` lists who holds it), or run fewer hosts (--workers 1)"


class EngineError(RuntimeError):
    """TensorRT refused something; the message holds what its log says.

    Attributes:
        remedy: What to do about it; empty where building the engine again is the way.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass
class _Prepared:
    """Buffers of one batch size, bound to the context.

    The first run is plain, the second captures a graph: batch sizes that change all the time (worlds end,
    frames are lost) never pay for one.
    """

    inputs: dict[str, Any]
    outputs: dict[str, Any]
    enqueue: Callable[[], None]
    runs: int = 0


class Engine:
    """One engine with one context, on one device.

    Args:
        plan: Content of the plan file.
        frames: Name of the input of the frames; None for the first one that is not ``beside``.
        device: Where it runs.
        version_compatible: Whether the plan was built so; only then code in it may be loaded.
        beside: Names of inputs of something else.

    Raises:
        EngineError: It cannot be deserialized, or is of a kind that no detector has.
    """

    def __init__(
        self,
        plan: bytes,
        frames: str | None,
        device: Device,
        version_compatible: bool = False,
        beside: Collection[str] = (),
    ) -> None:
        self._device = device
        self._log = KeepingLogger()
        self._runtime = _runtime(self._log)
        if version_compatible:
            self._runtime.engine_host_code_allowed = True
        engine = self._runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise EngineError(f"TensorRT {trt.__version__} cannot deserialize the plan: {self._log.cause()}")
        self._engine: trt.ICudaEngine = engine
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        modes = {name: engine.get_tensor_mode(name) for name in names}
        self._inputs = [name for name in names if modes[name] == trt.TensorIOMode.INPUT]
        self._outputs = [name for name in names if modes[name] == trt.TensorIOMode.OUTPUT]
        if frames is None:
            frames = next((name for name in self._inputs if name not in beside), "")
        if frames not in self._inputs:
            raise EngineError(
                f"the engine has inputs {', '.join(self._inputs) or 'none'}, the package declares '{frames}'",
                "correct model.yaml, or build the engine from the package's own ONNX file",
            )
        self._input = frames
        self._profiles = self._ranges()
        context = engine.create_execution_context()
        if context is None:
            cause = self._log.cause()
            raise EngineError(f"TensorRT cannot create an execution context: {cause}", _FREE_MEMORY)
        self._context: trt.IExecutionContext = context
        self._profile = 0
        self._prepared: dict[int, _Prepared] = {}

    @property
    def inputs(self) -> list[ActualTensor]:
        """Inputs as the engine reports them."""
        return [self._tensor(name) for name in self._inputs]

    @property
    def outputs(self) -> list[ActualTensor]:
        """Outputs as the engine reports them."""
        return [self._tensor(name) for name in self._outputs]

    @property
    def memory_bytes(self) -> int:
        """Device memory of the context in use."""
        return int(self._engine.get_device_memory_size_for_profile_v2(self._profile))

    def _tensor(self, name: str) -> ActualTensor:
        shape = tuple(None if size < 0 else int(size) for size in self._engine.get_tensor_shape(name))
        dtype = self._engine.get_tensor_dtype(name)
        return ActualTensor(name, DTYPES.get(dtype, str(dtype)), shape)

    @property
    def batches(self) -> tuple[tuple[int, int], ...]:
        """Smallest and largest batch of each profile."""
        return tuple((low[0], high[0]) for low, high in self._profiles)

    def require_size(self, size: tuple[int, ...]) -> None:
        """Raises EngineError unless a profile takes inputs of this shape (without the batch)."""
        if not any(_holds(profile, (profile[0][0], *size)) for profile in self._profiles):
            ranges = ", ".join(f"{list(low)} to {list(high)}" for low, high in self._profiles)
            raise EngineError(
                f"no optimization profile of the engine takes input '{self._input}' of shape "
                f"[N, {', '.join(map(str, size))}] (profiles: {ranges})"
            )

    def _ranges(self) -> list[Range]:
        """Smallest and largest input shape of each profile; of a fixed engine the only one.

        Raises:
            EngineError: The shape is dynamic and there is no profile, or it is only given at run time.
        """
        engine = self._engine
        for name in self._inputs:
            if engine.get_tensor_location(name) != trt.TensorLocation.DEVICE:
                raise EngineError(
                    f"input '{name}' must be on the host (it is a shape); inputs are given on the device",
                    "export the model with plain inputs, and build the engine from that",
                )
        shape = tuple(int(size) for size in engine.get_tensor_shape(self._input))
        if min(shape) >= 0:
            return [(shape, shape)]
        if engine.num_optimization_profiles < 1:
            raise EngineError(
                f"the shape {list(shape)} of input '{self._input}' is dynamic, but the engine has no "
                "optimization profile"
            )
        shapes = [
            engine.get_tensor_profile_shape(self._input, index)
            for index in range(engine.num_optimization_profiles)
        ]
        return [
            (tuple(int(size) for size in smallest), tuple(int(size) for size in largest))
            for smallest, _, largest in shapes
        ]

    def run(self, given: Mapping[str, Any]) -> tuple[list[Any], float]:
        """Runs a batch; call within the device's scope.

        Args:
            given: Every input by its name, on the device, contiguous, with the engine's type.

        Returns:
            Buffers of all outputs, in the engine's order, valid until the next call; device milliseconds.

        Raises:
            EngineError: The batch is in no profile, or TensorRT refuses something.
        """
        ready = self._prepared.get(int(given[self._input].shape[0]))
        if ready is None:
            ready = self._prepare(given)
        for name, buffer in ready.inputs.items():
            buffer.copy_(given[name])
        if ready.runs == 1:
            ready.enqueue = self._device.capture(self._enqueue) or self._enqueue
        took_ms = self._device.timed(ready.enqueue)
        ready.runs += 1
        return list(ready.outputs.values()), took_ms

    def output_names(self) -> list[str]:
        """Names of the outputs, in the order of :meth:`run`."""
        return list(self._outputs)

    def _prepare(self, given: Mapping[str, Any]) -> _Prepared:
        """Buffers for a batch size, bound to the context."""
        # A context holds one set of shapes and addresses, so only the newest batch size stays prepared.
        self._prepared.clear()
        shapes = {name: tuple(int(size) for size in tensor.shape) for name, tensor in given.items()}
        self._choose_profile(shapes[self._input])
        for name, shape in shapes.items():
            self._require(self._context.set_input_shape(name, shape), f"set_input_shape '{name}' {shape}")
        unknown = self._context.infer_shapes()
        if unknown:
            raise EngineError(f"TensorRT cannot infer shapes; it misses {', '.join(unknown)}")
        inputs = {}
        for name, shape in shapes.items():
            inputs[name] = self._device.empty(shape, self._tensor(name).dtype)
            self._bind(name, inputs[name])
        outputs = {}
        for name in self._outputs:
            size = tuple(int(one) for one in self._context.get_tensor_shape(name))
            if min(size, default=0) < 0:
                raise EngineError(
                    f"the shape {size} of output '{name}' depends on the data, which is not supported"
                )
            outputs[name] = self._device.empty(size, self._tensor(name).dtype)
            self._bind(name, outputs[name])
        ready = _Prepared(inputs, outputs, self._enqueue)
        self._prepared[shapes[self._input][0]] = ready
        return ready

    def _choose_profile(self, shape: tuple[int, ...]) -> None:
        fitting = [k for k, profile in enumerate(self._profiles) if _holds(profile, shape)]
        if not fitting:
            self.require_size(shape[1:])
            ranges = ", ".join(f"{low} to {high}" for low, high in self.batches)
            raise EngineError(
                f"a batch of {shape[0]} is in no optimization profile of the engine (batches: {ranges}); "
                "run with another sim.batch, or build the engine again with --max-batch"
            )
        chosen = min(fitting, key=lambda k: self._profiles[k][1][0])
        if chosen != self._profile:
            done = self._context.set_optimization_profile_async(chosen, self._device.stream)
            self._require(done, f"set_optimization_profile_async {chosen}")
            self._profile = chosen

    def _bind(self, name: str, buffer: Any) -> None:
        done = self._context.set_tensor_address(name, int(buffer.data_ptr()))
        self._require(done, f"set_tensor_address '{name}'")

    def _enqueue(self) -> None:
        self._require(self._context.execute_async_v3(self._device.stream), "execute_async_v3")

    def _require(self, done: bool, what: str) -> None:
        """Every ``set_*`` and ``execute_*`` says with a bool whether it worked."""
        if not done:
            raise EngineError(f"TensorRT refused {what}: {self._log.cause()}")


def _runtime(log: KeepingLogger) -> trt.Runtime:
    """The runtime; without a driver the binding raises TypeError because the library returned null."""
    try:
        return trt.Runtime(log)
    except (TypeError, RuntimeError) as error:
        raise EngineError(
            f"TensorRT {trt.__version__} cannot start ({error}): {log.cause()}",
            "check the NVIDIA driver: `nvidia-smi` must list the GPU",
        ) from error


def _holds(profile: Range, shape: tuple[int, ...]) -> bool:
    low, high = profile
    return len(shape) == len(low) and all(
        least <= size <= most for least, size, most in zip(low, shape, high, strict=True)
    )
