import dataclasses
import math

import pytest

pytest.importorskip("pxr", reason="needs simgate[usd]")

import numpy as np
from pxr import Gf, Usd, UsdGeom

from simgate.sim_adapters.conformance import scene
from simgate.sim_adapters.scene.sensing.projection import project
from simgate.sim_adapters.scene.sensor import Camera
from simgate.sim_adapters.usd.camera import define_camera
from simgate.sim_adapters.usd.colour import WHITE_NITS
from simgate.sim_adapters.usd.paths import CAMERA
from tests.unit.sim_adapters.usd.scenes import built


def made(camera):
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    return stage, UsdGeom.Camera(define_camera(stage, "/Camera", camera))


def test_the_field_of_view_is_that_of_the_scene():
    _, camera = made(Camera(320, 200, 47.0))
    seen = camera.GetCamera(Usd.TimeCode.Default())
    assert seen.GetFieldOfView(Gf.Camera.FOVVertical) == pytest.approx(47.0, abs=1e-4)
    width = 2.0 * math.degrees(math.atan(1.6 * math.tan(math.radians(23.5))))
    assert seen.GetFieldOfView(Gf.Camera.FOVHorizontal) == pytest.approx(width, abs=1e-4)


@pytest.mark.parametrize("pitch", [0.0, 12.0, -30.0])
def test_a_point_projects_where_the_pinhole_model_says(pitch):
    camera = Camera(pitch_deg=pitch)
    start = (0.7, -0.3, 0.5)
    stage = built(dataclasses.replace(scene(start=start), camera=camera))
    seen = UsdGeom.Camera(stage.GetPrimAtPath(CAMERA)).GetCamera(Usd.TimeCode.Default())
    frustum = seen.frustum
    point = (3.5, 1.6, 0.9)
    ndc = (frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix()).Transform(Gf.Vec3d(*point))
    right, down, forward = project(np.array([point]), camera, start)[0]
    u = 0.5 * camera.width + camera.focal_px * right / forward
    v = 0.5 * camera.height + camera.focal_px * down / forward
    found = (0.5 * camera.width * (1.0 + ndc[0]), 0.5 * camera.height * (1.0 - ndc[1]))
    assert found == pytest.approx((u, v), abs=1e-3)


def test_lengths_are_in_tenths_of_a_metre():
    _, camera = made(Camera())
    assert camera.GetFocalLengthAttr().Get() == pytest.approx(0.04)


def test_white_at_the_reference_illuminance_is_exposed_to_one():
    _, camera = made(Camera())
    assert camera.ComputeLinearExposureScale() * WHITE_NITS == pytest.approx(1.0, rel=1e-5)
