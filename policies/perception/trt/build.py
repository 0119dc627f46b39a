"""ONNX to plan: an explicit step of its own, never part of a run, because builds differ bit by bit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorrt as trt

from simgate.policies.perception.decoding.declared import declared_extra_inputs, declared_input
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.trt.engine import EngineError
from simgate.policies.perception.trt.logger import KeepingLogger
from simgate.policies.perception.trt.sidecar import EngineTensor, ProfileShape


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build.

    Attributes:
        onnx: The model, its external data beside it; its tensors' types are the precision.
        batches: Smallest, typical and largest batch of the one optimization profile.
        timing_cache: File that keeps timings between builds; None for none.
        workspace_mb: Scratch memory that the builder may use.
        version_compatible: Whether later versions of TensorRT shall be able to load the plan.
        verbose: Whether TensorRT's information goes to stderr.
    """

    onnx: Path
    batches: tuple[int, int, int]
    timing_cache: Path | None = None
    workspace_mb: int = 1024
    version_compatible: bool = False
    verbose: bool = False


@dataclass(frozen=True, slots=True)
class BuiltEngine:
    """A plan and what TensorRT says about it."""

    plan: bytes
    tensors: tuple[EngineTensor, ...]
    profiles: tuple[dict[str, ProfileShape], ...]
    layer_types: dict[str, int]
    flags: tuple[str, ...]


def build_engine(package: ModelPackage, request: BuildRequest) -> BuiltEngine:
    """Builds a strongly typed engine: what the ONNX file says is what is computed.

    Raises:
        EngineError: The ONNX file cannot be parsed or built; the message holds TensorRT's reasons.
    """
    log = KeepingLogger(request.verbose)
    builder = _builder(log)
    network = builder.create_network(_network_flags())
    _parse(network, log, request.onnx)
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, request.workspace_mb << 20)
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    # TF32 is on by default and rounds float32 products to 10 bits of mantissa.
    config.clear_flag(trt.BuilderFlag.TF32)
    flags = ["strongly typed", "no TF32"]
    if request.version_compatible:
        config.set_flag(trt.BuilderFlag.VERSION_COMPATIBLE)
        flags.append("version compatible")
    profile = builder.create_optimization_profile()
    ranges = {}
    for tensor in (declared_input(package), *declared_extra_inputs(package)):
        shape = tuple(size for size in tensor.shapes[0] if size is not None)
        least, usual, most = ((batch, *shape) if tensor.batched else shape for batch in request.batches)
        profile.set_shape(tensor.name, least, usual, most)
        ranges[tensor.name] = ProfileShape(min=least, opt=usual, max=most)
    if config.add_optimization_profile(profile) < 0:
        raise EngineError(f"TensorRT refused the optimization profile {request.batches}: {log.cause()}")
    _read_timing_cache(config, request.timing_cache)
    memory = builder.build_serialized_network(network, config)
    if memory is None:
        raise EngineError(f"TensorRT {trt.__version__} cannot build the engine: {log.cause()}")
    plan = bytes(memory)
    _write_timing_cache(config, request.timing_cache)
    return _inspect(plan, log, request, (ranges,), tuple(flags))


def _builder(log: KeepingLogger) -> trt.Builder:
    """The builder; without a driver the binding raises TypeError because the library returned null."""
    try:
        return trt.Builder(log)
    except (TypeError, RuntimeError) as error:
        raise EngineError(
            f"TensorRT {trt.__version__} cannot start its builder ({error}): {log.cause()}; "
            "an engine is built on the GPU that will run it, check the NVIDIA driver"
        ) from error


def _network_flags() -> int:
    """10.x must be told that types are those of the file; from 11 on nothing else exists."""
    flag = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    return 0 if flag is None else 1 << int(flag)


def _parse(network: trt.INetworkDefinition, log: KeepingLogger, onnx: Path) -> None:
    parser = trt.OnnxParser(network, log)
    # With the path it finds external data.
    if parser.parse(onnx.read_bytes(), str(onnx)):
        return
    reasons = [str(parser.get_error(index)) for index in range(parser.num_errors)]
    raise EngineError(f"TensorRT cannot read the ONNX file: {'; '.join(reasons) or log.cause()}")


def _read_timing_cache(config: trt.IBuilderConfig, path: Path | None) -> None:
    content = path.read_bytes() if path is not None and path.exists() else b""
    cache = config.create_timing_cache(content)
    # A cache of another GPU or version is ignored, not mixed in.
    if cache is not None and not config.set_timing_cache(cache, False):
        config.set_timing_cache(config.create_timing_cache(b""), False)


def _write_timing_cache(config: trt.IBuilderConfig, path: Path | None) -> None:
    cache = config.get_timing_cache()
    if path is None or cache is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(cache.serialize()))


def _inspect(
    plan: bytes,
    log: KeepingLogger,
    request: BuildRequest,
    profiles: tuple[dict[str, ProfileShape], ...],
    flags: tuple[str, ...],
) -> BuiltEngine:
    """Loads the plan again and writes down what it really holds, not what was asked for."""
    runtime = trt.Runtime(log)
    if request.version_compatible:
        runtime.engine_host_code_allowed = True
    engine = runtime.deserialize_cuda_engine(plan)
    if engine is None:
        raise EngineError(f"the plan that was just built cannot be loaded: {log.cause()}")
    names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
    tensors = tuple(
        EngineTensor(
            name=name,
            mode=str(engine.get_tensor_mode(name).name).lower(),
            dtype=str(engine.get_tensor_dtype(name).name),
            shape=tuple(int(size) for size in engine.get_tensor_shape(name)),
        )
        for name in names
    )
    text = engine.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON)
    return BuiltEngine(plan, tensors, profiles, layer_types(text), flags)


def layer_types(information: str) -> dict[str, int]:
    """Layers by the type of what they write, from the engine inspector's JSON.

    A format such as ``Channel major FP16 format where C % 8 == 0`` or ``Row major linear FP32`` names it.
    """
    layers: Sequence[Any] = json.loads(information or "{}").get("Layers", ())
    found: Counter[str] = Counter()
    for layer in layers:
        written = layer.get("Outputs", ()) if isinstance(layer, dict) else ()
        types = {
            _type_of(str(tensor.get("Format/Datatype", tensor.get("Datatype", "")))) for tensor in written
        }
        found.update(types or {"unknown"})
    return dict(sorted(found.items()))


def _type_of(text: str) -> str:
    known = ("FP32", "FP16", "BF16", "FP8", "INT8", "INT32", "INT64", "UINT8", "INT4", "BOOL")
    upper = text.upper().replace("FLOAT", "FP32").replace("HALF", "FP16")
    return next((name.lower() for name in known if name in upper), "unknown")
