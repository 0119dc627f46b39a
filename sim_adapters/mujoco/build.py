"""``Scene`` to a compiled MuJoCo model.

Every model has the same textures in the same order, so that one OpenGL context (130 ms to make) serves all
variants; colour comes from the materials.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.defaults import without_defaults
from simgate.sim_adapters.mujoco.drawing.lighting import Lit, light_levels
from simgate.sim_adapters.mujoco.servo import add_planar_joints, add_servos
from simgate.sim_adapters.scene.body import Body, Material, Part, Vec3
from simgate.sim_adapters.scene.pattern import PATTERNS, pattern_pixels
from simgate.sim_adapters.scene.robot import Robot
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.sensor import Camera

ROBOT, FRONT = "robot", "front"
"""Names of the robot's body and of its camera in a model."""
GROUP_SOLID, GROUP_CLEAR, GROUP_ROBOT = 0, 3, 4
ROBOT_GEOM, UNCOUNTED_GEOM = -1, -2
"""Owners of geoms that are no body's: the robot's, and what is never touched or told apart (a floor)."""
_CONTACT_ROBOT, _CONTACT_WORLD = 1, 2
_SHAPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
}
_PATTERNS = {pattern: f"pattern_{pattern}" for pattern in PATTERNS}


@dataclass(frozen=True, slots=True)
class Drive:
    """Where the robot's three planar joints (x, y, yaw) and their servos are in a model.

    Attributes:
        qpos: Index of the first of the three positions.
        dof: Index of the first of the three velocities.
        ctrl: Index of the first of the three controls (forward, sideways, turn).
        origin: (x m, y m) of the robot where the joints are at zero.
    """

    qpos: int = 0
    dof: int = 0
    ctrl: int = 0
    origin: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class BuiltScene:
    """A compiled scene.

    Attributes:
        model: The MuJoCo model.
        geom_body: For each geom the index of its body in ``names``, or ``ROBOT_GEOM``, or ``UNCOUNTED_GEOM``;
            int64 (G,).
        names: Names of the bodies, fixed ones first, then actors'.
        mocap_ids: Mocap index of each actor.
        drive: Where the robot's drive is.
        robot_body: Number of the robot's body in the model.
        camera: Number of the robot's camera in the model.
        unseen_groups: Groups of geoms that are not drawn.
        start: Positions of all joints at step 0 but the robot's own three, by index.
    """

    model: mujoco.MjModel
    geom_body: NDArray[np.int64]
    names: tuple[str, ...]
    mocap_ids: tuple[int, ...]
    drive: Drive
    robot_body: int
    camera: int = 0
    unseen_groups: tuple[int, ...] = (GROUP_ROBOT,)
    start: tuple[tuple[int, float], ...] = ()


def geom_opacity(model: mujoco.MjModel) -> NDArray[np.float64]:
    """Opacity of each geom as it is drawn, 0 to 1, float64, shape (G,)."""
    return geom_colour(model)[:, 3]


def geom_colour(model: mujoco.MjModel) -> NDArray[np.float64]:
    """Colour and opacity of each geom as it is drawn, without its texture, 0 to 1, float64, shape (G, 4)."""
    own = model.geom_rgba
    of_material = model.mat_rgba[model.geom_matid] if model.nmat else own
    # MuJoCo draws with the material's colour where the geom has none of its own.
    unset = np.all(np.isclose(own, (0.5, 0.5, 0.5, 1.0)), axis=1)
    drawn: NDArray[np.float64] = np.where(((model.geom_matid >= 0) & unset)[:, None], of_material, own)
    return drawn.astype(np.float64)


def build_model(scene: Scene, timing: Timing) -> BuiltScene:
    """Compiles a scene.

    Raises:
        ValueError: MuJoCo rejects the scene; the message carries its reason.
    """
    spec, owners = build_spec(scene, timing)
    try:
        model = spec.compile()
    except ValueError as error:
        raise ValueError(f"MuJoCo cannot build scene '{scene.name}': {error}") from None
    geom_body = np.full(model.ngeom, ROBOT_GEOM, dtype=np.int64)
    for name, index in owners:
        geom_body[model.geom(name).id] = index
    bodies = [*scene.bodies, *(actor.body for actor in scene.actors)]
    mocap_ids = tuple(int(model.body(f"body/{a.body.name}").mocapid[0]) for a in scene.actors)
    names = tuple(body.name for body in bodies)
    x, y, _ = scene.robot.start
    return BuiltScene(model, geom_body, names, mocap_ids, Drive(origin=(x, y)), int(model.body(ROBOT).id))


def build_spec(scene: Scene, timing: Timing) -> tuple[mujoco.MjSpec, list[tuple[str, int]]]:
    """A scene before it is compiled, and for each geom's name the number of its body."""
    spec = mujoco.MjSpec()
    set_options(spec, scene, timing)
    _add_patterns(spec)
    materials: dict[Material, str] = {}
    owners: list[tuple[str, int]] = []
    bodies = [(body, False) for body in scene.bodies] + [(actor.body, True) for actor in scene.actors]
    for index, (body, moves) in enumerate(bodies):
        _add_body(spec, body, index, moves, materials, owners)
    _add_robot(spec, scene.robot, scene.camera, materials)
    add_lights(spec, scene)
    return spec, owners


def set_options(spec: mujoco.MjSpec, scene: Scene, timing: Timing) -> None:
    """Solver and picture as every scene has them."""
    spec.modelname = scene.name
    spec.option.timestep = 1.0 / timing.physics_hz
    spec.option.gravity = [0.0, 0.0, 0.0]
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.visual.global_.offwidth, spec.visual.global_.offheight = scene.camera.width, scene.camera.height
    set_picture(spec)


def set_picture(spec: mujoco.MjSpec) -> None:
    """How things are drawn: lit by lights of their own alone, without smoothed edges, from 2 cm to 60 m."""
    spec.stat.extent = 1.0
    spec.stat.center = [0.0, 0.0, 1.0]
    view = spec.visual
    view.quality.offsamples = 0
    view.quality.shadowsize = 256
    view.quality.numquads = 8
    view.map.znear, view.map.zfar = 0.02, 60.0
    view.headlight.ambient = [0.0, 0.0, 0.0]
    view.headlight.diffuse = [0.0, 0.0, 0.0]
    view.headlight.specular = [0.0, 0.0, 0.0]


def _add_patterns(spec: mujoco.MjSpec) -> None:
    """The neutral patterns, which every model has."""
    for pattern, name in _PATTERNS.items():
        grey = pattern_pixels(pattern)
        texture = spec.add_texture(
            name=name,
            type=mujoco.mjtTexture.mjTEXTURE_2D,
            width=grey.shape[1],
            height=grey.shape[0],
            nchannel=3,
        )
        texture.data = np.repeat(grey.reshape(-1), 3).tobytes()


def add_material(spec: mujoco.MjSpec, look: Material, known: dict[Material, str]) -> str:
    """Name of the material with a look, which is added where it is not known yet."""
    if look in known:
        return known[look]
    name = f"material_{len(known)}"
    material = spec.add_material(
        name=name,
        rgba=[*look.rgb, look.opacity],
        emission=look.emission,
        specular=0.9 * (1.0 - look.roughness),
        shininess=max(0.02, 1.0 - look.roughness),
        reflectance=look.reflectance,
    )
    if look.pattern != "plain":
        material.textures[int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = _PATTERNS[look.pattern]
        material.texuniform = 1
        material.texrepeat = [1.0 / look.tile_m, 1.0 / look.tile_m]
    known[look] = name
    return name


def _add_body(
    spec: mujoco.MjSpec,
    body: Body,
    index: int,
    moves: bool,
    materials: dict[Material, str],
    owners: list[tuple[str, int]],
) -> None:
    half = 0.5 * body.yaw
    node = spec.worldbody.add_body(
        name=f"body/{body.name}",
        pos=list(body.position),
        quat=[math.cos(half), 0.0, 0.0, math.sin(half)],
        mocap=moves,
    )
    for number, part in enumerate(body.parts):
        name = f"geom/{body.name}/{number}"
        _add_part(spec, node, name, part, materials)
        owners.append((name, index))


def _add_part(
    spec: mujoco.MjSpec, node: mujoco.MjsBody, name: str, part: Part, materials: dict[Material, str]
) -> None:
    half = 0.5 * part.yaw
    node.add_geom(
        name=name,
        type=_SHAPES[part.kind],
        size=list(part.size),
        pos=list(part.position),
        quat=[math.cos(half), 0.0, 0.0, math.sin(half)],
        material=add_material(spec, part.material, materials),
        group=GROUP_CLEAR if part.material.lidar_transparent else GROUP_SOLID,
        contype=_CONTACT_WORLD if part.collides else 0,
        conaffinity=_CONTACT_ROBOT if part.collides else 0,
    )


def _add_robot(spec: mujoco.MjSpec, robot: Robot, camera: Camera, materials: dict[Material, str]) -> None:
    """A hull on two slides and a hinge, driven by velocity servos in the body's own frame."""
    x, y, _ = robot.start
    base = add_base(spec, robot, (x, y, 0.0))
    base.add_geom(
        name="hull",
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=[robot.radius_m, 0.5 * robot.height_m, 0.0],
        pos=[0.0, 0.0, 0.5 * robot.height_m],
        material=add_material(spec, robot.material, materials),
        group=GROUP_ROBOT,
        contype=_CONTACT_ROBOT,
        conaffinity=_CONTACT_WORLD,
        friction=[0.3, 0.005, 0.0001],
    )
    mount_camera(base, camera, FRONT)


def add_base(spec: mujoco.MjSpec, robot: Robot, position: Vec3) -> mujoco.MjsBody:
    """The robot's body without shapes: a solid cylinder on the floor, on planar joints, with servos.

    Args:
        spec: Takes it; must have no other joints and actuators yet.
        robot: Mass, hull and drive.
        position: Of the body's origin, metres.
    """
    base = spec.worldbody.add_body(name=ROBOT, pos=list(position))
    base.explicitinertial = True
    base.mass = robot.mass_kg
    tilt = robot.tilt_inertia_kgm2
    base.inertia = [tilt, tilt, robot.yaw_inertia_kgm2]
    base.ipos = [0.0, 0.0, 0.5 * robot.height_m - position[2]]
    add_planar_joints(base)
    base.add_site(name="drive", pos=[0.0, 0.0, 0.0])
    add_servos(spec, "drive", robot, robot.mass_kg, robot.yaw_inertia_kgm2)
    return base


def mount_camera(base: mujoco.MjsBody, camera: Camera, name: str, floor_m: float = 0.0) -> None:
    """Puts the scene's camera onto a body.

    Args:
        base: Upright, X ahead.
        camera: Mount and intrinsics.
        name: Of the new camera.
        floor_m: Height of the floor in the body's frame.
    """
    x, y, z = camera.position
    mounted = without_defaults(base.add_camera(name=name))
    mounted.pos = [x, y, z + floor_m]
    mounted.fovy = camera.vertical_fov_deg
    mounted.quat = _camera_quaternion(math.radians(camera.pitch_deg))


def _camera_quaternion(pitch: float) -> list[float]:
    """Camera looks along its -Z with +Y up; ours looks along the robot's +X, turned up by ``pitch``."""
    c, s = math.cos(pitch), math.sin(pitch)
    right, up, back = (0.0, -1.0, 0.0), (-s, 0.0, c), (-c, 0.0, -s)
    matrix = np.array([right, up, back], dtype=np.float64).T.reshape(9)
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, matrix)
    return [float(q) for q in quaternion]


def add_lights(spec: mujoco.MjSpec, scene: Lit) -> None:
    """The lights of a scene, as they are at time 0."""
    ambient, colours = light_levels(scene, 0.0)
    spec.visual.headlight.ambient = list(ambient)
    for light, colour in zip(scene.lights, colours, strict=True):
        spec.worldbody.add_light(
            name=light.name,
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            pos=list(light.position),
            dir=list(light.direction),
            diffuse=list(colour),
            specular=[0.6 * channel for channel in colour],
            ambient=[0.0, 0.0, 0.0],
            castshadow=light.casts_shadow,
        )
