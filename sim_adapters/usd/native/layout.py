"""What of a stage is what: the robot, what moves by physics, and the name by which each shape goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pxr import Sdf, Usd, UsdPhysics

from simgate.sim_adapters.scene.native import NativeSite
from simgate.sim_adapters.usd.native.solids import Solid, is_moving_body
from simgate.sim_adapters.usd.paths import is_at_or_below
from simgate.sim_adapters.worlds.low_walls import FLOOR_M

MOUNTED_CAMERA = "simgate_camera"
"""Name of a camera that a pack mounts, below the robot's prim."""
_STATES = (
    "physics:velocity", "physics:angularVelocity", "physics:startsAsleep", "physxRigidBody:disableGravity",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StageLayout:
    """Roles on a stage.

    Attributes:
        robot: Path of the prim that drives.
        camera: Path of the camera that the model sees through.
        height_m: Of the robot's origin above z = 0.
        loose: Paths of the other bodies that physics moves.
        names: What can be hit or told apart, in the order of the stage; each is the path of a prim.
        floor: Paths of what the robot drives on.
    """

    robot: str
    camera: str
    height_m: float
    loose: tuple[str, ...]
    names: tuple[str, ...]
    floor: tuple[str, ...]
    _heads: frozenset[str]

    def owner(self, path: str) -> str | None:
        """The name by which a prim goes; None for the robot's.

        A name of the pack (label, barrier) owns its prim and all below it; what moves by physics goes by its
        body; everything else by itself.
        """
        if self.is_robots(path):
            return None
        return next((above for above in _upwards(path) if above in self._heads), path)

    def is_named(self, path: str) -> bool:
        """Whether a prim goes by another name than its own, or the pack names it."""
        return any(above in self._heads for above in _upwards(path))

    def is_robots(self, path: str) -> bool:
        """Whether a prim is the robot's."""
        return is_at_or_below(path, self.robot)

    def body_of(self, path: str) -> str | None:
        """The loose body that a prim moves with; None for what stands still."""
        return next((above for above in _upwards(path) if above in self.loose), None)

    def body_at(self, path: str) -> str | None:
        """The name of what is at a path, among ``names``."""
        name = self.owner(path)
        return name if name in self.names else None


def layout_of(stage: Usd.Stage, site: NativeSite, solids: Sequence[Solid], height_m: float) -> StageLayout:
    """Roles on a stage that shows a variant.

    Args:
        stage: The stage.
        site: What the pack says of it.
        solids: Its shapes.
        height_m: Of the robot's origin.
    """
    camera = site.camera or f"{site.robot}/{MOUNTED_CAMERA}"
    loose = tuple(path for path in moving_bodies(stage) if not is_at_or_below(path, site.robot))
    heads = frozenset({name for name, _ in site.labels} | set(site.counted) | set(loose))
    bare = StageLayout(site.robot, camera, height_m, loose, (), (), heads)
    floor = floor_of(solids, bare)
    owners = (
        bare.owner(solid.path) for solid in solids if solid.path not in floor or bare.is_named(solid.path)
    )
    names = tuple(dict.fromkeys(name for name in owners if name is not None))
    return StageLayout(site.robot, camera, height_m, loose, names, floor, heads)


def floor_of(solids: Sequence[Solid], layout: StageLayout) -> tuple[str, ...]:
    """Paths of the prims that are driven on."""
    low: dict[str, bool] = {}
    for solid in solids:
        if not layout.is_robots(solid.path) and layout.body_of(solid.path) is None:
            low[solid.path] = low.get(solid.path, True) and solid.top_m() < FLOOR_M
    return tuple(path for path, is_low in low.items() if is_low)


def moving_bodies(stage: Usd.Stage) -> list[str]:
    """Paths of the bodies that physics moves."""
    return [
        str(prim.GetPath()) for prim in stage.Traverse(Usd.TraverseInstanceProxies()) if is_moving_body(prim)
    ]


def joints_of(stage: Usd.Stage) -> list[Usd.Prim]:
    """The active joints of a stage, those in instances too."""
    every = stage.Traverse(Usd.TraverseInstanceProxies())
    return [prim for prim in every if prim.IsA(UsdPhysics.Joint)]


def has_states(stage: Usd.Stage, robot: str) -> bool:
    """Whether a body of the site starts in motion or asleep, or has no weight."""
    for path in moving_bodies(stage):
        prim = stage.GetPrimAtPath(path)
        values = (prim.GetAttribute(name).Get() for name in _STATES if prim.HasAttribute(name))
        if not is_at_or_below(path, robot) and any(value and any(np.atleast_1d(value)) for value in values):
            return True
    return False


def is_joint_of(joint: Usd.Prim, robot: str) -> bool:
    """Whether a joint is a part of the robot or holds one."""
    schema = UsdPhysics.Joint(joint)
    ends = [*schema.GetBody0Rel().GetTargets(), *schema.GetBody1Rel().GetTargets()]
    return any(is_at_or_below(str(path), robot) for path in (joint.GetPath(), *ends))


def _upwards(path: str) -> Iterable[str]:
    """A path and those above it, nearest first."""
    at = Sdf.Path(path)
    while not at.isEmpty and at != Sdf.Path.absoluteRootPath:
        yield str(at)
        at = at.GetParentPath()
