"""What is to be rendered, authored on a stage: a RenderProduct for each camera, and its RenderVars."""

from __future__ import annotations

from typing import Any

from pxr import Gf, Sdf, Usd, UsdRender

SCOPE = "/SimgateRender"
COLOUR, DEPTH = "LdrColor", "DistanceToImagePlaneSD"
"""Sources of ovrtx's: sRGB, uint8 (H, W, 4); metres along the optical axis, float32 (H, W, 1)."""
_TYPES = Sdf.ValueTypeNames
_SETTINGS: dict[str, tuple[Any, Any]] = {
    "omni:rtx:rendermode": (_TYPES.Token, "RealTimePathTracing"),
    # The first frame comes when all that it shows has been loaded.
    "omni:rtx:waitForEvents": (_TYPES.TokenArray, ["AllLoadingFinished", "OnlyOnFirstRequest"]),
    # It stops drawing where it notices no change, and misses changes.
    "omni:rtx:rt:ecoMode:enabled": (_TYPES.Bool, False),
    # Light that is carried from frame to frame: off, so that frames depend on the scene.
    "omni:rtx:rtpt:cached:enabled": (_TYPES.Bool, False),
    "omni:rtx:rtpt:lightcache:cached:enabled": (_TYPES.Bool, False),
}


def author_product(stage: Usd.Stage, camera: str, size: tuple[int, int]) -> str:
    """Has a camera rendered.

    Args:
        stage: Edited.
        camera: Path of the camera's prim.
        size: Width and height, pixels.

    Returns:
        Path of the product, by which a step is asked for and its frames go.
    """
    path = f"{SCOPE}/{Sdf.Path(camera).name}_{len(products_of(stage))}"
    product = UsdRender.Product.Define(stage, path)
    product.CreateResolutionAttr(Gf.Vec2i(*size))
    product.CreateCameraRel().SetTargets([camera])
    names = [f"{path}/{source}" for source in (COLOUR, DEPTH)]
    for name, source in zip(names, (COLOUR, DEPTH), strict=True):
        UsdRender.Var.Define(stage, name).CreateSourceNameAttr(source)
    product.CreateOrderedVarsRel().SetTargets(names)
    for name, (kind, value) in _SETTINGS.items():
        product.GetPrim().CreateAttribute(name, kind).Set(value)
    lens = stage.GetPrimAtPath(camera)
    lens.AddAppliedSchema("OmniRtxCameraAutoExposureAPI_1")
    lens.CreateAttribute("omni:rtx:autoExposure:enabled", _TYPES.Bool).Set(False)
    return path


def products_of(stage: Usd.Stage) -> list[str]:
    """Paths of the products that are authored so far."""
    scope = stage.GetPrimAtPath(SCOPE)
    return [str(prim.GetPath()) for prim in scope.GetChildren()] if scope else []
