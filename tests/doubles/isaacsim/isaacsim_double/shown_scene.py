"""The scene that the stage shows, and proof that it does.

MuJoCo draws scenes, not stages. The double listens which scene was authored last, and then compares the stage
prim by prim with a fresh authoring of that scene: a forgotten edit is found, though MuJoCo would hide it.
"""

from __future__ import annotations

import math
from typing import Any

from pxr import Sdf, Usd, UsdGeom, UsdPhysics

import simgate.sim_adapters.usd.native.variant_stage as native
import simgate.sim_adapters.usd.stage as authoring
from isaacsim_double.robot_world import RobotListener, RobotWorld
from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.isaacsim.stage.stage_update import name_parts_by_shape
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.lights import ambient_luminance, luminance
from simgate.sim_adapters.usd.paths import ACTORS, AMBIENT, BODIES, CAMERA, LIGHTS, ROBOT, StagePaths

_SET_BY_THE_SIMULATOR = ("verticalAperture",)


class WrongStage(AssertionError):
    """The stage does not show the scene that was authored last."""


class SceneListener:
    """Hears of every scene that is authored in this process."""

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self.timing: Timing | None = None
        self._options: dict[str, Any] = {}
        self.variant: native.VariantStage | None = None
        self._author = authoring.build_stage
        authoring.build_stage = self._heard
        self._variant_of = native.VariantStage
        native.VariantStage = self._heard_native
        self.robots: RobotWorld | None = None
        RobotListener(self._heard_robots)

    def _heard_robots(self, world: RobotWorld) -> None:
        self.robots = world

    def _heard_native(self, scene: Scene, timing: Timing) -> native.VariantStage:
        self.scene, self.timing, self.robots = scene, timing, None
        self.variant = self._variant_of(scene, timing)
        return self.variant

    def _heard(self, scene: Scene, timing: Timing, **options: Any) -> Usd.Stage:
        self.scene, self.timing, self._options = scene, timing, options
        self.variant = self.robots = None
        return self._author(scene, timing, **options)

    def check(self, stage: Usd.Stage) -> Scene:
        """The scene, after comparing the stage with it.

        Raises:
            WrongStage: Something differs.
        """
        if self.scene is None or self.timing is None:
            raise WrongStage("physics was started before any scene was authored")
        self._compare_all(self._fresh(), stage)
        self._check_camera(stage)
        return self.scene

    def check_robots(self, world: RobotWorld, stage: Usd.Stage) -> None:
        """Compares the stage with a world of robots.

        Raises:
            WrongStage: Something differs.
        """
        self._compare_all(world.fresh().made.stage, stage)

    def _compare_all(self, fresh: Usd.Stage, stage: Usd.Stage) -> None:
        for prim in fresh.Traverse():
            held = stage.GetPrimAtPath(prim.GetPath())
            if not held.IsValid() or held.GetTypeName() != prim.GetTypeName():
                raise WrongStage(f"{prim.GetPath()} is missing or of another type")
            for attribute in prim.GetAuthoredAttributes():
                _compare(attribute, held.GetAttribute(attribute.GetName()))
            for relationship in prim.GetAuthoredRelationships():
                targets = held.GetRelationship(relationship.GetName()).GetTargets()
                if targets != relationship.GetTargets():
                    raise WrongStage(f"{relationship.GetPath()} points elsewhere: {targets}")
        for prim in stage.Traverse():
            if not fresh.GetPrimAtPath(prim.GetPath()).IsValid():
                _require_hidden(prim)

    def _fresh(self) -> Usd.Stage:
        assert self.scene is not None and self.timing is not None
        if self.variant is not None:
            return self._variant_of(self.scene, self.timing).stage
        fresh = self._author(self.scene, self.timing, **self._options)
        name_parts_by_shape(fresh.GetRootLayer())
        return fresh

    @property
    def camera(self) -> str:
        """Path of the robot's camera."""
        return CAMERA if self.variant is None else self.variant.layout.camera

    @property
    def robot(self) -> str:
        """Path of the robot."""
        return ROBOT if self.variant is None else self.variant.layout.robot

    @property
    def loose(self) -> tuple[str, ...]:
        """Paths of a native stage's own bodies that physics moves."""
        return () if self.variant is None else self.variant.layout.loose

    def paths(self) -> list[str]:
        """A prim of each body, in the order of the bodies' numbers."""
        assert self.scene is not None
        if self.variant is not None:
            return list(self.variant.layout.names)
        table = StagePaths(self.scene)
        return [f"{path}/Part_0_Cube" for path in (*table.bodies.values(), *table.actors.values())]

    def _check_camera(self, stage: Usd.Stage) -> None:
        assert self.scene is not None
        camera = UsdGeom.Camera(stage.GetPrimAtPath(self.camera))
        wanted = self.scene.camera
        focal = camera.GetFocalLengthAttr().Get() / camera.GetHorizontalApertureAttr().Get() * wanted.width
        if self.variant is None and not math.isclose(focal, wanted.focal_px, rel_tol=1e-5):
            raise WrongStage(f"the camera's focal length is {focal} pixels instead of {wanted.focal_px}")

    def check_lights(self, stage: Usd.Stage, time_s: float) -> None:
        """Compares the lights with what they should be at a moment of the episode.

        Raises:
            WrongStage: A light was not set.
        """
        assert self.scene is not None
        paths = StagePaths(self.scene)
        wanted = {paths.lights[li.name]: luminance(self.scene, li, time_s) for li in self.scene.lights}
        if self.scene.ambient_lux > 0.0:
            wanted[AMBIENT] = ambient_luminance(self.scene, time_s)
        for path, value in wanted.items():
            found = stage.GetPrimAtPath(path).GetAttribute("inputs:intensity").Get()
            if not math.isclose(found, value, rel_tol=1e-5, abs_tol=1e-6):
                raise WrongStage(f"{path} has {found} cd/m2 at {time_s} s instead of {value}")


def _compare(wanted: Usd.Attribute, found: Usd.Attribute) -> None:
    if wanted.GetName() in _SET_BY_THE_SIMULATOR or wanted.GetName() == "inputs:intensity":
        return
    if not found.IsValid() or found.Get() != wanted.Get():
        value = found.Get() if found.IsValid() else "nothing"
        raise WrongStage(f"{wanted.GetPath()} is {value} instead of {wanted.Get()}")
    if found.GetConnections() != wanted.GetConnections():
        raise WrongStage(f"{wanted.GetPath()} is connected elsewhere")


def _require_hidden(prim: Usd.Prim) -> None:
    under_a_root = any(prim.GetPath().HasPrefix(Sdf.Path(root)) for root in (BODIES, ACTORS, LIGHTS))
    if not under_a_root or prim.GetTypeName() in ("Shader", "Material"):
        return
    if UsdGeom.Imageable(prim).ComputeVisibility() != UsdGeom.Tokens.invisible:
        raise WrongStage(f"{prim.GetPath()} is left from another scene and can be seen")
    api = UsdPhysics.CollisionAPI(prim)
    if prim.HasAPI(UsdPhysics.CollisionAPI) and api.GetCollisionEnabledAttr().Get():
        raise WrongStage(f"{prim.GetPath()} is left from another scene and can be hit")
