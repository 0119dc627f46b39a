"""A native world as the pack's reader would make it, without a pack."""

from __future__ import annotations

from collections.abc import Mapping

from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensor import Camera, Lidar
from simgate.sim_adapters.worlds.declared.native import Knob, NativeSpec, NativeWorld
from simgate.sim_adapters.worlds.native_file import NativeFile
from simgate.sim_adapters.worlds.world import Value


def world_of_file(
    kind: str,
    file: NativeFile,
    targets: Mapping[str, str] | None,
    robot: str,
    camera: str | Camera,
    pose: str | None = None,
    labels: Mapping[str, str] | None = None,
    barrier: Mapping[str, str] | None = None,
    open_from: Mapping[str, float] | None = None,
) -> NativeWorld:
    """The world of a file; the goal is at (4, 1.5)."""
    facts = file.robot(robot, pose)
    mount = camera
    if isinstance(mount, str):
        seen = file.camera(mount, robot)
        mount = Camera(seen.width, seen.height, seen.vertical_fov_deg, seen.position, seen.pitch_deg)
    path = file.files[0]
    spec = NativeSpec(
        kind=kind,
        file=path.name,
        sha256=file.sha256,
        robot_body=robot,
        robot=Robot(facts.start, facts.radius_m, facts.height_m, facts.mass_kg),
        camera_name=camera if isinstance(camera, str) else None,
        camera=mount,
        lidar=Lidar(),
        goal=(4.0, 1.5),
        pose=pose,
        labels=dict(labels or {}),
        barrier=dict(barrier or {}),
        open_from=dict(open_from or {}),
        knobs={name: Knob(file.target(target), (target,)) for name, target in (targets or {}).items()},
    )
    return NativeWorld(spec, path.parent)


def scene_of(world: NativeWorld, **values: Value) -> Scene:
    """A scene with these parameters (``__`` for a dot in a name), the others at their defaults."""
    parameters: dict[str, Value] = {name: spec.default for name, spec in world.parameters.items()}
    parameters |= {name.replace("__", "."): value for name, value in values.items()}
    return world.build(parameters, ())
