"""Precision lives in the ONNX file: FP16 by AutoCast, INT8 by explicit Q/DQ nodes (NVIDIA ModelOpt)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

Precision = Literal["fp32", "fp16", "int8"]
_INSTALL = (
    "pip install 'simgate[modelopt]' (it pins its own onnx and onnxruntime, so use an environment of its own "
    "for building engines), or give an ONNX file that has the precision already"
)


class CannotQuantize(Exception):  # noqa: N818 - the name says what happened
    """ModelOpt is missing, or lacks what it needs; the message says what to do."""


def with_precision(
    onnx: Path, precision: Precision, calibration: Mapping[str, NDArray[Any]] | None = None
) -> Path:
    """The model in another precision, with inputs and outputs left in float32.

    Args:
        onnx: FP32 model, a copy: ModelOpt writes into the file that it is given.
        precision: ``fp32`` returns the file as it is.
        calibration: For ``int8`` every input by its name, preprocessed frames first, shape (N, ...).

    Returns:
        A file in the folder of ``onnx``.

    Raises:
        CannotQuantize: ModelOpt is not installed, or there is nothing to calibrate with.
    """
    if precision == "fp32":
        return onnx
    if precision == "int8" and not (calibration and all(map(len, calibration.values()))):
        raise CannotQuantize("int8 needs frames to calibrate with: give --frames or --pack")
    if calibration is None or precision == "fp16":
        return _autocast(onnx)
    return _explicit_int8(onnx, calibration)


def _autocast(onnx: Path) -> Path:
    try:
        from modelopt.onnx.autocast import convert_to_mixed_precision
    except ImportError as error:
        raise CannotQuantize(f"FP16 needs ModelOpt's AutoCast ({error}): {_INSTALL}") from error
    model: Any = convert_to_mixed_precision(
        onnx_path=str(onnx), low_precision_type="fp16", keep_io_types=True
    )
    target = onnx.with_name("fp16.onnx")
    target.write_bytes(model.SerializeToString())
    return target


def _explicit_int8(onnx: Path, calibration: Mapping[str, NDArray[Any]]) -> Path:
    try:
        from modelopt.onnx.quantization import quantize
    except ImportError as error:
        raise CannotQuantize(f"INT8 needs ModelOpt's quantization ({error}): {_INSTALL}") from error
    target = onnx.with_name("int8.onnx")
    quantize(
        onnx_path=str(onnx),
        quantize_mode="int8",
        calibration_data=dict(calibration),
        calibration_eps=["cpu"],
        output_path=str(target),
        high_precision_dtype="fp32",
    )
    return target
