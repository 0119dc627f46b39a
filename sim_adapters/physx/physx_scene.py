"""The two sides of a scene: the stage that PhysX steps, and the MuJoCo model that follows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pxr import Usd

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.build import BuiltScene, build_model
from simgate.sim_adapters.mujoco.stage_twin.twin import build_twin
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.native.variant_stage import KIND, VariantStage
from simgate.sim_adapters.usd.paths import CAMERA, ROBOT, StagePaths
from simgate.sim_adapters.usd.stage import build_stage


@dataclass(frozen=True, slots=True)
class PhysxScene:
    """A scene for two engines.

    Attributes:
        stage: For PhysX.
        built: For MuJoCo, which draws and measures.
        body_at: Name of the body that owns a prim; None for none.
        robot: Path of the robot's prim.
        height_m: Of that prim above z = 0.
        actors: Paths of the actors' prims.
        followers: Path of a body that physics moves -> its mocap index.
        camera: Path of the robot's camera.
    """

    stage: Usd.Stage
    built: BuiltScene
    body_at: Callable[[str], str | None]
    robot: str = ROBOT
    height_m: float = 0.0
    actors: tuple[str, ...] = ()
    followers: dict[str, int] = field(default_factory=dict)
    camera: str = CAMERA


def physx_scene(scene: Scene, timing: Timing) -> PhysxScene:
    """Builds both sides.

    Raises:
        ValueError: OpenUSD or MuJoCo rejects the scene.
    """
    if scene.native is None or scene.native.kind != KIND:
        paths = StagePaths(scene)
        actors = tuple(paths.actors.values())
        return PhysxScene(
            build_stage(scene, timing), build_model(scene, timing), paths.body_at, actors=actors
        )
    shown = VariantStage(scene, timing)
    twin, layout = build_twin(scene, timing, shown, steps=False), shown.layout
    return PhysxScene(
        shown.stage, twin.built, layout.body_at, layout.robot, layout.height_m, (), twin.followers,
        layout.camera,
    )  # fmt: skip
