"""Readings of any channel to an input of the model, as the package declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.model_yaml.spec import FrameInput, MainReading, ReadingInput
from simgate.policies.perception.preprocessing.preprocess import Preprocessor

if TYPE_CHECKING:
    from simgate.policies.perception.model_package import ModelPackage

Readings = Mapping[str, NDArray[Any]]
"""Channel -> readings, (N, ...); the robot's first colour camera is ``""``."""


def reading_array(spec: ReadingInput, values: NDArray[Any]) -> NDArray[Any]:
    """The input tensor of N readings, shape (N, \\*spec.shape), of the declared type.

    Raises:
        ValueError: Readings of another shape, numbers that are not finite and nothing stands for them, or
            numbers that the declared type cannot hold.
    """
    if not fits(values.shape[1:], spec.shape):
        raise ValueError(
            f"the model takes readings of {spec.channel} as {list(spec.shape)}, the robot gives "
            f"{list(values.shape[1:])}"
        )
    found = values.reshape(len(values), *spec.shape)
    if "float" not in spec.dtype:
        with np.errstate(invalid="ignore"):  # What is not finite is refused below, with all else.
            whole: NDArray[Any] = found.astype(spec.dtype)
        if (whole != found).any():
            lost = found[whole != found][0]
            raise ValueError(
                f"{spec.channel} reads {lost}, which {spec.dtype} cannot hold; declare another dtype"
            )
        return whole
    found = found.astype(np.float64)
    strange = ~np.isfinite(found)
    if strange.any():
        if spec.not_finite is None:
            raise ValueError(
                f"{int(strange.sum())} numbers of {spec.channel} are not finite; declare not_finite: what "
                "the model was given for them in training"
            )
        found[strange] = spec.not_finite
    with np.errstate(over="ignore"):  # Refused below.
        made: NDArray[Any] = ((found * spec.scale - np.array(spec.mean)) / np.array(spec.std)).astype(
            spec.dtype
        )
    if not np.isfinite(made).all():
        lost = found[~np.isfinite(made)][0]
        raise ValueError(
            f"{spec.channel} reads {lost}: by scale, mean and std beyond {spec.dtype}; declare another dtype"
        )
    return made


def fits(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether one shape becomes the other by axes of size 1 alone."""
    return [size for size in given if size != 1] == [size for size in wanted if size != 1]


def main_preprocessor(package: ModelPackage) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """What makes the main input's tensor of frames, or of readings."""
    main = package.spec.input
    if isinstance(main, MainReading):
        return lambda values: reading_array(main, values)
    return Preprocessor(main)


def input_array(spec: FrameInput | ReadingInput, values: NDArray[Any]) -> NDArray[Any]:
    """The tensor of a further input."""
    return Preprocessor(spec)(values) if isinstance(spec, FrameInput) else reading_array(spec, values)


def frame_size(package: ModelPackage, given: Any) -> tuple[int, int]:
    """(height, width) of what the main input is given; one pixel where that is no frame."""
    return (
        (1, 1) if isinstance(package.spec.input, MainReading) else (int(given.shape[1]), int(given.shape[2]))
    )


def blank_inputs(package: ModelPackage, count: int) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    """Black frames and readings of 0, to try a model or to warm it up: of the main input, and by channel."""
    extra = [one for one in package.spec.extra_inputs.values() if isinstance(one, FrameInput | ReadingInput)]
    return _blank(package.spec.input, count), {one.channel or "": _blank(one, count) for one in extra}


def _blank(spec: FrameInput | ReadingInput, count: int) -> NDArray[Any]:
    if isinstance(spec, FrameInput):
        return np.zeros((count, spec.height, spec.width, 3), np.uint8)
    return np.zeros((count, *spec.shape))
