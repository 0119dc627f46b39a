"""Inputs besides the frames: what a package declares as constant, or takes from the frame's size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.policies.perception.package_spec import ExtraInput, InputSpec
from simgate.policies.perception.preprocessing.resize import plan_resize

if TYPE_CHECKING:
    from simgate.policies.perception.package import ModelPackage


def extra_arrays(package: ModelPackage, frame: tuple[int, int], batch: int) -> dict[str, NDArray[Any]]:
    """The arrays by tensor name, in the declared order.

    Args:
        package: Declares them.
        frame: (height, width) of the camera frames.
        batch: Frames that go in at once.
    """
    found = {}
    for name, spec in package.spec.extra_inputs.items():
        value = np.asarray(_value(spec, package.input, frame), spec.dtype)
        found[name] = np.stack([value] * batch) if spec.per_frame else value
    return found


def _value(spec: ExtraInput, given: InputSpec, frame: tuple[int, int]) -> Any:
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
