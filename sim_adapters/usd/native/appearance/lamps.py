"""The lights of a stage in the terms of a scene: lux where they are meant for, kelvin, direction.

Isaac Sim draws the stage's own lights; this is what MuJoCo's pictures of the stage are lit by.
"""

from __future__ import annotations

import math

import numpy as np
from pxr import Usd, UsdGeom, UsdLux

from simgate.sim_adapters.scene.light import Light, blackbody_rgb
from simgate.sim_adapters.usd.lights import WINDOW_REACH_M, rectangle_view_factor
from simgate.sim_adapters.usd.native.solids import Array, world_matrix
from simgate.sim_adapters.worlds.native_file import NativeError

_WHITE_K = 5000.0
_DOWN = -0.5
_NEAREST_M = 0.1
_KELVIN = (1000.0, 40000.0)


def read_lights(stage: Usd.Stage) -> tuple[tuple[Light, ...], float]:
    """Lights that are on, and the lux that comes from everywhere.

    A lamp that shines down is meant for the floor (z = 0) under it, any other for a surface
    ``WINDOW_REACH_M`` before it. The intensity of a distant light counts as lux.

    Raises:
        NativeError: An intensity is no number.
    """
    lights: list[Light] = []
    ambient_lux = 0.0
    for prim in stage.Traverse(Usd.TraverseInstanceProxies()):
        if not prim.HasAPI(UsdLux.LightAPI) or not prim.IsA(UsdGeom.Imageable):
            continue
        if UsdGeom.Imageable(prim).ComputeVisibility() == UsdGeom.Tokens.invisible:
            continue
        if prim.IsA(UsdLux.DomeLight):
            ambient_lux += math.pi * _level(prim)
        elif (light := _light(prim)) is not None:
            lights.append(light)
    return tuple(lights), ambient_lux


def _level(prim: Usd.Prim) -> float:
    """Intensity with exposure and the brightness of its colour."""
    api = UsdLux.LightAPI(prim)
    colour = api.GetColorAttr().Get()
    level: float = api.GetIntensityAttr().Get() * 2.0 ** api.GetExposureAttr().Get()
    level *= max(float(channel) for channel in colour)
    if not math.isfinite(level):
        raise NativeError(
            "file", f"the light '{prim.GetPath()}' has an intensity that is no number", "mend it"
        )
    return level


def _light(prim: Usd.Prim) -> Light | None:
    matrix = world_matrix(prim)
    axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    position, direction = matrix[:3, 3], -axes[:, 2]
    shines_down = bool(direction[2] < _DOWN)
    is_ball = prim.IsA(UsdLux.SphereLight)
    if is_ball:
        direction, shines_down = np.array([0.0, 0.0, -1.0]), True
    reach = max(float(position[2]), _NEAREST_M) if shines_down else WINDOW_REACH_M
    lux = _lux(prim, reach, np.linalg.norm(matrix[:3, :3], axis=0))
    if lux is None or lux <= 0.0:
        return None
    return Light(
        name=str(prim.GetPath()),
        kind="ceiling" if shines_down else "window",
        position=(float(position[0]), float(position[1]), float(position[2])),
        direction=(float(direction[0]), float(direction[1]), float(direction[2])),
        lux=lux,
        temperature_k=_kelvin(prim),
    )


def _lux(prim: Usd.Prim, reach: float, scale: Array) -> float | None:
    """Illuminance on a surface that faces the light at a distance; None for a kind that has none."""
    level = _level(prim)
    if prim.IsA(UsdLux.DistantLight):
        return level
    normalized = bool(UsdLux.LightAPI(prim).GetNormalizeAttr().Get())
    if prim.IsA(UsdLux.RectLight):
        rect = UsdLux.RectLight(prim)
        width = float(rect.GetWidthAttr().Get() * scale[0])
        height = float(rect.GetHeightAttr().Get() * scale[1])
        luminance = level / (width * height) if normalized else level
        return math.pi * luminance * rectangle_view_factor(width, height, reach)
    if prim.IsA(UsdLux.DiskLight):
        radius = float(UsdLux.DiskLight(prim).GetRadiusAttr().Get() * scale[0])
        luminance = level / (math.pi * radius**2) if normalized else level
        return math.pi * luminance * radius**2 / (radius**2 + reach**2)
    if prim.IsA(UsdLux.SphereLight):
        radius = float(UsdLux.SphereLight(prim).GetRadiusAttr().Get() * scale[0])
        luminance = level / (4.0 * math.pi * radius**2) if normalized else level
        return math.pi * luminance * min(1.0, (radius / reach) ** 2)
    return None


def _kelvin(prim: Usd.Prim) -> float:
    """Colour temperature; for a coloured light the one whose red and blue stand in its ratio."""
    api = UsdLux.LightAPI(prim)
    if api.GetEnableColorTemperatureAttr().Get():
        return float(min(max(api.GetColorTemperatureAttr().Get(), _KELVIN[0]), _KELVIN[1]))
    red, _, blue = (max(1e-3, float(channel)) for channel in api.GetColorAttr().Get())
    if math.isclose(red, blue, rel_tol=1e-3):
        return _WHITE_K
    white = blackbody_rgb(_WHITE_K)
    wanted = blue / red * white[2] / white[0]
    steps = np.geomspace(2000.0, 12000.0, 60)
    ratios = [blackbody_rgb(float(k))[2] / blackbody_rgb(float(k))[0] for k in steps]
    return float(steps[int(np.argmin(np.abs(np.array(ratios) - wanted)))])
