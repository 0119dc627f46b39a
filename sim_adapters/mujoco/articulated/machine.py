"""A file with the values of a variant, compiled with its robot on its own joints.

Beside the values, only what was asked for is changed: the time step, servos, the size of pictures.
Integrator, solver, gravity and contacts are the file's: a policy that was trained on it expects its physics.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.actuation import Actuation, actuation_of, put_servos
from simgate.sim_adapters.mujoco.articulated.names import names_there, need
from simgate.sim_adapters.mujoco.articulated.pictures import Drawn, drawn_of
from simgate.sim_adapters.mujoco.build import GROUP_CLEAR, GROUP_SOLID, BuiltScene, Drive, geom_opacity
from simgate.sim_adapters.mujoco.mujoco_log import compiled
from simgate.sim_adapters.mujoco.native.build import (
    FIRST_HIDDEN_GROUP,
    GROUP_HIDDEN,
    joint_starts,
    keep_set,
    set_values,
)
from simgate.sim_adapters.mujoco.native.compiled import state_at
from simgate.sim_adapters.mujoco.native.conditions import check_flags
from simgate.sim_adapters.mujoco.native.placed import put_bodies, require_clear, starts_of
from simgate.sim_adapters.mujoco.native.planar import mass_scale_of, unscaled_mass_kg
from simgate.sim_adapters.mujoco.native.source import Source, in_one_line, promised_source
from simgate.sim_adapters.mujoco.native.targets.target import Target
from simgate.sim_adapters.scene.articulated import ArticulatedSite, CameraSensor, Servos
from simgate.sim_adapters.scene.native import MOST_COPIES, NativeValue, PutDown
from simgate.sim_adapters.worlds.native_file import NativeError


@dataclass(frozen=True, eq=False)
class Machine:
    """A compiled world with an articulated robot.

    Attributes:
        built: Model, start and drawn groups of shapes.
        drawn: What the pixels of a segmentation mean.
        actuation: What the robot is told.
        key: Number of the stored pose that it starts in; -1 for the file's own.
        allow: Pairs of bodies or shapes of this world whose touching is no contact of the robot.
        put: Bodies that the variant put down.
        targets: What it set.
    """

    built: BuiltScene
    drawn: Drawn
    actuation: Actuation
    key: int
    allow: tuple[tuple[str, str], ...]
    put: PutDown
    targets: tuple[tuple[Target, NativeValue], ...]


def build_machine(site: ArticulatedSite, timing: Timing) -> Machine:
    """Compiles a world.

    Raises:
        ValueError: The file has changed, lacks what is asked of it, or MuJoCo rejects it with these values.
    """
    try:
        if site.kind == "usd":
            from simgate.sim_adapters.mujoco.stage_twin.jointed import variant_of

            source, site, whole = variant_of(site)
            return machine_of(source, site, timing, whole)
        return machine_of(promised_source(Path(site.path), site.sha256), site, timing)
    except NativeError as error:
        raise ValueError(f"{site.path}: {error}") from None
    except ValueError as error:
        raise ValueError(f"MuJoCo cannot build {site.path} with these values: {in_one_line(error)}") from None


def machine_of(
    source: Source, site: ArticulatedSite, timing: Timing, whole: mujoco.MjModel | None = None
) -> Machine:
    """A world of an opened file.

    Args:
        source: The file.
        site: What to make of it.
        timing: Rates.
        whole: The file by whose bodies those of all variants are numbered, where ``source`` is
            already that of the variant; None where it is the file.

    Raises:
        NativeError: The file lacks what is asked of it.
        ValueError: MuJoCo rejects it with these values.
    """
    spec = source.spec.copy()
    check_flags(spec, source.opened)
    if need(source.model, "body", site.robot) == 0:
        message = f"body '{site.robot}' is everything, and nothing would ever touch it"
        raise NativeError("file", message, "name the body that is the robot")
    if site.pose is not None:
        state_at(source.model, site.pose)
    # Servos go by the joints of the file before values take something out of it.
    if isinstance(site.drive, Servos):
        put_servos(spec, source.model, site.robot, site.drive)
    targets = set_values(spec, site.values)
    if whole is None:
        put_bodies(spec, site.put)
    scale = mass_scale_of(source.spec, source.model)
    if scale is not None and (site.values or site.put.bodies):
        # What a variant takes out or enlarges must not change the mass of the rest.
        spec.compiler.settotalmass = scale * unscaled_mass_kg(spec)
    spec.option.timestep = 1.0 / timing.physics_hz
    cameras = [sensor for _, sensor in site.sensors if isinstance(sensor, CameraSensor)]
    view = spec.visual
    view.global_.offwidth = max((camera.width for camera in cameras), default=16)
    view.global_.offheight = max((camera.height for camera in cameras), default=16)
    view.quality.offsamples = 0  # Numbers of bodies are drawn as colours; smoothing edges would mix them.
    model = compiled(spec)
    start = (*joint_starts(model, targets), *starts_of(model, site.put))
    return _with_roles(model, site, start, tuple(targets), whole or source.model)


def _with_roles(
    model: mujoco.MjModel,
    site: ArticulatedSite,
    start: tuple[tuple[int, float], ...],
    targets: tuple[tuple[Target, NativeValue], ...],
    whole: mujoco.MjModel,
) -> Machine:
    groups = np.where(geom_opacity(model) < 1.0, GROUP_CLEAR, GROUP_SOLID)
    model.geom_group[:] = np.where(model.geom_group >= FIRST_HIDDEN_GROUP, GROUP_HIDDEN, groups)
    labels = [
        (there, label) for name, label in site.labels for there in names_there(model, whole, site.put, name)
    ]
    # Every world of a batch has the same channels, whichever bodies are there.
    classes = tuple(dict.fromkeys(label for _, label in site.labels))
    drawn = drawn_of(model, whole, labels, classes, MOST_COPIES if site.put.bodies else 0)
    names = tuple(str(number) for number in range(len(drawn.instance) - 1))
    robot = need(model, "body", site.robot)
    built = BuiltScene(model, drawn.owners, names, (), Drive(), robot, 0, (GROUP_HIDDEN,), start)
    key = -1 if site.pose is None else int(model.key(site.pose).id)
    allow = tuple(
        (a, b)
        for one, other in site.allow
        for a in names_there(model, whole, site.put, one)
        for b in names_there(model, whole, site.put, other)
    )
    actuation = actuation_of(model, site.robot, clip=site.clip)
    return Machine(built, drawn, actuation, key, allow, site.put, targets)


def start_state(machine: Machine) -> mujoco.MjData:
    """A fresh state at step 0: the stored pose or the file's own, joints where a variant wants them.

    Raises:
        ValueError: What was put down stands inside something.
    """
    model = machine.built.model
    data = mujoco.MjData(model)
    if machine.key >= 0:
        mujoco.mj_resetDataKeyframe(model, data, machine.key)
        keep_set(model, data, machine.targets)
    for index, value in machine.built.start:
        data.qpos[index] = value
    require_clear(model, data, machine.put)
    mujoco.mj_forward(model, data)
    return data
