"""The camera of a driving robot, of simgate's own worlds and of a team's stage."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.drawing.renderer import FrameRenderer
from simgate.sim_adapters.physx.rtx.film import Film
from simgate.sim_adapters.physx.rtx.products import author_product
from simgate.sim_adapters.physx.rtx.shown_stage import ShownStage
from simgate.sim_adapters.physx.rtx.view import RtxView
from simgate.sim_adapters.physx.world_state import PhysxWorld
from simgate.sim_adapters.scene.light import Light
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.lights import ambient_luminance, luminance
from simgate.sim_adapters.usd.paths import AMBIENT, StagePaths


def driven_view(film: Film, renderer: FrameRenderer, world: PhysxWorld) -> RtxView:
    """Has a world drawn from now on."""
    scene, prepared, model = world.scene, world.prepared, world.built.model
    size = (scene.camera.width, scene.camera.height)
    product = author_product(prepared.stage, prepared.camera, size)
    mocaps = dict(zip(prepared.actors, world.built.mocap_ids, strict=True)) | prepared.followers
    body_of = {int(mocap): body for body, mocap in enumerate(model.body_mocapid)}
    moved = {prepared.robot: world.built.robot_body} | {
        path: body_of[mocap] for path, mocap in mocaps.items()
    }
    lamps = [] if scene.native else [one for one in scene.lights if one.flicker_hz * one.flicker_depth > 0.0]
    dims_all = any(one.kind == "ceiling" for one in lamps)
    paths = [StagePaths(scene).lights[one.name] for one in lamps] + ([AMBIENT] if dims_all else [])
    stage = ShownStage(prepared.stage, moved, tuple(paths), world.data)
    film.open(stage, {product: size})
    shine = partial(_intensities, world, scene, lamps, dims_all)
    return RtxView(renderer, world.built, size, film, stage, product, shine)


def _intensities(world: PhysxWorld, scene: Scene, lamps: list[Light], dims_all: bool) -> NDArray[np.float32]:
    now_s = world.time_s
    values = [luminance(scene, lamp, now_s) for lamp in lamps]
    return np.array([*values, *([ambient_luminance(scene, now_s)] if dims_all else [])], dtype=np.float32)
