"""What the stand-ins of TensorRT do. Methods get their arguments after the signature was checked."""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort

from tests.doubles.tensorrt_double.plan_file import read_plan, write_plan

ORT_TYPES = {
    "tensor(float)": ("FLOAT", np.float32),
    "tensor(float16)": ("HALF", np.float16),
    "tensor(uint8)": ("UINT8", np.uint8),
    "tensor(int32)": ("INT32", np.int32),
    "tensor(int64)": ("INT64", np.int64),
}
LAST: dict[str, Any] = {}
"""The newest builder configuration, for tests to look at."""


def trt() -> Any:
    import tensorrt

    return tensorrt


def fault() -> str:
    """What goes wrong: empty, deserialize, context, execute, address, build or parse."""
    return os.environ.get("SIMGATE_TRT_FAULT", "")


def say(logger: Any, text: str) -> None:
    logger.log(trt().ILogger.Severity.ERROR, text)


class Dims(tuple):
    def __init__(self, *_: Any) -> None:
        """The tuple is the shape."""


class ILogger:
    def __init__(self) -> None:
        """Nothing to keep."""


class IHostMemory(bytes):
    """TensorRT's memory is a buffer; bytes are one."""


class Runtime:
    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self.engine_host_code_allowed = False

    def deserialize_cuda_engine(self, serialized_engine: Any) -> Any:
        found = read_plan(bytes(serialized_engine))
        if found is None or fault() == "deserialize":
            say(self._logger, "Serialization assertion stdVersionRead == kSERIALIZATION_VERSION failed")
            return None
        engine = trt().ICudaEngine.__new__(trt().ICudaEngine)
        engine._open(self._logger, *found)
        return engine


class ICudaEngine:
    def _open(self, logger: Any, onnx: bytes, header: dict[str, Any]) -> None:
        self._logger, self._profiles = logger, header["profiles"]
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self._inputs = {tensor.name: tensor for tensor in self._session.get_inputs()}
        self._tensors = self._inputs | {tensor.name: tensor for tensor in self._session.get_outputs()}
        self.num_io_tensors = len(self._tensors)
        self.num_optimization_profiles = len(self._profiles)

    def get_tensor_name(self, index: int) -> str:
        return list(self._tensors)[index]

    def get_tensor_mode(self, name: str) -> Any:
        mode = trt().TensorIOMode
        return mode.INPUT if name in self._inputs else mode.OUTPUT

    def get_tensor_location(self, name: str) -> Any:
        return trt().TensorLocation.DEVICE

    def get_tensor_dtype(self, name: str) -> Any:
        return trt().DataType[ORT_TYPES[self._tensors[name].type][0]]

    def get_tensor_shape(self, name: str) -> Any:
        return trt().Dims([size if isinstance(size, int) else -1 for size in self._tensors[name].shape])

    def get_tensor_profile_shape(self, name: str, profile_index: int) -> Any:
        return [trt().Dims(shape) for shape in self._profiles[profile_index][name]]

    def get_device_memory_size_for_profile_v2(self, profile_index: int) -> int:
        return 1 << 20

    def create_execution_context(self, *_: Any) -> Any:
        if fault() == "context":
            say(self._logger, "IExecutionContext::create: out of memory")
            return None
        context = trt().IExecutionContext.__new__(trt().IExecutionContext)
        context._start(self)
        return context

    def create_engine_inspector(self) -> Any:
        inspector = trt().EngineInspector.__new__(trt().EngineInspector)
        inspector._engine = self
        return inspector


class EngineInspector:
    def get_engine_information(self, format: Any) -> str:
        outputs = self._engine._session.get_outputs()
        layers = [
            {"Name": o.name, "Outputs": [{"Name": o.name, "Format/Datatype": "Row major linear FP32"}]}
            for o in outputs
        ]
        return json.dumps({"Layers": layers})


class IExecutionContext:
    def _start(self, engine: Any) -> None:
        self._engine, self._profile = engine, 0
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._addresses: dict[str, int] = {}

    def set_optimization_profile_async(self, profile_index: int, stream_handle: int) -> bool:
        self._profile = profile_index
        self._shapes.clear()
        return profile_index < len(self._engine._profiles)

    def set_input_shape(self, name: str, shape: Any) -> bool:
        fixed = self._engine.get_tensor_shape(name)
        if self._engine._profiles:
            smallest, _, largest = self._engine._profiles[self._profile][name]
            fits = all(low <= size <= high for low, size, high in zip(smallest, shape, largest, strict=True))
        else:
            fits = tuple(shape) == tuple(fixed)
        if not fits:
            say(self._engine._logger, f"setInputShape: {tuple(shape)} is not within the profile's range")
            return False
        self._shapes[name] = tuple(int(size) for size in shape)
        return True

    def infer_shapes(self) -> list[str]:
        return [name for name in self._engine._inputs if name not in self._shapes]

    def get_tensor_shape(self, name: str) -> Any:
        if name in self._shapes:
            return trt().Dims(self._shapes[name])
        session = self._engine._session
        zeros = {
            tensor.name: np.zeros(self._shapes[tensor.name], ORT_TYPES[tensor.type][1])
            for tensor in session.get_inputs()
        }
        (value,) = session.run([name], zeros)
        return trt().Dims(value.shape)

    def set_tensor_address(self, name: str, memory: int) -> bool:
        self._addresses[name] = int(memory)
        return fault() != "address"

    def execute_async_v3(self, stream_handle: int) -> bool:
        if fault() == "execute" or stream_handle == 0:
            say(self._engine._logger, "enqueueV3: CUDA error 719: unspecified launch failure")
            return False
        missing = [name for name in self._engine._tensors if name not in self._addresses]
        if missing or self.infer_shapes():
            say(self._engine._logger, f"enqueueV3: no address for {missing}")
            return False
        given = {name: self._memory(name).copy() for name in self._engine._inputs}
        names = [tensor.name for tensor in self._engine._session.get_outputs()]
        for name, value in zip(names, self._engine._session.run(names, given), strict=True):
            self._memory(name)[...] = value
        return True

    def _memory(self, name: str) -> Any:
        """The tensor at its address, as a view."""
        shape = tuple(self.get_tensor_shape(name))
        dtype = np.dtype(ORT_TYPES[self._engine._tensors[name].type][1])
        size = int(np.prod(shape)) * dtype.itemsize
        raw = (ctypes.c_byte * size).from_address(self._addresses[name])
        return np.frombuffer(raw, dtype).reshape(shape)


class Builder:
    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def create_network(self, flags: int = 0) -> Any:
        flag = trt().NetworkDefinitionCreationFlag.STRONGLY_TYPED
        assert flags == 1 << int(flag), "a network that is not strongly typed ignores the file's precision"
        network = trt().INetworkDefinition.__new__(trt().INetworkDefinition)
        network._onnx = b""
        return network

    def create_builder_config(self) -> Any:
        config = trt().IBuilderConfig.__new__(trt().IBuilderConfig)
        config._set, config._cleared, config._profiles, config._cache = [], [], [], None
        LAST["config"] = config
        return config

    def create_optimization_profile(self) -> Any:
        profile = trt().IOptimizationProfile.__new__(trt().IOptimizationProfile)
        profile._shapes = {}
        return profile

    def build_serialized_network(self, network: Any, config: Any, *_: Any) -> Any:
        if fault() == "build":
            say(self._logger, "Error Code 10: Could not find any implementation for node /Conv_0")
            return None
        return trt().IHostMemory(write_plan(network._onnx, config._profiles, trt().__version__))


class INetworkDefinition:
    """Holds the model that was parsed into it."""


class OnnxParser:
    def __init__(self, network: Any, logger: Any) -> None:
        self._network, self.num_errors = network, 0

    def parse(self, model: Any, path: str | None = None) -> bool:
        if fault() == "parse":
            self.num_errors = 1
            return False
        content = onnx.load_model_from_string(bytes(model))
        folder = os.path.dirname(path) if path is not None else "nowhere"  # noqa: PTH120 - as TensorRT takes it
        onnx.external_data_helper.load_external_data_for_model(content, folder)
        self._network._onnx = content.SerializeToString()
        return True

    def get_error(self, index: int) -> str:
        return "In node 0 with operator Foo: UNSUPPORTED_NODE: no importer"


class IOptimizationProfile:
    def set_shape(self, input: str, min: Any, opt: Any, max: Any) -> None:
        self._shapes[input] = [list(min), list(opt), list(max)]


class IBuilderConfig:
    def set_memory_pool_limit(self, pool: Any, pool_size: int) -> None:
        self._workspace = pool_size

    def set_flag(self, flag: Any) -> None:
        self._set.append(flag)

    def clear_flag(self, flag: Any) -> None:
        self._cleared.append(flag)

    def add_optimization_profile(self, profile: Any) -> int:
        self._profiles.append(profile._shapes)
        return len(self._profiles) - 1

    def create_timing_cache(self, serialized_timing_cache: Any) -> Any:
        cache = trt().ITimingCache.__new__(trt().ITimingCache)
        cache._content = bytes(serialized_timing_cache)
        return cache

    def set_timing_cache(self, cache: Any, ignore_mismatch: bool) -> bool:
        if cache._content and not cache._content.startswith(b"timings"):
            return False
        self._cache = cache
        return True

    def get_timing_cache(self) -> Any:
        return self._cache


class ITimingCache:
    def serialize(self) -> Any:
        return trt().IHostMemory(self._content + b"timings\n")


BEHAVIOUR = {
    cls.__name__: cls
    for cls in (
        Builder, Dims, EngineInspector, IBuilderConfig, ICudaEngine, IExecutionContext, IHostMemory, ILogger,
        INetworkDefinition, IOptimizationProfile, ITimingCache, OnnxParser, Runtime,
    )
}  # fmt: skip
