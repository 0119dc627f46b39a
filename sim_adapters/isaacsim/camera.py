"""The robot's camera: one render product, its annotators, and frames that are copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.isaacsim.readiness import Frame

if TYPE_CHECKING:
    from isaacsim.sensors.experimental.rtx import CameraSensor

_COLOUR = "rgba"
"""``rgb`` is a slice of it that is not contiguous."""
_BODIES = "instance_id_segmentation"
_DEPTH = "distance_to_image_plane"


class CameraFeed:
    """Reads the camera of the current stage.

    Stays attached from variant to variant while the stage is the same.

    Args:
        size: Height and width, pixels; the intrinsics are on the stage, where nothing here may touch them.
        path: Of the camera's prim.
        with_depth: Also read depth.
    """

    def __init__(self, size: tuple[int, int], path: str, with_depth: bool) -> None:
        from isaacsim.sensors.experimental.rtx import CameraSensor
        from omni.replicator.core import AnnotatorRegistry

        self.path, self.size = path, size
        self._annotators = [_COLOUR, _BODIES, *([_DEPTH] if with_depth else [])]
        self._sensor: CameraSensor | None = CameraSensor(
            path, resolution=self.size, annotators=self._annotators
        )
        self._product = str(self._sensor.render_product.GetPath())
        self._time: Any = AnnotatorRegistry.get_annotator("ReferenceTime")
        self._time.attach([self._product])
        self._device_rgba: Any = None

    def render(self) -> None:
        """Draws the present state without stepping physics."""
        from isaacsim.core.rendering_manager import RenderingManager

        RenderingManager.render()

    def read(self) -> Frame:
        """What the annotators hold now; everything but the frame on the device is a copy."""
        if self._sensor is None:
            raise RuntimeError("the camera is closed")
        rgba = self._colours(self._sensor)
        ids, info = self._sensor.get_data(_BODIES)
        depth = self._sensor.get_data(_DEPTH)[0] if _DEPTH in self._annotators else None
        return Frame(
            rgb=None if rgba is None else _copied(rgba, np.uint8)[..., :3].copy(),
            ids=None if ids is None else _copied(ids, np.uint32).reshape(self.size),
            paths={int(number): str(path) for number, path in info.get("idToLabels", {}).items()},
            depth_m=None if depth is None else _copied(depth, np.float32).reshape(self.size),
            time_s=self._taken_at(),
            device_rgba=rgba,
        )

    def _colours(self, sensor: CameraSensor) -> Any:
        """The colours on their device, in an array of our own: the next render overwrites the annotator's."""
        if self._device_rgba is not None:
            return sensor.get_data(_COLOUR, out=self._device_rgba)[0]
        held, _ = sensor.get_data(_COLOUR)
        if held is None:
            return None
        import warp

        self._device_rgba = warp.clone(held)
        return self._device_rgba

    def _taken_at(self) -> float | None:
        stamp = self._time.get_data()
        if not stamp or not int(stamp.get("referenceTimeDenominator", 0)):
            return None
        return int(stamp["referenceTimeNumerator"]) / int(stamp["referenceTimeDenominator"])

    def close(self) -> None:
        """Detaches from the stage; safe to call twice."""
        if self._sensor is None:
            return
        self._time.detach([self._product])
        self._sensor.detach_annotators(self._annotators)
        self._sensor, self._device_rgba = None, None


def colours_on_device(rgba: Any) -> Any:
    """A batch of one RGB frame that shares the memory of an RGBA frame; None for None.

    Args:
        rgba: Warp array, uint8, shape (H, W, 4), on any device.
    """
    if rgba is None:
        return None
    import warp

    height, width, _ = rgba.shape
    view: Any = warp.array(
        ptr=rgba.ptr,
        dtype=warp.uint8,
        shape=(1, height, width, 3),
        strides=(height * rgba.strides[0], *rgba.strides),
        device=rgba.device,
        copy=False,
    )
    # An array that is given an address does not keep its memory alive by itself.
    view._ref = rgba
    return view


def _copied(array: Any, dtype: type) -> NDArray[Any]:
    """A simulator's array as numpy; ``numpy()`` of one on the CPU is a view."""
    return np.array(array.numpy(), dtype=dtype)
