"""A native scene to a compiled model: the file, the values of the variant, and who owns which geom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.build import (
    GROUP_CLEAR,
    GROUP_ROBOT,
    GROUP_SOLID,
    ROBOT_GEOM,
    UNCOUNTED_GEOM,
    BuiltScene,
    Drive,
    geom_opacity,
    mount_camera,
)
from simgate.sim_adapters.mujoco.mujoco_log import compiled
from simgate.sim_adapters.mujoco.native.compiled import (
    collides,
    is_floor,
    robot_bodies,
    touchable,
)
from simgate.sim_adapters.mujoco.native.conditions import free_actuator_group
from simgate.sim_adapters.mujoco.native.placed import put_bodies, require_clear, starts_of
from simgate.sim_adapters.mujoco.native.planar import (
    CAMERA,
    DRIVE_SITE,
    PREFIX,
    planar_spec,
    unscaled_mass_kg,
)
from simgate.sim_adapters.mujoco.native.source import in_one_line, promised_source
from simgate.sim_adapters.mujoco.native.targets.target import Target, apply, parse_target
from simgate.sim_adapters.mujoco.servo import add_servos
from simgate.sim_adapters.scene.native import NativeSite, NativeValue
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.worlds.native_file import NativeError

GROUP_HIDDEN = 5
FIRST_HIDDEN_GROUP = 3
"""MuJoCo's viewers do not show this group and those above it; files keep collision geoms there."""
TOUCH_BIT = 1 << 30


def build_native(scene: Scene, timing: Timing) -> BuiltScene:
    """Compiles a native scene.

    Raises:
        ValueError: It has changed, or MuJoCo rejects it with these values.
    """
    site = scene.native
    assert site is not None
    spec, targets = native_spec(scene, timing)
    try:
        model = compiled(spec)
    except ValueError as error:
        raise ValueError(f"MuJoCo cannot build {site.path} with these values: {in_one_line(error)}") from None
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    robot = int(model.body(site.robot).id)
    require_clear(model, data, site.put, besides=robot)
    owners, names = _owners(model, data, robot, site)
    _let_touch(model, owners)
    _regroup(model, owners)
    drive = Drive(
        int(model.joint(f"{PREFIX}x").qposadr[0]),
        int(model.joint(f"{PREFIX}x").dofadr[0]),
        # Actuators of the site can have several controls, or none.
        int(model.actuator_ctrladr[model.actuator(f"{PREFIX}forward").id]),
    )
    return BuiltScene(
        model, owners, names, (), drive, robot, int(model.camera(site.camera or CAMERA).id), (GROUP_HIDDEN,),
        (*joint_starts(model, targets), *starts_of(model, site.put)),
    )  # fmt: skip


def native_spec(scene: Scene, timing: Timing) -> tuple[mujoco.MjSpec, list[tuple[Target, NativeValue]]]:
    """The file with the values of a scene, before it is compiled, and the targets with their values.

    Raises:
        ValueError: See :func:`build_native`.
    """
    site = scene.native
    assert site is not None
    source = promised_source(Path(site.path), site.sha256)
    try:
        planar = planar_spec(source, site.robot, site.pose)
        spec = planar.spec.copy()
        targets = set_values(spec, site.values)
    except NativeError as error:
        raise ValueError(f"{site.path}: {error}") from None
    put_bodies(spec, site.put)
    if planar.mass_scale is not None:
        # What a variant takes out or enlarges must not change the mass of the rest, above all the robot's.
        spec.compiler.settotalmass = planar.mass_scale * unscaled_mass_kg(spec)
    if site.camera is None:
        mount_camera(spec.body(site.robot), scene.camera, CAMERA, -planar.height_m)
    add_servos(
        spec, DRIVE_SITE, scene.robot, planar.mass_kg, planar.yaw_inertia_kgm2, PREFIX,
        free_actuator_group(spec),
    )  # fmt: skip
    spec.option.timestep = 1.0 / timing.physics_hz
    view = spec.visual
    view.global_.offwidth, view.global_.offheight = scene.camera.width, scene.camera.height
    # Numbers of bodies are drawn as colours; smoothing edges would mix them.
    view.quality.offsamples = 0
    return spec, targets


def set_values(
    spec: mujoco.MjSpec, values: Sequence[tuple[str, NativeValue]]
) -> list[tuple[Target, NativeValue]]:
    """Sets targets of a file that nobody has compiled yet, and returns them with their values.

    Raises:
        NativeError: The file has no such target.
    """
    targets = [(parse_target(text, spec), value) for text, value in values]
    # Whether something is there comes last: what is not there can still be given a colour.
    for target, value in sorted(targets, key=lambda item: item[0].attribute.kind == "present"):
        if target.attribute.kind != "present" or _is_there(target, spec):
            apply(target, spec, value)
    return targets


def _is_there(target: Target, spec: mujoco.MjSpec) -> bool:
    """Whether the element is not gone with the body that held it."""
    try:
        parse_target(target.text, spec)
    except NativeError:
        return False
    return True


def _owners(
    model: mujoco.MjModel, data: mujoco.MjData, robot: int, site: NativeSite
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """For each geom the number of its body in the names that are returned with it.

    A name of the pack (label, barrier) owns its geom, or the geoms of its body and what hangs on it.
    Everything else goes by its top-level body, and geoms of the world by their own names.
    """
    chosen = {name for name, _ in site.labels} | set(site.counted)
    of_robot = set(robot_bodies(model, robot).tolist())
    owners = np.full(model.ngeom, UNCOUNTED_GEOM, dtype=np.int64)
    numbers: dict[str, int] = {}
    for geom in range(model.ngeom):
        body = int(model.geom_bodyid[geom])
        if body in of_robot:
            owners[geom] = ROBOT_GEOM
            continue
        name = _owner(model, geom, body, chosen)
        if name in chosen or not is_floor(model, data, geom):
            owners[geom] = numbers.setdefault(name, len(numbers))
    return owners, tuple(numbers)


def _owner(model: mujoco.MjModel, geom: int, body: int, chosen: set[str]) -> str:
    own = str(model.geom(geom).name)
    if own in chosen:
        return own
    above = body
    while above:
        name = str(model.body(above).name)
        if name in chosen:
            return name
        above = int(model.body_parentid[above])
    if body == 0:
        return own or f"geom {geom}"
    top = int(model.body_rootid[body])
    return str(model.body(top).name) or f"body {top}"


def _let_touch(model: mujoco.MjModel, owners: NDArray[np.int64]) -> None:
    """Lets the robot touch what it could touch in the file, except for the floor and itself.

    On planar joints it cannot be lifted, so a floor that it rubs against would only brake it. It touches
    where the shapes meet: a margin would push it before a collision is one.
    """
    robot = [g for g in range(model.ngeom) if owners[g] == ROBOT_GEOM and collides(model, g)]
    touched = np.flatnonzero((owners >= 0) & touchable(model, robot))
    model.geom_contype[:] &= ~TOUCH_BIT
    model.geom_conaffinity[:] &= ~TOUCH_BIT
    model.geom_conaffinity[touched] |= TOUCH_BIT
    model.geom_contype[robot], model.geom_conaffinity[robot] = TOUCH_BIT, 0
    for geoms in (robot, touched):
        model.geom_margin[geoms] = model.geom_gap[geoms] = 0.0
    for body in range(model.nbody):
        geoms = np.flatnonzero(model.geom_bodyid == body)
        model.body_contype[body] = np.bitwise_or.reduce(model.geom_contype[geoms], initial=0)
        model.body_conaffinity[body] = np.bitwise_or.reduce(model.geom_conaffinity[geoms], initial=0)


def can_touch(model: mujoco.MjModel, geom: int) -> bool:
    """Whether the robot can touch a geom of the site."""
    return bool(model.geom_conaffinity[geom] & TOUCH_BIT)


def _regroup(model: mujoco.MjModel, owners: NDArray[np.int64]) -> None:
    """Groups by what is seen: by nobody, by the camera alone (the robot, glass), by the lidar too."""
    groups = np.where(geom_opacity(model) < 1.0, GROUP_CLEAR, GROUP_SOLID)
    groups[owners == ROBOT_GEOM] = GROUP_ROBOT
    model.geom_group[:] = np.where(model.geom_group >= FIRST_HIDDEN_GROUP, GROUP_HIDDEN, groups)


def keep_set(
    model: mujoco.MjModel, data: mujoco.MjData, targets: Sequence[tuple[Target, NativeValue]]
) -> None:
    """Puts loose and guided bodies where targets have them, which a stored pose knows nothing of."""
    for target, _ in targets:
        body = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, target.name)
        is_turn = target.attribute.kind == "turn"
        if target.kind != "body" or body < 0 or not (is_turn or target.key == "pos"):
            continue
        parts = slice(3, 7) if is_turn else slice(0, 3) if target.part is None else target.part
        joint = int(model.body_jntadr[body])
        if joint >= 0 and model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_FREE:
            first = int(model.jnt_qposadr[joint])
            data.qpos[first : first + 7][parts] = model.qpos0[first : first + 7][parts]
        guided = int(model.body_mocapid[body])
        if guided >= 0 and is_turn:
            data.mocap_quat[guided] = model.body_quat[body]
        elif guided >= 0:
            data.mocap_pos[guided][parts] = model.body_pos[body][parts]


def joint_starts(
    model: mujoco.MjModel, targets: list[tuple[Target, NativeValue]]
) -> tuple[tuple[int, float], ...]:
    """Where joints stand at the start by their targets: index into ``qpos``, and value."""
    found = []
    for target, value in targets:
        if target.attribute.kind != "start":
            continue
        number = float(np.asarray(value))
        joint = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT, target.name)
        if joint >= 0:  # Gone with its body, or one of the robot's, which are locked.
            radians = np.radians(number) if target.key == "start_deg" else number
            found.append((int(model.jnt_qposadr[joint]), float(radians)))
    return tuple(found)
