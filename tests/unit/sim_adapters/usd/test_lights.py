import dataclasses
import math

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

import numpy as np
from pxr import Gf, Usd, UsdGeom, UsdLux

from simgate.sim_adapters.usd.lights import ambient_luminance, luminance, rectangle_view_factor
from simgate.sim_adapters.usd.paths import AMBIENT, StagePaths
from tests.unit.sim_adapters.usd.scenes import built, office


def illuminance(prim, point, normal, cells=60):
    """Lux at a point from a rectangle, by adding up small patches (a Lambertian emitter)."""
    light = UsdLux.RectLight(prim)
    width, height = light.GetWidthAttr().Get(), light.GetHeightAttr().Get()
    matrix = UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(Usd.TimeCode.Default())
    shine = np.array(matrix.TransformDir(Gf.Vec3d(0, 0, -1)))
    steps = (np.arange(cells * 10) + 0.5) / (cells * 10) - 0.5, (np.arange(cells) + 0.5) / cells - 0.5
    local = np.array([(a * width, b * height, 0.0) for a in steps[0] for b in steps[1]])
    patches = np.array([matrix.Transform(Gf.Vec3d(*p)) for p in local])
    ways = np.array(point) - patches
    squared = (ways**2).sum(axis=1)
    out = (ways @ shine).clip(0) / np.sqrt(squared)
    into = (-ways @ np.array(normal)).clip(0) / np.sqrt(squared)
    area = width * height / len(patches)
    return float((light.GetIntensityAttr().Get() * out * into / squared).sum() * area)


def prim_of(made, name):
    return built(made).GetPrimAtPath(StagePaths(made).lights[name])


def test_the_ceiling_lamps_give_their_lux_on_the_floor():
    made = office()
    prim = prim_of(made, "ceiling")
    centre = UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(0).ExtractTranslation()
    found = illuminance(prim, (centre[0], centre[1], 0.0), (0.0, 0.0, 1.0))
    assert found == pytest.approx(made.lights[0].lux, rel=0.01)


def test_the_window_gives_its_lux_three_metres_before_it():
    made = office(window__lux=8000.0)
    window = made.lights[1]
    prim = prim_of(made, "window")
    at = UsdGeom.Xformable(prim).ComputeLocalToWorldTransform(0).ExtractTranslation()
    found = illuminance(prim, (at[0] - 3.0, at[1], at[2]), (1.0, 0.0, 0.0))
    assert found == pytest.approx(window.lux, rel=0.01)


def test_the_window_shines_level_into_the_room_from_before_its_wall():
    made = office(window__lux=8000.0)
    matrix = UsdGeom.Xformable(prim_of(made, "window")).ComputeLocalToWorldTransform(0)
    assert tuple(matrix.TransformDir(Gf.Vec3d(0, 0, -1))) == pytest.approx((-1.0, 0.0, 0.0), abs=1e-9)
    assert tuple(matrix.TransformDir(Gf.Vec3d(0, 1, 0))) == pytest.approx((0.0, 0.0, 1.0), abs=1e-9)
    wall = next(body for body in made.bodies if body.name == "room_far")
    assert matrix.ExtractTranslation()[0] < wall.position[0] - wall.parts[0].size[0]


def test_colour_temperature_is_switched_on():
    made = office(lighting__temperature_k=3100.0)
    light = UsdLux.LightAPI(prim_of(made, "ceiling"))
    assert light.GetEnableColorTemperatureAttr().Get() is True
    assert light.GetColorTemperatureAttr().Get() == pytest.approx(3100.0)


def test_the_dome_gives_the_ambient_lux_under_an_open_sky():
    made = office()
    dome = UsdLux.DomeLight(built(made).GetPrimAtPath(AMBIENT))
    assert dome.GetIntensityAttr().Get() * math.pi == pytest.approx(made.ambient_lux)


def test_no_ambient_light_no_dome():
    made = dataclasses.replace(office(), ambient_lux=0.0)
    assert not built(made).GetPrimAtPath(AMBIENT).IsValid()


def test_flicker_dims_lamps_and_ambient_light_together():
    made = office(lighting__flicker_hz=10.0, lighting__flicker_depth=0.5)
    lamp = made.lights[0]
    assert luminance(made, lamp, 0.05) == pytest.approx(0.5 * luminance(made, lamp, 0.0))
    assert ambient_luminance(made, 0.05) == pytest.approx(0.5 * ambient_luminance(made, 0.0))


def test_a_rectangle_all_around_fills_the_hemisphere():
    assert rectangle_view_factor(1e6, 1e6, 1.0) == pytest.approx(1.0, abs=1e-5)


def test_a_far_small_rectangle_is_seen_by_its_solid_angle():
    assert rectangle_view_factor(0.1, 0.2, 10.0) == pytest.approx(0.02 / 100.0 / math.pi, rel=1e-3)
