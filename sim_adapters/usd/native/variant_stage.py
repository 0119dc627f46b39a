"""The stage of a variant: the team's file below, and over it the values, the drive and the solver."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.native import NativeValue
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.stage_error import StageError
from simgate.sim_adapters.usd.camera import define_camera
from simgate.sim_adapters.usd.native.apply import apply, set_local
from simgate.sim_adapters.usd.native.contacts import free_contacts
from simgate.sim_adapters.usd.native.layout import (
    MOUNTED_CAMERA,
    StageLayout,
    is_joint_of,
    joints_of,
    layout_of,
)
from simgate.sim_adapters.usd.native.masses import MassProperties, mass_of
from simgate.sim_adapters.usd.native.put import put_prims
from simgate.sim_adapters.usd.native.solids import read_solids, rigid_pose, world_matrix
from simgate.sim_adapters.usd.native.source import UsdSource, has_times, promised_source
from simgate.sim_adapters.usd.native.target import parse_target
from simgate.sim_adapters.usd.paths import PHYSICS_SCENE
from simgate.sim_adapters.usd.physics import define_physics_scene, make_collider, make_robot_body
from simgate.sim_adapters.worlds.native_file import NativeError

KIND = "usd"
_STAGE_DATA = (
    "defaultPrim", "metersPerUnit", "upAxis", "kilogramsPerUnit", "timeCodesPerSecond", "expressionVariables",
    "fallbackPrimTypes",
)  # fmt: skip
"""What OpenUSD reads from the root layer alone, so that a layer over it must repeat it."""


class VariantStage:
    """A stage that shows a variant at step 0.

    Args:
        scene: A native scene of kind ``usd``.
        timing: Rates; the physics rate goes to the physics scene.

    Raises:
        StageError: The file has changed, or cannot be used with these values.

    Attributes:
        stage: The stage; its root layer holds opinions over the file, which is its only sublayer.
        layout: Who is who.
        solids: Its shapes, the robot at its start.
        masses: Path of a loose body -> its mass and how it lies.
    """

    def __init__(self, scene: Scene, timing: Timing) -> None:
        site = scene.native
        assert site is not None and site.kind == KIND
        try:
            source = promised_source(Path(site.path), site.sha256)
            self.stage = over(source)
            _set_values(self.stage, site.values)
            put_prims(self.stage, site.put)
            height_m = lock_robot(self.stage, site.robot)
            self._place_robot(scene, height_m)
            self.solids = read_solids(self.stage)
        except NativeError as error:
            raise StageError(f"{site.path}: {error}") from None
        except ValueError as error:
            raise StageError(str(error)) from None
        if site.camera is None:
            _mount(self.stage, scene, site.robot, height_m)
        self.layout: StageLayout = layout_of(self.stage, site, self.solids, height_m)
        self.masses = {path: self._weighed(path) for path in self.layout.loose}
        self._prepare_physics(timing)

    def _place_robot(self, scene: Scene, height_m: float) -> None:
        site = scene.native
        assert site is not None
        x, y, yaw = scene.robot.start
        turn = Gf.Matrix4d().SetRotate(Gf.Rotation(Gf.Vec3d(0.0, 0.0, 1.0), math.degrees(yaw)))
        prim = self.stage.GetPrimAtPath(site.robot)
        set_local(prim, turn.SetTranslateOnly(Gf.Vec3d(x, y, height_m)))
        free_contacts(self.stage, site.robot)
        make_robot_body(prim, scene.robot)
        centre = Gf.Vec3f(0.0, 0.0, 0.5 * scene.robot.height_m - height_m)
        UsdPhysics.MassAPI(prim).GetCenterOfMassAttr().Set(centre)

    def _weighed(self, path: str) -> MassProperties:
        body = self.stage.GetPrimAtPath(path)
        try:
            found = mass_of(body, self.solids)
        except NativeError as error:
            raise StageError(str(error)) from None
        # PhysX would count colliders that are switched off.
        UsdPhysics.MassAPI.Apply(body).CreateMassAttr(found.mass_kg)
        return found

    def _prepare_physics(self, timing: Timing) -> None:
        """The solver of every simgate stage, surfaces that touch where they are, and a floor without drag."""
        stage = self.stage
        for prim in list(stage.Traverse()):
            if prim.IsA(UsdPhysics.Scene) and prim.GetPath() != PHYSICS_SCENE:
                prim.SetActive(False)
            elif prim.HasAPI(UsdPhysics.CollisionAPI):
                make_collider(prim)
        define_physics_scene(stage, timing)
        prims = [stage.GetPrimAtPath(path) for path in self.layout.floor]
        driven_on = [prim.GetPath() for prim in prims if prim.HasAPI(UsdPhysics.CollisionAPI)]
        pairs = UsdPhysics.FilteredPairsAPI.Apply(stage.GetPrimAtPath(self.layout.robot))
        pairs.CreateFilteredPairsRel().SetTargets(driven_on)


def over(source: UsdSource) -> Usd.Stage:
    """A stage over a file, to be edited: without instances, whose prims cannot be, and without animation."""
    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.subLayerPaths.append(str(source.path))
    root = source.stage.GetRootLayer().pseudoRoot
    for key in _STAGE_DATA:
        if root.HasInfo(key):
            layer.pseudoRoot.SetInfo(key, root.GetInfo(key))
    stage = Usd.Stage.Open(layer)
    while instances := [prim for prim in stage.Traverse() if prim.IsInstance()]:
        for prim in instances:
            prim.SetInstanceable(False)
    for prim in stage.TraverseAll():
        for attribute in prim.GetAuthoredAttributes():
            # A default over it hides every value at a time, from a simulator's timeline too.
            if has_times(attribute) and (value := attribute.Get()) is not None:
                attribute.Set(value)
    return stage


def _set_values(stage: Usd.Stage, values: tuple[tuple[str, NativeValue], ...]) -> None:
    targets = [(parse_target(text, stage), value) for text, value in values]
    for target, value in targets:
        apply(target, stage, value)


def lock_robot(stage: Usd.Stage, robot: str) -> float:
    """Makes one rigid body of a robot: its joints go, its inner bodies become parts of it.

    Returns:
        Height of its origin, metres.
    """
    root = stage.GetPrimAtPath(robot)
    height_m = float(world_matrix(root)[2, 3])
    for joint in joints_of(stage):
        if is_joint_of(joint, robot):
            joint.SetActive(False)
    for prim in Usd.PrimRange(root):
        for schema in (UsdPhysics.ArticulationRootAPI, UsdPhysics.RigidBodyAPI, UsdPhysics.MassAPI):
            if prim.HasAPI(schema):
                prim.RemoveAPI(schema)
    return height_m


def _mount(stage: Usd.Stage, scene: Scene, robot: str, height_m: float) -> None:
    prim = define_camera(stage, f"{robot}/{MOUNTED_CAMERA}", scene.camera)
    x, y, z = scene.camera.position
    prim.GetAttribute("xformOp:translate").Set(Gf.Vec3d(x, y, z - height_m))


def check_robot(stage: Usd.Stage, robot: str) -> None:
    """Asks whether a prim can drive.

    Raises:
        NativeError: It is scaled, tilted or hangs on something that is not where the world is.
    """
    prim = stage.GetPrimAtPath(robot)
    if not prim.IsA(UsdGeom.Xformable):
        raise NativeError("file", f"'{robot}' has no place", "name the Xform that holds the whole robot")
    pose = rigid_pose(prim)
    if pose is None:
        raise NativeError("file", f"'{robot}' is scaled", "scale its shapes in its place")
    if pose[2, 2] < 1.0 - 1e-3:
        raise NativeError("file", f"'{robot}' is tilted", "turn it so that its Z axis points up and X ahead")
    above = prim.GetParent()
    offset = rigid_pose(above) if above.IsA(UsdGeom.Imageable) else None
    if offset is not None and not np.allclose(offset, np.eye(4), atol=1e-6):
        raise NativeError(
            "file",
            f"'{robot}' hangs on '{above.GetPath()}', which is moved",
            "put it below a prim that is not",
        )
