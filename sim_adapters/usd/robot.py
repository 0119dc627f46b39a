"""The robot as prims: one rigid body in the plane, its camera, and where its lidar is."""

from __future__ import annotations

from pxr import Usd, UsdGeom

from simgate.sim_adapters.scene.asset_table import ROBOT_KEY, AssetTable
from simgate.sim_adapters.scene.body import Part
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.camera import define_camera
from simgate.sim_adapters.usd.geometry import define_part
from simgate.sim_adapters.usd.materials import MaterialLibrary
from simgate.sim_adapters.usd.paths import CAMERA, HULL, LIDAR, ROBOT
from simgate.sim_adapters.usd.physics import make_collider, make_robot_body
from simgate.sim_adapters.usd.placing import place
from simgate.sim_adapters.usd.reference import reference_asset


def define_robot(stage: Usd.Stage, scene: Scene, materials: MaterialLibrary, assets: AssetTable) -> None:
    """The robot at its start; it moves in the floor plane by forces alone.

    The origin of its prim is on the floor, on the axis of the hull.
    """
    robot = scene.robot
    prim = UsdGeom.Xform.Define(stage, ROBOT).GetPrim()
    x, y, yaw = robot.start
    place(prim, (x, y, 0.0), yaw)
    make_robot_body(prim, robot)
    half = 0.5 * robot.height_m
    part = Part("cylinder", (robot.radius_m, half, 0.0), (0.0, 0.0, half), material=robot.material)
    hull = define_part(stage, HULL, part)
    make_collider(hull)
    materials.bind_contact(hull)
    asset = assets.find(ROBOT_KEY, None)
    if asset is None:
        materials.bind(hull, robot.material)
    else:
        UsdGeom.Imageable(hull).CreatePurposeAttr(UsdGeom.Tokens.guide)
        reference_asset(stage, f"{ROBOT}/Asset", asset, fit_to=prim)
    define_camera(stage, CAMERA, scene.camera)
    lidar = UsdGeom.Xform.Define(stage, LIDAR).GetPrim()
    place(lidar, (0.0, 0.0, scene.lidar.height_m))
