"""What a plan needs of this machine: a TensorRT that is new enough, and a GPU."""

from __future__ import annotations

from collections.abc import Callable

from simgate.policies.perception.inference.device_name import parse_device
from simgate.policies.perception.problems import PackageError
from simgate.policies.perception.trt.cuda_device import CudaDevice, Device, NoCuda
from simgate.policies.perception.trt.version import NoTensorRt, installed_version

OLDEST = (10, 12)
INSTALL = "install it: pip install 'simgate[tensorrt]'"
Unusable = Callable[[str, str, str], PackageError]
"""Code, message and remedy -> the error of the package that holds the plan."""


def usable_version(unusable: Unusable, instead: str) -> str:
    """The version of TensorRT that is installed.

    Args:
        unusable: Makes the error.
        instead: What can be done without TensorRT.

    Raises:
        PackageError: It is missing, or too old.
    """
    try:
        version = installed_version()
    except NoTensorRt as error:
        raise unusable("runtime-missing", str(error), f"{INSTALL}, or {instead}") from error
    if is_too_old(version):
        message = f"TensorRT {version} is too old, needed is {'.'.join(map(str, OLDEST))} or later"
        raise unusable("runtime-missing", message, f"{INSTALL}, or {instead}")
    return version


def is_too_old(version: str) -> bool:
    """Whether a release lacks what is called."""
    return tuple(int(part) for part in version.split(".")[:2]) < OLDEST


def device_of(unusable: Unusable, device: str | Device, instead: str) -> Device:
    """The GPU that a name means; see :func:`usable_version`.

    Raises:
        PackageError: There is none, or torch, which holds the buffers.
    """
    if not isinstance(device, str):
        return device
    wanted = parse_device(device)
    if wanted.kind == "cpu":
        raise unusable("runtime-device", "TensorRT runs on NVIDIA GPUs only", "use onnxruntime:cpu")
    try:
        return CudaDevice(wanted.index)
    except NoCuda as error:
        raise unusable("runtime-device", str(error), f"or {instead}") from error
