"""What an articulated robot is told: the file's own actuators, or servos that simgate puts on its joints."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import ActionSpec
from simgate.sim_adapters.mujoco.articulated.names import MOVING, need, need_joint, subtree
from simgate.sim_adapters.mujoco.defaults import without_defaults
from simgate.sim_adapters.scene.articulated import Servos
from simgate.sim_adapters.worlds.native_file import NativeError

_TRN, _GAIN, _BIAS, _DYN = mujoco.mjtTrn, mujoco.mjtGain, mujoco.mjtBias, mujoco.mjtDyn
_ON_JOINT = (int(_TRN.mjTRN_JOINT), int(_TRN.mjTRN_JOINTINPARENT))
_HINGE = int(mujoco.mjtJoint.mjJNT_HINGE)
_ACTUATOR = mujoco.mjtObj.mjOBJ_ACTUATOR


@dataclass(frozen=True, eq=False)
class Actuation:
    """The action of a robot in a model.

    Attributes:
        action: Names, units and bounds.
        ctrl: Index into ``MjData.ctrl`` of each number of the action, int64, shape (A,).
        unbounded: Names in the action that are held by neither a range nor a limit of the force that follows.
    """

    action: ActionSpec
    ctrl: NDArray[np.int64]
    unbounded: tuple[str, ...]


def joints_of(model: mujoco.MjModel, robot: str, names: tuple[str, ...]) -> tuple[int, ...]:
    """Numbers of joints by name; every hinge and slide of the robot when no name is given.

    Raises:
        NativeError: The file has no such joint, it has several numbers, or the robot has none.
    """
    if names:
        return tuple(need_joint(model, name) for name in names)
    own = subtree(model, need(model, "body", robot))
    found = [j for j in range(model.njnt) if own[model.jnt_bodyid[j]] and int(model.jnt_type[j]) in MOVING]
    if not found:
        raise NativeError(
            "file", f"body '{robot}' has no hinge and no slide", "name the body that has joints"
        )
    return tuple(found)


def joint_name(model: mujoco.MjModel, joint: int) -> str:
    """A joint's name; one without is called by its body."""
    return str(model.joint(joint).name) or f"joint of {model.body(int(model.jnt_bodyid[joint])).name}"


def put_servos(spec: mujoco.MjSpec, model: mujoco.MjModel, robot: str, servos: Servos) -> None:
    """Puts servos on joints; the file's actuators of the robot go, and the sensors that measure them.

    Args:
        spec: Takes them; its joints are those of ``model``.
        model: The file as compiled.
        robot: Body that is the robot.
        servos: Which, and how stiff.

    Raises:
        NativeError: A joint is unknown, not of the robot or has no name, or a gain is missing.
    """
    joints = joints_of(model, robot, servos.joints)
    nameless = [j for j in joints if not model.joint(j).name]
    if nameless:
        raise NativeError(
            "file", f"the {joint_name(model, nameless[0])} has no name in the file", "give it one"
        )
    own = subtree(model, need(model, "body", robot))
    for joint in joints:
        if not own[model.jnt_bodyid[joint]]:
            message = f"joint '{model.joint(joint).name}' is not of the robot '{robot}'"
            raise NativeError("file", message, "name joints of the robot, or a body that holds them all")
    doomed = [actuator for k, actuator in enumerate(spec.actuators) if own[acted_body(model, k)]]
    names = {actuator.name for actuator in doomed}
    doomed += [one for one in spec.sensors if one.objtype == _ACTUATOR and one.objname in names]
    for element in doomed:
        spec.delete(element)
    if spec.option.integrator == mujoco.mjtIntegrator.mjINT_EULER:
        # Euler steps the damping of a servo explicitly, and a stiff one shakes itself to pieces.
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    others = [a for a in range(model.actuator_trnid.shape[0]) if not own[acted_body(model, a)]]
    told = _places(others, model.actuator_ctrladr, model.actuator_ctrlnum)
    active = _places(others, model.actuator_actadr, model.actuator_actnum)
    for k, key in enumerate(spec.keys):  # What it told the robot's is of no use to what comes in their place.
        key.ctrl = [*model.key_ctrl[k][told], *[0.0] * len(joints)]
        key.act = model.key_act[k][active]
    stiff = _each(servos.kp, len(joints), "kp", needed=servos.mode == "position")
    damped = _each(servos.kd, len(joints), "kd", needed=servos.mode == "velocity")
    for joint, kp, kd in zip(joints, stiff, damped, strict=True):
        name = str(model.joint(joint).name)
        actuator = without_defaults(spec.add_actuator(name=name, target=name))
        actuator.trntype, actuator.gaintype = _TRN.mjTRN_JOINT, _GAIN.mjGAIN_FIXED
        actuator.gear = [1.0] + [0.0] * 5
        gain = {"position": kp, "velocity": kd, "torque": 1.0}[servos.mode]
        actuator.gainprm = [gain] + [0.0] * 9
        if servos.mode != "torque":
            actuator.biastype = _BIAS.mjBIAS_AFFINE
            actuator.biasprm = [0.0, -kp if servos.mode == "position" else 0.0, -kd] + [0.0] * 7
        _bound(actuator, model, joint, servos.mode)


def _places(actuators: list[int], first: NDArray[np.int32], count: NDArray[np.int32]) -> list[int]:
    """Where the numbers of some actuators are in an array of those of all."""
    return [place for a in actuators for place in range(int(first[a]), int(first[a] + count[a]))]


def _bound(actuator: mujoco.MjsActuator, model: mujoco.MjModel, joint: int, mode: str) -> None:
    """The joint's own limits: its range for a position, the force of its actuators for all."""
    on = mujoco.mjtLimited.mjLIMITED_TRUE
    if model.jnt_actfrclimited[joint]:
        actuator.forcelimited, actuator.forcerange = on, model.jnt_actfrcrange[joint]
    limits = {
        "position": (model.jnt_limited[joint], model.jnt_range[joint]),
        "torque": (model.jnt_actfrclimited[joint], model.jnt_actfrcrange[joint]),
    }.get(mode)
    if limits is not None and limits[0]:
        actuator.ctrllimited, actuator.ctrlrange = on, limits[1]


def _each(given: tuple[float, ...], count: int, name: str, *, needed: bool) -> tuple[float, ...]:
    if not given and needed:
        raise NativeError("file", f"servos of this mode need '{name}'", f"add {name}: a number above 0")
    if len(given) in (0, 1):
        return (given or (0.0,)) * count
    if len(given) != count:
        raise NativeError(
            "file", f"'{name}' has {len(given)} numbers for {count} joints", "write one number, or one each"
        )
    return given


def acted_body(model: mujoco.MjModel, actuator: int) -> int:
    """The body that an actuator moves; of a tendon's, where its path begins."""
    kind, number = int(model.actuator_trntype[actuator]), int(model.actuator_trnid[actuator][0])
    if kind in _ON_JOINT:
        return int(model.jnt_bodyid[number])
    if kind in (int(_TRN.mjTRN_SITE), int(_TRN.mjTRN_SLIDERCRANK)):
        return int(model.site_bodyid[number])
    if kind == int(_TRN.mjTRN_TENDON):
        wrap = int(model.tendon_adr[number])
        object_id = int(model.wrap_objid[wrap])
        if int(model.wrap_type[wrap]) == int(mujoco.mjtWrap.mjWRAP_JOINT):
            return int(model.jnt_bodyid[object_id])
        return int(model.site_bodyid[object_id])
    return number if kind == int(_TRN.mjTRN_BODY) else 0


def actuation_of(model: mujoco.MjModel, robot: str, clip: bool) -> Actuation:
    """Everything that the robot's actuators can be told, in the order of the file.

    Args:
        model: The model.
        robot: Body that is the robot.
        clip: Whether what is beyond the bounds is cut; otherwise it is refused.

    Raises:
        NativeError: The robot has no actuators.
    """
    own = subtree(model, need(model, "body", robot))
    names, units, ctrl, low, high, held = [], [], [], [], [], []
    for index in (a for a in range(model.actuator_trnid.shape[0]) if own[acted_body(model, a)]):
        first, count = int(model.actuator_ctrladr[index]), int(model.actuator_ctrlnum[index])
        name = _name(model, index)
        for place in range(first, first + count):
            names.append(name if count == 1 else f"{name}.{place - first}")
            units.append(unit_of(model, index))
            ctrl.append(place)
            bounded = bool(model.actuator_ctrllimited[place])
            ends = model.actuator_ctrlrange[place] if bounded else (-np.inf, np.inf)
            low.append(float(ends[0]))
            high.append(float(ends[1]))
            held.append(bounded or _force_is_limited(model, index))
    if not names:
        raise NativeError(
            "file",
            f"the file has no actuator that moves body '{robot}'",
            "write drive: {joints: all, mode: position, kp: 100}, or give it actuators",
        )
    action = ActionSpec(_apart(names), tuple(units), tuple(low), tuple(high), clip)
    unbounded = tuple(name for name, is_held in zip(action.names, held, strict=True) if not is_held)
    return Actuation(action, np.array(ctrl, dtype=np.int64), unbounded)


def _force_is_limited(model: mujoco.MjModel, actuator: int) -> bool:
    """Whether the file says how strong an actuator is, at it or at the joint or tendon that it moves."""
    if model.actuator_forcelimited[actuator]:
        return True
    kind, number = int(model.actuator_trntype[actuator]), int(model.actuator_trnid[actuator][0])
    if kind == int(_TRN.mjTRN_TENDON):
        return bool(model.tendon_actfrclimited[number])
    return kind in _ON_JOINT and bool(model.jnt_actfrclimited[number])


def _name(model: mujoco.MjModel, actuator: int) -> str:
    """Its own name, or that of the joint it moves."""
    own = str(model.actuator(actuator).name)
    if own or int(model.actuator_trntype[actuator]) not in _ON_JOINT:
        return own or f"actuator {actuator}"
    return joint_name(model, int(model.actuator_trnid[actuator][0]))


def _apart(names: list[str]) -> tuple[str, ...]:
    """Names of which none comes twice: two actuators without names may move one joint."""
    return tuple(
        name if names.count(name) == 1 else f"{name} {names[: k + 1].count(name)}"
        for k, name in enumerate(names)
    )


def unit_of(model: mujoco.MjModel, actuator: int) -> str:
    """Unit of what an actuator is told, by its type and by what it acts on; empty for a plain share."""
    turns = _turns(model, actuator)
    length, force = ("rad", "N m") if turns else ("m", "N")
    gain, bias = int(model.actuator_gaintype[actuator]), int(model.actuator_biastype[actuator])
    strength, back = float(model.actuator_gainprm[actuator][0]), model.actuator_biasprm[actuator]
    gear = float(np.abs(_gear(model, actuator)).max())
    fixed = gain == int(_GAIN.mjGAIN_FIXED)
    if fixed and int(model.actuator_dyntype[actuator]) == int(_DYN.mjDYN_INTEGRATOR):
        return _times(f"{length}/s", 1.0 / gear)
    if fixed and bias == int(_BIAS.mjBIAS_AFFINE) and back[0] == 0.0 and strength != 0.0:
        if np.isclose(back[1], -strength):
            return _times(length, 1.0 / gear)
        if back[1] == 0.0 and np.isclose(back[2], -strength):
            return _times(f"{length}/s", 1.0 / gear)
    if fixed and bias == int(_BIAS.mjBIAS_NONE) and strength != 0.0:
        return _times(force, abs(strength) * gear)
    return ""


def _turns(model: mujoco.MjModel, actuator: int) -> bool:
    kind, number = int(model.actuator_trntype[actuator]), int(model.actuator_trnid[actuator][0])
    if kind in _ON_JOINT and int(model.jnt_type[number]) in MOVING:
        return int(model.jnt_type[number]) == _HINGE
    return kind not in (int(_TRN.mjTRN_TENDON), int(_TRN.mjTRN_SLIDERCRANK), int(_TRN.mjTRN_BODY)) and bool(
        np.abs(_gear(model, actuator)[3:]).max() > 0.0
    )


def _gear(model: mujoco.MjModel, actuator: int) -> NDArray[np.float64]:
    """Of its first output, shape (6,)."""
    gear: NDArray[np.float64] = model.actuator_gear[int(model.actuator_outadr[actuator])]
    return gear


def _times(unit: str, factor: float) -> str:
    """A unit, with the number of it that 1 stands for where that is not one."""
    return unit if np.isclose(factor, 1.0) else f"{factor:g} {unit}"
