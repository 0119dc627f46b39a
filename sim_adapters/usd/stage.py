"""``Scene`` to a stage in memory, and a stage to files."""

from __future__ import annotations

import shutil
from pathlib import Path

from pxr import Kind, Sdf, Usd, UsdGeom, UsdPhysics, UsdUtils

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.asset_table import AssetTable
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.stage_error import StageError
from simgate.sim_adapters.usd.bodies import BodyBuilder
from simgate.sim_adapters.usd.lights import define_lights
from simgate.sim_adapters.usd.materials import TEXTURES, MaterialLibrary
from simgate.sim_adapters.usd.paths import ACTORS, BODIES, WORLD, StagePaths
from simgate.sim_adapters.usd.physics import define_physics_scene, make_kinematic
from simgate.sim_adapters.usd.robot import define_robot


def build_stage(scene: Scene, timing: Timing, *, assets: AssetTable | None = None) -> Usd.Stage:
    """Authors a scene at step 0 as OpenUSD: metres, kilograms, Z up, default prim ``/World``.

    Prims are where :mod:`simgate.sim_adapters.usd.paths` says.

    Args:
        scene: What to author.
        timing: Rates; the physics rate goes to the physics scene.
        assets: Bodies shown by USD files of one's own; None shows primitives.

    Raises:
        StageError: An asset cannot be used; the message names it and the remedy.
    """
    stage = Usd.Stage.CreateInMemory()
    author_stage(stage, scene, timing, assets=assets)
    return stage


def author_stage(
    stage: Usd.Stage, scene: Scene, timing: Timing, *, assets: AssetTable | None = None
) -> StagePaths:
    """Authors a scene on an empty stage (Isaac Sim hands out its own).

    Returns:
        Where the bodies and lights are.

    Raises:
        StageError: See :func:`build_stage`.
    """
    if scene.native is not None:
        raise StageError(
            f"{scene.native.path} is {scene.native.kind.upper()} and cannot become an OpenUSD stage; "
            "export it with --mjcf, and run it with --adapter mujoco"
        )
    table = assets or AssetTable()
    paths = StagePaths(scene)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdPhysics.SetStageKilogramsPerUnit(stage, 1.0)
    world = UsdGeom.Xform.Define(stage, WORLD).GetPrim()
    for path in (BODIES, ACTORS):
        UsdGeom.Scope.Define(stage, path)
    stage.SetDefaultPrim(world)
    Usd.ModelAPI(world).SetKind(Kind.Tokens.assembly)
    define_physics_scene(stage, timing)
    materials = MaterialLibrary(stage)
    builder = BodyBuilder(stage, materials, table)
    for body in scene.bodies:
        builder.define(paths.bodies[body.name], body, body.position, body.yaw)
    for actor in scene.actors:
        prim = builder.define(paths.actors[actor.body.name], actor.body, *actor.pose_at(0.0))
        make_kinematic(prim)
    define_robot(stage, scene, materials, table)
    define_lights(stage, scene, paths)
    return paths


def write_stage(stage: Usd.Stage, path: Path) -> tuple[Path, ...]:
    """Writes a stage, with its pictures in a folder next to it.

    Args:
        stage: As :func:`build_stage` makes it.
        path: ``.usda``, ``.usdc`` or ``.usd`` file.

    Returns:
        What was written, the stage first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    layer = Sdf.Layer.CreateAnonymous()
    layer.TransferContent(stage.GetRootLayer())
    copied: dict[str, Path] = {}

    def beside(asset: str) -> str:
        source = Path(asset)
        if source.parent != TEXTURES:
            return asset
        copied[asset] = path.parent / "textures" / source.name
        return f"./textures/{source.name}"

    UsdUtils.ModifyAssetPaths(layer, beside)
    for source, target in copied.items():
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, target)
    layer.Export(str(path))
    return (path, *copied.values())
