"""What cameras see of a model on a stage: colours of its shapes, lights, and the cameras themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import mujoco
import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux

from simgate.sim_adapters.embodiment import Intrinsics
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.mujoco.articulated.names import need
from simgate.sim_adapters.mujoco.build import BuiltScene, geom_colour
from simgate.sim_adapters.mujoco.drawing.renderer import far_m
from simgate.sim_adapters.mujoco.native.build import GROUP_HIDDEN
from simgate.sim_adapters.mujoco.native.lens import require_pinhole
from simgate.sim_adapters.physx.articulated.links import Array, pose_in
from simgate.sim_adapters.physx.articulated.stage import (
    PLANE,
    Machinery,
    define_shape,
    quaternion,
    shape_paths,
    vec,
)
from simgate.sim_adapters.scene.articulated import CameraSensor, Sensor
from simgate.sim_adapters.scene.body import Material
from simgate.sim_adapters.usd.camera import define_lens
from simgate.sim_adapters.usd.colour import REFERENCE_LUX, linear, linear_rgb
from simgate.sim_adapters.usd.materials import MaterialLibrary
from simgate.sim_adapters.usd.paths import AMBIENT, LIGHTS, WORLD, paths_of
from simgate.sim_adapters.usd.placing import place
from simgate.sim_adapters.worlds.native_file import NativeError

CAMERAS = f"{WORLD}/Cameras"
ENDLESS_M = 200.0
"""Edge of a plane without an end, as it is drawn."""
LAMP_M = 0.05
"""Radius of a light that is somewhere."""
_UNDRAWN = {int(kind) for kind in (mujoco.mjtGeom.mjGEOM_HFIELD, mujoco.mjtGeom.mjGEOM_ELLIPSOID)}


class Eye(NamedTuple):
    """A camera of the model, and the size of its pictures in pixels."""

    camera: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class ShownWorld:
    """A stage that moves and is seen.

    Attributes:
        made: The stage.
        geoms: Path of what is drawn -> number of the shape.
        cameras: Path of the prim of each eye.
    """

    made: Machinery
    geoms: dict[str, int]
    cameras: dict[Eye, str]


def eyes_of(model: mujoco.MjModel, sensors: Iterable[Sensor]) -> tuple[Eye, ...]:
    """The cameras among some sensors, each once.

    Raises:
        NativeError: One of them moves on its body, or looks at what has no prim.
    """
    found = [one for one in sensors if isinstance(one, CameraSensor)]
    eyes = [Eye(need(model, "camera", one.camera), one.width, one.height) for one in found]
    for eye in eyes:
        require_pinhole(model, *eye)
    undrawn = [geom for geom in range(model.ngeom) if _is_undrawn(model, geom)] if eyes else []
    if undrawn:
        name = model.geom(undrawn[0]).name or f"geom {undrawn[0]}"
        message = (
            f"geom '{name}' is an ellipsoid, a height field or a plane that moves, and is not drawn here"
        )
        raise NativeError("element", message, "make it a mesh, or hide it (group 3)")
    return tuple(dict.fromkeys(eyes))


def _is_undrawn(model: mujoco.MjModel, geom: int) -> bool:
    kind, moves = int(model.geom_type[geom]), bool(model.body_weldid[model.geom_bodyid[geom]])
    return model.geom_group[geom] != GROUP_HIDDEN and (kind in _UNDRAWN or (kind == PLANE and moves))


def show(made: Machinery, machine: Machine, data: mujoco.MjData, eyes: tuple[Eye, ...]) -> ShownWorld:
    """Adds to a stage what its cameras are to see; where none looks it stays as it is.

    Args:
        made: The stage; edited.
        machine: The compiled model.
        data: The state that the stage shows, derived.
        eyes: The cameras.
    """
    if not eyes:
        return ShownWorld(made, dict(made.geoms), {})
    built = machine.built
    geoms = _colour(made, built, data)
    _define_lights(made.stage, built.model, data)
    UsdGeom.Scope.Define(made.stage, CAMERAS)
    return ShownWorld(made, geoms, {eye: _define_camera(made, built.model, data, eye) for eye in eyes})


def _colour(made: Machinery, built: BuiltScene, data: mujoco.MjData) -> dict[str, int]:
    """Gives every shape its colour, or hides it; those that nothing touches are added."""
    model, stage = built.model, made.stage
    colours = geom_colour(model)
    drawn = ~np.isin(model.geom_group, built.unseen_groups) & (colours[:, 3] > 0.0)
    solid = {geom: path for path, geom in made.geoms.items()}
    paths = shape_paths(made, model, np.flatnonzero(drawn).tolist())
    library = MaterialLibrary(stage)
    for geom in sorted({*solid, *paths}):
        if not drawn[geom]:
            UsdGeom.Imageable(stage.GetPrimAtPath(solid[geom])).MakeInvisible()
            continue
        prim = (
            stage.GetPrimAtPath(solid[geom])
            if geom in solid
            else define_shape(made, model, data, geom, paths[geom])
        )
        if int(model.geom_type[geom]) == PLANE:
            width, length = (2.0 * float(half) or ENDLESS_M for half in model.geom_size[geom, :2])
            plane = UsdGeom.Plane(prim)
            plane.CreateWidthAttr(width)
            plane.CreateLengthAttr(length)
        library.bind(prim, _look(model, geom, colours[geom].tolist()))
    return {path: geom for geom, path in paths.items()}


def _look(model: mujoco.MjModel, geom: int, rgba: list[float]) -> Material:
    """Colour of a shape; of a texture its mean."""
    red, green, blue, opacity = rgba
    material = int(model.geom_matid[geom])
    if material < 0:
        return Material((red, green, blue), opacity)
    tint = _mean_of_texture(model, material)
    return Material(
        (red * tint[0], green * tint[1], blue * tint[2]), opacity,
        reflectance=float(model.mat_reflectance[material]), emission=float(model.mat_emission[material]),
    )  # fmt: skip


def _mean_of_texture(model: mujoco.MjModel, material: int) -> list[float]:
    texture = int(model.mat_texid[material][int(mujoco.mjtTextureRole.mjTEXROLE_RGB)])
    if texture < 0:
        return [1.0, 1.0, 1.0]
    channels, first = int(model.tex_nchannel[texture]), int(model.tex_adr[texture])
    count = int(model.tex_width[texture]) * int(model.tex_height[texture]) * channels
    pixels = model.tex_data[first : first + count].reshape(-1, channels) / 255.0
    shown = pixels[:, :3] if channels >= len("rgb") else np.repeat(pixels[:, :1], 3, axis=1)
    return [float(value) for value in shown.mean(axis=0)]


def _define_camera(made: Machinery, model: mujoco.MjModel, data: mujoco.MjData, eye: Eye) -> str:
    """A camera on what it moves with."""
    link = made.link_of.get(int(model.cam_bodyid[eye.camera]))
    name = f"{model.camera(eye.camera).name} {eye.width} {eye.height}"
    path = paths_of(CAMERAS if link is None else link.path, [f"Camera_{name}"])[f"Camera_{name}"]
    focal = Intrinsics(eye.width, eye.height, float(model.cam_fovy[eye.camera])).focal_px
    near = float(model.vis.map.znear * model.stat.extent)
    prim = define_lens(made.stage, path, focal, (eye.width, eye.height), (near, far_m(model)))
    pose = data.cam_xpos[eye.camera], data.cam_xmat[eye.camera].reshape(3, 3)
    position, axes = pose_in(data, link.body, *pose) if link is not None else pose
    place(prim, vec(position), Gf.Quatd(*quaternion(axes)))
    return path


def _define_lights(stage: Usd.Stage, model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """The model's lights where they are at the start.

    MuJoCo adds up what lights give as the display shows it; here they share the linear light that gives it.
    """
    lamps = [k for k in range(model.nlight) if model.light_active[k]]
    head = model.vis.headlight
    around = np.zeros(3) + (np.array(head.ambient) + np.array(head.diffuse) if head.active else 0.0)
    around += sum((np.array(model.light_ambient[k]) for k in lamps), start=np.zeros(3))
    levels = [np.array(model.light_diffuse[k], dtype=np.float64) for k in lamps]
    total = float((around + sum(levels, start=np.zeros(3))).max())
    lux = REFERENCE_LUX * linear(min(total, 1.0)) / total if total > 0.0 else 0.0
    UsdGeom.Scope.Define(stage, LIGHTS)
    dome = UsdLux.DomeLight.Define(stage, AMBIENT)
    _shine(dome.GetPrim(), around, lux / math.pi)
    named = paths_of(LIGHTS, (f"Lamp_{k}" for k in lamps))
    for number, level in zip(lamps, levels, strict=True):
        path, towards = named[f"Lamp_{number}"], data.light_xdir[number]
        if int(model.light_type[number]) == int(mujoco.mjtLightType.mjLIGHT_DIRECTIONAL):
            sun = UsdLux.DistantLight.Define(stage, path)
            sun.CreateNormalizeAttr(True)
            prim, intensity = sun.GetPrim(), lux
        else:
            prim = _define_lamp(stage, path, float(model.light_cutoff[number]))
            far = _reach(model, data, number)
            intensity = lux * far * far / (math.pi * LAMP_M * LAMP_M)
        _shine(prim, level, intensity)
        place(prim, vec(data.light_xpos[number]), Gf.Quatd(*quaternion(_looking_along(towards))))


def _define_lamp(stage: Usd.Stage, path: str, cutoff_deg: float) -> Usd.Prim:
    lamp = UsdLux.SphereLight.Define(stage, path)
    lamp.CreateRadiusAttr(LAMP_M)
    prim = lamp.GetPrim()
    UsdLux.ShapingAPI.Apply(prim).CreateShapingConeAngleAttr(cutoff_deg)
    # RTX: the lamp itself is not to be seen.
    prim.CreateAttribute("visibleInPrimaryRay", Sdf.ValueTypeNames.Bool).Set(False)
    return prim


def _shine(prim: Usd.Prim, level: Array, intensity: float) -> None:
    """Colour and brightness; ``intensity`` is that of a level of 1."""
    light, most = UsdLux.LightAPI(prim), float(level.max())
    colour = (level / most if most > 0.0 else np.ones(3)).tolist()
    light.CreateColorAttr(Gf.Vec3f(*linear_rgb((colour[0], colour[1], colour[2]))))
    light.CreateIntensityAttr(intensity * most)


def _reach(model: mujoco.MjModel, data: mujoco.MjData, light: int) -> float:
    """Distance to what a light is turned to, metres: MuJoCo's light does not fade, and a lamp does."""
    met = np.full(1, -1, dtype=np.int32)
    start, way = data.light_xpos[light], data.light_xdir[light]
    far = mujoco.mj_ray(model, data, start, way, None, 1, -1, met)
    return float(far) if met[0] >= 0 else float(model.stat.extent)


def _looking_along(direction: Array) -> Array:
    """A frame whose -Z axis points along a direction, as lights of USD shine."""
    z = -direction / np.linalg.norm(direction)
    x = np.cross(np.eye(3)[int(np.argmin(np.abs(z)))], z)
    x /= np.linalg.norm(x)
    return np.column_stack((x, np.cross(z, x), z))
