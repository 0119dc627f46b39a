"""What a model has, or is asked to tell, that PhysX has not: refused, and never left out in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import mujoco
import numpy as np

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.check import CheckedRobot
from simgate.sim_adapters.physx.articulated.links import name_of
from simgate.sim_adapters.physx.articulated.stage import stage_of
from simgate.sim_adapters.quantities import Quantity, SensorReading
from simgate.sim_adapters.scene.articulated import FileSensor, Sensor
from simgate.sim_adapters.worlds.native_file import JointedFile

_SENSOR = mujoco.mjtSensor
_FREE = int(mujoco.mjtJoint.mjJNT_FREE)
_OF_MOTION = tuple(
    int(kind)
    for kind in (
        _SENSOR.mjSENS_ACCELEROMETER, _SENSOR.mjSENS_FRAMELINACC, _SENSOR.mjSENS_FRAMEANGACC,
        _SENSOR.mjSENS_ACTUATORFRC, _SENSOR.mjSENS_JOINTACTFRC,
    )
)  # fmt: skip
"""Sensors of forces and accelerations that follow from the motion and the motors alone."""


def check_model(model: mujoco.MjModel) -> None:
    """Asks whether PhysX moves a model as it is meant.

    Raises:
        ValueError: It has what PhysX has not; the message lists all of it.
    """
    found = [*_settings(model), *_lacking(model)]
    if found:
        raise ValueError(f"PhysX has no {'; no '.join(found)}: leave it out, or use --adapter mujoco")


_NUMBERS = {
    "dof_dampingpoly": "damping of joints with several numbers",
    "jnt_stiffnesspoly": "springs of joints with several numbers",
    "actuator_damping": "damping of actuators",
    "actuator_dampingpoly": "damping of actuators with several numbers",
    "actuator_armature": "armature of actuators",
    "actuator_delay": "delay of actuators",
    "geom_adhesion": "shapes that stick (adhesion)",
    "geom_surfacevel": "surfaces that move (surfacevel)",
}
"""Numbers of MuJoCo that are 0 where a model does not use them."""
_BIT = mujoco.mjtDisableBit
_SWITCHES = {
    "damper": _BIT.mjDSBL_DAMPER, "frictionloss": _BIT.mjDSBL_FRICTIONLOSS, "limit": _BIT.mjDSBL_LIMIT,
    "spring": _BIT.mjDSBL_SPRING, "clampctrl": _BIT.mjDSBL_CLAMPCTRL,
    "filterparent": _BIT.mjDSBL_FILTERPARENT,
}  # fmt: skip


def _settings(model: mujoco.MjModel) -> Iterator[str]:
    for name, what in _NUMBERS.items():
        if bool(np.any(getattr(model, name))):
            yield what
    for name, bit in _SWITCHES.items():
        if model.opt.disableflags & int(bit):
            yield f'<flag {name}="disable"/>'
    if model.opt.disableactuator:
        yield "actuators that are switched off by group (actuatorgroupdisable)"
    if model.opt.enableflags & int(mujoco.mjtEnableBit.mjENBL_OVERRIDE):
        yield '<flag override="enable"/>'
    if bool((model.jnt_plasticadr >= 0).any()):
        yield "joints that give way for good (plastic)"


def _lacking(model: mujoco.MjModel) -> Iterator[str]:
    if model.neq and bool(model.eq_active0.any()):
        yield "equality constraints"
    if model.npair:
        yield "contact pairs with settings of their own (<pair>)"
    if model.nflex or model.nplugin:
        yield "flexes and plugins"
    if model.opt.density > 0.0 or model.opt.viscosity > 0.0:
        yield "medium that resists (density, viscosity)"
    for kind in ("stiffness", "damping", "frictionloss", "limited"):
        if model.ntendon and bool(np.any(getattr(model, f"tendon_{kind}"))):
            yield f"{kind} of tendons"
    for joint in range(model.njnt):
        first, body = int(model.jnt_dofadr[joint]), name_of(model, int(model.jnt_bodyid[joint]))
        if model.jnt_stiffness[joint] != 0.0:
            yield f"springs of joints ('{model.joint(joint).name or body}')"
        if int(model.jnt_type[joint]) == _FREE:
            held = [model.dof_damping, model.dof_armature, model.dof_frictionloss]
            if any(bool(np.any(values[first : first + 6])) for values in held):
                yield f"damping, armature and frictionloss of a free body ('{body}')"


def lacking(robot: JointedFile, sensors: Sequence[Sensor]) -> str:
    """See :attr:`simgate.sim_adapters.traits.AdapterTraits.lacks`."""
    if not isinstance(robot, CheckedRobot):
        return ""
    model, data = robot.start
    try:
        check_model(model)
        check_readings(model, sensors)
        stage_of(model, data, Timing())
    except ValueError as error:
        return str(error)
    return ""


def check_readings(
    model: mujoco.MjModel, sensors: Iterable[Sensor], quantities: Iterable[Quantity] = ()
) -> None:
    """Asks whether the file's sensors that are read are of what PhysX tells.

    Raises:
        ValueError: One is not.
    """
    asked = [name for one in sensors if isinstance(one, FileSensor) for name in one.sensors]
    asked += [quantity.name for quantity in quantities if isinstance(quantity, SensorReading)]
    for name in asked:
        sensor = int(model.sensor(name).id)
        kind = int(model.sensor_type[sensor])
        if int(model.sensor_needstage[sensor]) == int(mujoco.mjtStage.mjSTAGE_ACC) and kind not in _OF_MOTION:
            what = str(_SENSOR(kind).name).removeprefix("mjSENS_").lower()
            raise ValueError(
                f"sensor '{name}' is a {what}, whose forces PhysX does not tell: ask for "
                "contact_force or touching between two bodies, or use --adapter mujoco"
            )
