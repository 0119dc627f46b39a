"""A stage as a MuJoCo model: what draws it and measures in it, and where its bodies move freely, steps it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import mujoco
import numpy as np
from pxr import Usd, UsdGeom

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.build import (
    FRONT,
    GROUP_CLEAR,
    GROUP_ROBOT,
    GROUP_SOLID,
    ROBOT,
    ROBOT_GEOM,
    UNCOUNTED_GEOM,
    BuiltScene,
    Drive,
    add_base,
    add_lights,
    add_material,
    set_options,
)
from simgate.sim_adapters.mujoco.native.build import GROUP_HIDDEN, TOUCH_BIT
from simgate.sim_adapters.mujoco.native.placed import require_clear
from simgate.sim_adapters.scene.body import Material
from simgate.sim_adapters.scene.native import PutDown
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.stage_error import StageError
from simgate.sim_adapters.usd.native.appearance.lamps import read_lights
from simgate.sim_adapters.usd.native.geoms import add_geom, quaternion_of
from simgate.sim_adapters.usd.native.layout import joints_of
from simgate.sim_adapters.usd.native.solids import Solid, unscaled_pose
from simgate.sim_adapters.usd.native.target import vertical_fov_deg
from simgate.sim_adapters.usd.native.variant_stage import VariantStage
from simgate.sim_adapters.usd.physics import GRAVITY_MPS2


@dataclass(frozen=True, slots=True)
class Twin:
    """A compiled stage.

    Attributes:
        spec: Before it was compiled.
        built: The model, as sensors and renderer want it.
        followers: Path of a loose body -> mocap index; empty where MuJoCo moves them itself.
    """

    spec: mujoco.MjSpec
    built: BuiltScene
    followers: dict[str, int]


def build_twin(scene: Scene, timing: Timing, shown: VariantStage, *, steps: bool) -> Twin:
    """Compiles a stage.

    Args:
        scene: The scene that the stage shows.
        timing: Rates.
        shown: The stage.
        steps: Whether MuJoCo steps it. Loose bodies are then free, else another engine says where they are.

    Raises:
        ValueError: MuJoCo rejects it, or what was put down stands inside something.
    """
    lights, ambient_lux = read_lights(shown.stage)
    lit = replace(scene, lights=lights, ambient_lux=ambient_lux)
    put = scene.native.put if scene.native is not None else PutDown()
    if put.placed and not steps:
        build_twin(scene, timing, shown, steps=True)  # What another engine leads meets nothing in MuJoCo.
    builder = _Builder(lit, timing, shown, steps)
    try:
        model = builder.spec.compile()
    except ValueError as error:
        raise ValueError(f"MuJoCo cannot build {scene.name} with these values: {error}") from None
    if steps:
        require_clear(model, mujoco.MjData(model), put, besides=int(model.body(ROBOT).id))
    owners = np.full(model.ngeom, UNCOUNTED_GEOM, dtype=np.int64)
    for name, owner in builder.owners.items():
        owners[model.geom(name).id] = owner
    built = BuiltScene(
        model, owners, shown.layout.names, (), Drive(origin=(0.0, 0.0)), int(model.body(ROBOT).id),
        int(model.camera(FRONT).id), (GROUP_HIDDEN,), builder.start(model),
    )  # fmt: skip
    followers = {path: int(model.body(path).mocapid[0]) for path in shown.layout.loose} if not steps else {}
    return Twin(builder.spec, built, followers)


def stepped_twin(scene: Scene, timing: Timing) -> Twin:
    """The twin of a native scene of kind ``usd`` that MuJoCo steps itself, its loose bodies free.

    Raises:
        StageError: The file cannot be used, or has joints.
        ValueError: MuJoCo rejects it.
    """
    shown = VariantStage(scene, timing)
    joints = joints_of(shown.stage)
    if joints:
        raise StageError(
            f"{scene.name}: MuJoCo does not take over joints of a stage, such as {joints[0].GetPath()}; "
            "use --adapter physx or isaacsim"
        )
    return build_twin(scene, timing, shown, steps=True)


class _Builder:
    """Puts a stage together as an MjSpec."""

    def __init__(self, scene: Scene, timing: Timing, shown: VariantStage, steps: bool) -> None:
        self.spec = spec = mujoco.MjSpec()
        self.owners: dict[str, int] = {}
        self._shown, self._steps = shown, steps
        self._materials: dict[Material, str] = {}
        self._density: dict[str, float] = {}
        set_options(spec, scene, timing)
        spec.option.gravity = [0.0, 0.0, -GRAVITY_MPS2]
        # The robot is first: its joints and servos are where a drive's are by default.
        self._frames = {"": (spec.worldbody, np.eye(4))}
        self._add_robot(scene)
        for path in shown.layout.loose:
            self._add_loose(path)
        for solid in shown.solids:
            self._add_solid(solid)
        add_lights(spec, scene)

    def _add_robot(self, scene: Scene) -> None:
        layout = self._shown.layout
        base = add_base(self.spec, scene.robot, (0.0, 0.0, layout.height_m))
        pose = unscaled_pose(self._prim(layout.robot))
        self._frames[layout.robot] = (base, pose)
        camera = self._prim(layout.camera)
        seen = np.linalg.inv(pose) @ unscaled_pose(camera)
        fovy = vertical_fov_deg(UsdGeom.Camera(camera))
        base.add_camera(name=FRONT, pos=seen[:3, 3].tolist(), quat=quaternion_of(seen), fovy=fovy)

    def _add_loose(self, path: str) -> None:
        """A body that physics moves: free here, or led by another engine."""
        pose = unscaled_pose(self._prim(path))
        body = self.spec.worldbody.add_body(
            name=path, pos=pose[:3, 3].tolist(), quat=quaternion_of(pose), mocap=not self._steps
        )
        if self._steps:
            body.add_freejoint(name=path)
            self._weigh(path, body)
        self._frames[path] = (body, pose)

    def _weigh(self, path: str, body: Any) -> None:
        """Gives a free body its mass: by the density of its shapes, or as OpenUSD counts uneven ones."""
        mass = self._shown.masses[path]
        if mass.is_even:
            layout, solids = self._shown.layout, self._shown.solids
            volumes = [s.volume_m3() for s in solids if s.collides and layout.body_of(s.path) == path]
            self._density[path] = mass.mass_kg / max(1e-9, sum(volumes))
            return
        body.explicitinertial = True
        body.mass, body.inertia = mass.mass_kg, list(mass.inertia)
        body.ipos, body.iquat = list(mass.centre), list(mass.axes)

    def _add_solid(self, solid: Solid) -> None:
        layout = self._shown.layout
        is_robots, loose = layout.is_robots(solid.path), layout.body_of(solid.path)
        body, frame = self._frames[layout.robot if is_robots else loose or ""]
        pose = np.linalg.inv(frame) @ solid.pose
        is_floor = solid.path in layout.floor
        name = f"{solid.path}#{len(self.owners)}"
        touch = solid.collides
        add_geom(
            self.spec,
            body,
            solid,
            pose,
            name=name,
            material=add_material(self.spec, solid.look, self._materials),
            group=_group(solid, is_robots),
            density=self._density.get(loose or "", 0.0) if touch else 0.0,
            contype=(TOUCH_BIT if is_robots else 1) if touch else 0,
            conaffinity=(0 if is_robots else 1 if is_floor else 1 | TOUCH_BIT) if touch else 0,
        )
        owner = layout.owner(solid.path)
        number = layout.names.index(owner) if owner in layout.names else UNCOUNTED_GEOM
        self.owners[name] = ROBOT_GEOM if is_robots else number

    def _prim(self, path: str) -> Usd.Prim:
        return self._shown.stage.GetPrimAtPath(path)

    def start(self, model: mujoco.MjModel) -> tuple[tuple[int, float], ...]:
        """Positions of free bodies at step 0, by index."""
        if not self._steps:
            return ()
        starts: list[tuple[int, float]] = []
        for path in self._shown.layout.loose:
            first = int(model.joint(path).qposadr[0])
            starts += [(first + k, float(model.qpos0[first + k])) for k in range(7)]
        return tuple(starts)


def _group(solid: Solid, is_robots: bool) -> int:
    if not solid.is_drawn:
        return GROUP_HIDDEN
    if is_robots:
        return GROUP_ROBOT
    return GROUP_CLEAR if solid.look.lidar_transparent else GROUP_SOLID
