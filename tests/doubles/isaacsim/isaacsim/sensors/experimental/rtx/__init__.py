"""Double of ``isaacsim.sensors.experimental.rtx``."""

from __future__ import annotations

from typing import Any

import warp as wp
from isaacsim_double.kit import kit
from isaacsim_double.product import RenderProduct
from pxr import UsdGeom, UsdRender

_CHANNELS = {
    "rgb": ("rgba", 3),
    "rgba": ("rgba", 4),
    "instance_id_segmentation": ("ids", 1),
    "distance_to_image_plane": ("depth", 1),
}


class CameraSensor:
    def __init__(
        self,
        path: str,
        *,
        resolution: tuple[int, int],
        annotators: str | list[str] | None = None,
        writers: str | list[str] | None = None,
        render_vars: list[str] | None = None,
    ) -> None:
        stage = kit.current_stage()
        camera = UsdGeom.Camera(stage.GetPrimAtPath(path))
        if not camera:
            raise ValueError(f"no camera at {path}")
        height, width = resolution
        # Square pixels are enforced on the prim.
        aperture = camera.GetHorizontalApertureAttr().Get()
        camera.GetVerticalApertureAttr().Set(aperture * height / width)
        number = len(kit.products)
        product = UsdRender.Product.Define(stage, f"/Render/Product_{number}")
        self._product = RenderProduct(str(product.GetPath()), path, (height, width))
        kit.products.append(self._product)
        for name in [annotators] if isinstance(annotators, str) else annotators or []:
            if name not in _CHANNELS:
                raise ValueError(f"unsupported annotator {name}")
            self._product.annotators.add(name)

    @property
    def render_product(self) -> UsdRender.Product:
        return UsdRender.Product(kit.current_stage().GetPrimAtPath(self._product.path))

    @property
    def annotators(self) -> list[str]:
        return sorted(self._product.annotators)

    def get_data(
        self, annotator: str, *, out: wp.array | None = None
    ) -> tuple[wp.array | None, dict[str, Any]]:
        if annotator not in self._product.annotators:
            raise ValueError(f"The annotator '{annotator}' was not configured")
        if not self._product.has_frame:
            return None, {}
        buffer, channels = _CHANNELS[annotator]
        data = getattr(self._product, buffer)[:, :, :channels]
        info = {"idToLabels": dict(self._product.labels)} if buffer == "ids" else {}
        if out is None:
            return data, info
        wp.copy(out, data)
        return out, info

    def detach_annotators(self, annotators: str | list[str]) -> None:
        for name in [annotators] if isinstance(annotators, str) else annotators:
            self._product.annotators.discard(name)
        if not self._product.annotators and self._product in kit.products:
            kit.products.remove(self._product)
