"""The robot's camera from its intrinsics."""

from __future__ import annotations

import math

from pxr import Gf, Usd, UsdGeom

from simgate.sim_adapters.scene.sensor import Camera
from simgate.sim_adapters.usd.colour import WHITE_NITS
from simgate.sim_adapters.usd.placing import place

FOCAL_LENGTH_M = 0.004
NEAR_M, FAR_M = 0.02, 60.0
_TENTHS = 10.0


def define_camera(stage: Usd.Stage, path: str, camera: Camera) -> Usd.Prim:
    """A pinhole camera: square pixels, everything in focus, fixed exposure.

    USD gives focal length and apertures in tenths of the stage's unit, which is a metre here. A white matte
    surface at the reference illuminance comes out as 1 before any tone mapping (OpenUSD, "UsdGeomCamera:
    exposure").
    """
    prim = define_lens(stage, path, camera.focal_px, (camera.width, camera.height), (NEAR_M, FAR_M))
    place(prim, camera.position, camera_quaternion(math.radians(camera.pitch_deg)))
    return prim


def define_lens(
    stage: Usd.Stage, path: str, focal_px: float, size: tuple[int, int], range_m: tuple[float, float]
) -> Usd.Prim:
    """A pinhole camera that is nowhere yet.

    Args:
        stage: The stage.
        path: Of the new prim.
        focal_px: Focal length, pixels.
        size: Width and height of its pictures, pixels.
        range_m: Nearest and farthest that it sees, metres.
    """
    schema = UsdGeom.Camera.Define(stage, path)
    pixel_m = FOCAL_LENGTH_M / focal_px
    schema.CreateFocalLengthAttr(_TENTHS * FOCAL_LENGTH_M)
    schema.CreateHorizontalApertureAttr(_TENTHS * pixel_m * size[0])
    schema.CreateVerticalApertureAttr(_TENTHS * pixel_m * size[1])
    schema.CreateHorizontalApertureOffsetAttr(0.0)
    schema.CreateVerticalApertureOffsetAttr(0.0)
    schema.CreateProjectionAttr(UsdGeom.Tokens.perspective)
    schema.CreateClippingRangeAttr(Gf.Vec2f(*range_m))
    schema.CreateFStopAttr(0.0)
    schema.CreateExposureIsoAttr(100.0)
    schema.CreateExposureTimeAttr(1.0)
    schema.CreateExposureFStopAttr(1.0)
    schema.CreateExposureResponsivityAttr(1.0 / WHITE_NITS)
    return schema.GetPrim()


def camera_quaternion(pitch: float) -> Gf.Quatd:
    """A USD camera looks along -Z with +Y up; ours along +X of the robot, turned up by ``pitch`` radians."""
    c, s = math.cos(pitch), math.sin(pitch)
    rows = Gf.Matrix3d(0.0, -1.0, 0.0, -s, 0.0, c, -c, 0.0, -s)
    quaternion: Gf.Quatd = rows.ExtractRotation().GetQuat()
    return quaternion
