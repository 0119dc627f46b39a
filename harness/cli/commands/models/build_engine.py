"""``simgate build-engine MODEL``: builds a TensorRT engine on the GPU that will run it."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simgate.policies.perception.package import ModelPackage
    from simgate.policies.perception.trt.write_engine import WrittenEngine

HELP = "build a TensorRT engine of a model on this GPU, with its sidecar"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    from simgate.harness.cli.model.frames import add_frame_arguments

    parser.add_argument("model", metavar="MODEL", help="model package: folder or model.yaml")
    parser.add_argument(
        "--precision",
        choices=("fp32", "fp16", "int8"),
        default="fp32",
        help="fp16 and int8 convert the ONNX file through NVIDIA ModelOpt (default: fp32)",
    )
    parser.add_argument(
        "--onnx",
        type=Path,
        metavar="FILE",
        help="this file, already in the precision, in place of the package's",
    )
    parser.add_argument("--max-batch", type=int, default=8, metavar="N", help="largest batch (default: 8)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: engines/ beside model.yaml")
    parser.add_argument("--timing-cache", type=Path, metavar="FILE", help="default: timing.cache in --out")
    parser.add_argument("--workspace-mb", type=int, default=1024, metavar="MB", help="default: 1024")
    parser.add_argument(
        "--version-compatible", action="store_true", help="loadable by later versions of TensorRT too"
    )
    parser.add_argument("--device", type=int, default=0, metavar="N", help="which GPU (default: 0)")
    parser.add_argument("--add", action="store_true", help="write the artifact into model.yaml")
    parser.add_argument("--verbose", action="store_true", help="show TensorRT's log")
    add_frame_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Builds, writes plan, sidecar and timing cache, and says what the engine really holds."""
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.policies.perception.package import load_package
    from simgate.policies.perception.trt.cuda_device import NoCuda
    from simgate.policies.perception.trt.quantize import CannotQuantize

    if args.max_batch < 1:
        raise UserError(f"--max-batch must be at least 1, not {args.max_batch}")
    with as_user_errors():
        package = load_package(args.model)
        try:
            written = _build(args, package)
        except (NoCuda, CannotQuantize) as error:
            raise UserError(str(error)) from None
    _print(written)
    from simgate.policies.perception.model_yaml.edit import add_artifact

    if args.add and add_artifact(package.path, written.artifact):
        print(f"{package.path} lists it now")
    else:
        print(f"add to the artifacts of {package.path}:\n- {written.artifact}")
    print(f"then: simgate parity {args.model} --runtime tensorrt")
    return 0


def _build(args: argparse.Namespace, package: ModelPackage) -> WrittenEngine:
    from simgate.harness.frontend.user_errors import UserError
    from simgate.policies.perception.trt.version import NoTensorRt, installed_version

    try:
        installed_version()
    except NoTensorRt as error:
        raise UserError(f"{error}; pip install 'simgate[tensorrt]'") from None
    from simgate.policies.perception.trt import cuda_device
    from simgate.policies.perception.trt.build import BuildRequest
    from simgate.policies.perception.trt.engine import EngineError
    from simgate.policies.perception.trt.write_engine import write_engine

    device = cuda_device.CudaDevice(args.device)
    folder = args.out or package.path.parent / "engines"
    if not folder.resolve().is_relative_to(package.path.parent.resolve()):
        raise UserError(f"--out {args.out}: a plan must lie below the package's folder {package.path.parent}")
    try:
        with _onnx(args, package) as onnx:
            request = BuildRequest(
                onnx=onnx,
                batches=_batches(args, package),
                timing_cache=args.timing_cache or folder / "timing.cache",
                workspace_mb=args.workspace_mb,
                version_compatible=args.version_compatible,
                verbose=args.verbose,
            )
            return write_engine(package, device, request, args.precision, folder)
    except EngineError as error:
        raise UserError(str(error)) from None


def _batches(args: argparse.Namespace, package: ModelPackage) -> tuple[int, int, int]:
    """Smallest, typical and largest batch: of an ONNX file with a fixed one, that."""
    from simgate.harness.execution.episode.models.perception_runtime import make_runtime
    from simgate.policies.perception.runtime import BATCHES

    model = make_runtime("onnxruntime:cpu", package)
    fixed = BATCHES.of(model)
    model.close()
    return (fixed[0][0],) * 3 if fixed else (1, 1, args.max_batch)


@contextmanager
def _onnx(args: argparse.Namespace, package: ModelPackage) -> Iterator[Path]:
    """The model in the wanted precision, with its external data beside it."""
    from simgate.harness.cli.model.frames import load_frames
    from simgate.harness.frontend.user_errors import UserError, require_fetched
    from simgate.policies.perception.files.verified import private_copy
    from simgate.policies.perception.preprocessing.extra_inputs import extra_arrays
    from simgate.policies.perception.preprocessing.preprocess import Preprocessor
    from simgate.policies.perception.trt.quantize import with_precision

    if args.onnx is not None:
        require_fetched(args.onnx)
        if not args.onnx.is_file():
            raise UserError(f"{args.onnx} does not exist")
        yield args.onnx
        return
    calibration = None
    if args.precision == "int8":
        frames = load_frames(args, package)
        calibration = {package.input.name: Preprocessor(package.input)(frames)}
        try:
            calibration |= extra_arrays(package, frames.shape[1:3], range(len(frames)), {})
        except ValueError as error:
            raise UserError(f"{error}; --precision int8 needs pictures alone") from None
    with private_copy(package, package.artifact("onnx")) as copy:
        yield with_precision(copy, args.precision, calibration)


def _print(written: WrittenEngine) -> None:
    sidecar = written.sidecar
    print(f"{written.plan} ({written.plan.stat().st_size / 1e6:.1f} MB), sidecar {written.plan.name}.json")
    print(
        f"TensorRT {sidecar.tensorrt} on {sidecar.gpu}, asked for {sidecar.precision}; "
        f"{', '.join(sidecar.builder_flags)}"
    )
    layers = ", ".join(f"{count} {name}" for name, count in sidecar.layer_types.items())
    print(f"layers by the type they write: {layers or 'the inspector names none'}")
    for tensor in sidecar.tensors:
        print(f"{tensor.mode} {tensor.name}: {tensor.dtype} {list(tensor.shape)}")
