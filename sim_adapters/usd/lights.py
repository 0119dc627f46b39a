"""Lights from lux and kelvin, for a renderer that traces rays.

A distant light or a dome does not get into a closed room, so that ceiling lamps and windows are rectangles
inside it: a strip under the ceiling as long as the scene, and a pane. Their luminance is chosen so that the
light alone gives its lux at the place it is meant for: for a ceiling lamp the floor under it, for a window a
surface ``WINDOW_REACH_M`` before it, both facing the light.
"""

from __future__ import annotations

import math

from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux

from simgate.sim_adapters.scene.body import Vec3
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.paths import AMBIENT, LIGHTS, StagePaths
from simgate.sim_adapters.usd.placing import place

STRIP_WIDTH_M = 0.6
STRIP_MARGIN_M = 0.5
WINDOW_SIZE_M = (2.6, 1.2)
WINDOW_REACH_M = 3.0
MOUNT_M = 0.1
"""A window's light starts this far from its position, along its way, so as not to sit inside the wall."""
_DEFAULT_KELVIN = 5000.0


def rectangle_view_factor(width: float, height: float, distance: float) -> float:
    """Share of its hemisphere that a surface sees of a parallel rectangle centred before it.

    Four times the corner configuration of Howell's catalogue, B-4: a differential element and a rectangle in
    parallel planes, the element's normal through a corner.
    """
    x, y = 0.5 * width / distance, 0.5 * height / distance
    along = x / math.hypot(1.0, x) * math.atan(y / math.hypot(1.0, x))
    across = y / math.hypot(1.0, y) * math.atan(x / math.hypot(1.0, y))
    return 4.0 * (along + across) / math.tau


def luminance(scene: Scene, light: Light, time_s: float) -> float:
    """Luminance of a light's rectangle at a simulated time, candela per square metre (flicker changes it)."""
    width, height, distance = _shape(scene, light)
    return light.lux_at(time_s) / (math.pi * rectangle_view_factor(width, height, distance))


def ambient_luminance(scene: Scene, time_s: float) -> float:
    """Luminance of the dome at a simulated time, candela per square metre; it flickers with the lamps."""
    lamps = [light for light in scene.lights if light.kind == "ceiling" and light.lux > 0.0]
    share = lamps[0].lux_at(time_s) / lamps[0].lux if lamps else 1.0
    return share * scene.ambient_lux / math.pi


def define_lights(stage: Usd.Stage, scene: Scene, paths: StagePaths) -> None:
    """All lights of a scene, as they are at time 0."""
    UsdGeom.Scope.Define(stage, LIGHTS)
    for light in scene.lights:
        _define_rectangle(stage, paths.lights[light.name], scene, light)
    if scene.ambient_lux > 0.0:
        lamps = [light for light in scene.lights if light.kind == "ceiling"]
        dome = UsdLux.DomeLight.Define(stage, AMBIENT)
        _set_colour(dome.GetPrim(), lamps[0].temperature_k if lamps else _DEFAULT_KELVIN)
        dome.CreateIntensityAttr(ambient_luminance(scene, 0.0))


def _define_rectangle(stage: Usd.Stage, path: str, scene: Scene, light: Light) -> None:
    width, height, _ = _shape(scene, light)
    lamp = UsdLux.RectLight.Define(stage, path)
    lamp.CreateWidthAttr(width)
    lamp.CreateHeightAttr(height)
    lamp.CreateIntensityAttr(luminance(scene, light, 0.0))
    lamp.CreateExposureAttr(0.0)
    lamp.CreateNormalizeAttr(False)
    prim = lamp.GetPrim()
    _set_colour(prim, light.temperature_k)
    UsdLux.ShadowAPI.Apply(prim).CreateShadowEnableAttr(True)
    # RTX: the rectangle itself is not to be seen; what is seen is the lamp or pane of the scene.
    prim.CreateAttribute("visibleInPrimaryRay", Sdf.ValueTypeNames.Bool).Set(False)
    lamp.CreateExtentAttr(UsdGeom.Boundable.ComputeExtentFromPlugins(lamp, Usd.TimeCode.Default()))
    if light.kind == "ceiling":
        centre, turn = _strip(scene, light)
        place(prim, (centre[0], centre[1], light.position[2]), turn)
        return
    heading = math.atan2(light.direction[1], light.direction[0])
    away = (
        light.position[0] + MOUNT_M * math.cos(heading),
        light.position[1] + MOUNT_M * math.sin(heading),
        light.position[2],
    )
    place(prim, away, _pane_quaternion(heading))


def _set_colour(prim: Usd.Prim, kelvin: float) -> None:
    api = UsdLux.LightAPI(prim)
    api.CreateEnableColorTemperatureAttr(True)
    api.CreateColorTemperatureAttr(kelvin)


def _shape(scene: Scene, light: Light) -> tuple[float, float, float]:
    """Width, height, and distance to what the light is meant for, metres."""
    if light.kind == "window":
        return (*WINDOW_SIZE_M, WINDOW_REACH_M)
    (low_x, low_y), (high_x, high_y) = _footprint(scene)
    length = max(high_x - low_x, high_y - low_y) - 2.0 * STRIP_MARGIN_M
    return max(length, STRIP_WIDTH_M), STRIP_WIDTH_M, max(light.position[2], 0.1)


def _strip(scene: Scene, light: Light) -> tuple[tuple[float, float], float]:
    """Centre of the strip, and its turn about Z: along the longer side of the scene."""
    (low_x, low_y), (high_x, high_y) = _footprint(scene)
    if high_x - low_x >= high_y - low_y:
        return (0.5 * (low_x + high_x), light.position[1]), 0.0
    return (light.position[0], 0.5 * (low_y + high_y)), 0.5 * math.pi


def _footprint(scene: Scene) -> tuple[tuple[float, float], tuple[float, float]]:
    """Corners of the rectangle around all fixed bodies, in the floor plane."""
    corners: list[tuple[float, float]] = [(scene.robot.start[0], scene.robot.start[1])]
    for body in scene.bodies:
        for part in body.parts:
            turn = body.yaw + part.yaw
            c, s = math.cos(body.yaw), math.sin(body.yaw)
            x = body.position[0] + c * part.position[0] - s * part.position[1]
            y = body.position[1] + s * part.position[0] + c * part.position[1]
            a, b = (part.size[0], part.size[1]) if part.kind == "box" else (part.size[0], part.size[0])
            reach_x = a * abs(math.cos(turn)) + b * abs(math.sin(turn))
            reach_y = a * abs(math.sin(turn)) + b * abs(math.cos(turn))
            corners += [(x - reach_x, y - reach_y), (x + reach_x, y + reach_y)]
    xs, ys = zip(*corners, strict=True)
    return (min(xs), min(ys)), (max(xs), max(ys))


def _pane_quaternion(heading: float) -> Gf.Quatd:
    """A rectangle shines along its -Z; this turns it upright, shining along ``heading`` radians."""
    c, s = math.cos(heading), math.sin(heading)
    right: Vec3 = (s, -c, 0.0)
    rows = Gf.Matrix3d(*right, 0.0, 0.0, 1.0, -c, -s, 0.0)
    quaternion: Gf.Quatd = rows.ExtractRotation().GetQuat()
    return quaternion
