"""Inputs besides the main one: constants, what follows from the frame's size, readings of channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.model_yaml.spec import ConstantInput, InputSpec
from simgate.policies.perception.preprocessing.readings import Readings, input_array
from simgate.policies.perception.preprocessing.resize import plan_resize

if TYPE_CHECKING:
    from simgate.policies.perception.model_package import ModelPackage


def extra_arrays(
    package: ModelPackage, frame: tuple[int, int], rows: Sequence[int], readings: Readings
) -> dict[str, NDArray[Any]]:
    """The arrays by tensor name, in the declared order.

    Args:
        package: Declares them.
        frame: (height, width) of the camera frames.
        rows: Which readings go in together.
        readings: Of every channel that the package names.

    Raises:
        ValueError: Readings of a channel are missing, or do not fit.
    """
    found = {}
    for name, spec in package.spec.extra_inputs.items():
        if isinstance(spec, ConstantInput):
            value = np.asarray(_value(spec, package.input, frame), spec.dtype)
            found[name] = np.stack([value] * len(rows)) if spec.per_frame else value
        elif (spec.channel or "") in readings:
            found[name] = input_array(spec, readings[spec.channel or ""][list(rows)])
        else:
            what = spec.channel or "the robot's first colour camera"
            raise ValueError(
                f"input '{name}' takes what {what} senses, and nothing of it is here: run the model in a pack"
            )
    return found


def _value(spec: ConstantInput, given: InputSpec, frame: tuple[int, int]) -> Any:
    height, width = frame
    if spec.of_frame is None:
        return spec.value
    if spec.of_frame == "width_height":
        return width, height
    if spec.of_frame == "height_width":
        return height, width
    plan = plan_resize(given, height, width)
    x, y = plan.scale if plan is not None else (1.0, 1.0)
    return (x, y) if spec.of_frame == "scale_x_y" else (y, x)
