"""Joints, bodies and the sensors that a file declares, as channels."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.embodiment import Channel, Kind
from simgate.sim_adapters.mujoco.articulated.actuation import joint_name, joints_of
from simgate.sim_adapters.mujoco.articulated.names import need
from simgate.sim_adapters.scene.articulated import BodySensor, FileSensor, JointSensor

_HINGE = int(mujoco.mjtJoint.mjJNT_HINGE)
_UNITS = {
    "m/s^2": "ACCELEROMETER FRAMELINACC",
    "rad/s^2": "FRAMEANGACC",
    "rad/s": "GYRO BALLANGVEL FRAMEANGVEL",
    "m/s": "VELOCIMETER FRAMELINVEL SUBTREELINVEL TENDONVEL TENDONLIMITVEL",
    "m": "FRAMEPOS SUBTREECOM RANGEFINDER TENDONPOS TENDONLIMITPOS GEOMDIST GEOMFROMTO",
    "N": "TOUCH FORCE TENDONACTFRC TENDONLIMITFRC",
    "N m": "TORQUE",
    "kg m^2/s": "SUBTREEANGMOM",
    "J": "E_POTENTIAL E_KINETIC",
    "s": "CLOCK",
    "px": "CAMPROJECTION",
    "T": "MAGNETOMETER",
}
_UNIT = {f"mjSENS_{word}": unit for unit, words in _UNITS.items() for word in words.split()}
_OF_JOINT = {
    "mjSENS_JOINTPOS": ("rad", "m"), "mjSENS_JOINTVEL": ("rad/s", "m/s"), "mjSENS_JOINTACTFRC": ("N m", "N"),
    "mjSENS_JOINTLIMITPOS": ("rad", "m"), "mjSENS_JOINTLIMITVEL": ("rad/s", "m/s"),
    "mjSENS_JOINTLIMITFRC": ("N m", "N"),
}  # fmt: skip
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("mjSENS_ACCELEROMETER", "mjSENS_GYRO", "mjSENS_MAGNETOMETER"), "imu"),
    **dict.fromkeys(("mjSENS_FORCE", "mjSENS_TORQUE"), "wrench"),
    **dict.fromkeys(("mjSENS_TOUCH", "mjSENS_TACTILE"), "touch"),
    **dict.fromkeys(("mjSENS_JOINTPOS", "mjSENS_JOINTVEL", "mjSENS_JOINTACTFRC"), "joints"),
    "mjSENS_RANGEFINDER": "ranges",
}


def _numbers(
    name: str, kind: Kind, unit: str, rate_hz: float, frame: str, entries: tuple[str, ...]
) -> Channel:
    return Channel(name, kind, (len(entries),), "float64", unit, rate_hz, frame=frame, entries=entries)


def _one_unit(units: list[str]) -> str:
    """The unit of all, or each in order of appearance."""
    return ", ".join(dict.fromkeys(units))


class Joints:
    """Positions and velocities of hinges and slides; arguments as :class:`..rays.Rays`.

    Raises:
        NativeError: A joint is unknown or has several numbers.
    """

    def __init__(
        self,
        name: str,
        sensor: JointSensor,
        rate_hz: float,
        robot: str,
        model: mujoco.MjModel,
        data: mujoco.MjData,
    ) -> None:
        joints = list(joints_of(model, robot, sensor.joints))
        self._data = data
        self._qpos, self._dof = model.jnt_qposadr[joints], model.jnt_dofadr[joints]
        units = ["rad" if int(model.jnt_type[j]) == _HINGE else "m" for j in joints]
        entries = tuple(joint_name(model, j) for j in joints)
        rates = _one_unit([f"{unit}/s" for unit in units])
        self.channels = (
            _numbers(f"{name}.position", "joints", _one_unit(units), rate_hz, robot, entries),
            _numbers(f"{name}.velocity", "joints", rates, rate_hz, robot, entries),
        )

    def sample(self, out: tuple[NDArray[np.float64], ...]) -> None:
        """Reads positions and velocities."""
        out[0][:] = self._data.qpos[self._qpos]
        out[1][:] = self._data.qvel[self._dof]


class BodyMotion:
    """Pose (x, y, z, qw, qx, qy, qz) and twist of a body in the world's frame; as :class:`Joints`."""

    def __init__(
        self, name: str, sensor: BodySensor, rate_hz: float, model: mujoco.MjModel, data: mujoco.MjData
    ) -> None:
        self._model, self._data, self._body = model, data, need(model, "body", sensor.body)
        self._velocity = np.zeros(6)
        pose, twist = ("x", "y", "z", "qw", "qx", "qy", "qz"), ("vx", "vy", "vz", "wx", "wy", "wz")
        self.channels = (
            _numbers(f"{name}.pose", "pose", "m, quaternion", rate_hz, "world", pose),
            _numbers(f"{name}.twist", "twist", "m/s, rad/s", rate_hz, "world", twist),
        )

    def sample(self, out: tuple[NDArray[np.float64], ...]) -> None:
        """Reads pose and twist."""
        out[0][:3], out[0][3:] = self._data.xpos[self._body], self._data.xquat[self._body]
        body = mujoco.mjtObj.mjOBJ_XBODY
        mujoco.mj_objectVelocity(self._model, self._data, body, self._body, self._velocity, 0)
        out[1][:3], out[1][3:] = self._velocity[3:], self._velocity[:3]


class FileReadings:
    """Sensors that the file declares; as :class:`Joints`."""

    def __init__(
        self, name: str, sensor: FileSensor, rate_hz: float, model: mujoco.MjModel, data: mujoco.MjData
    ) -> None:
        numbers = [need(model, "sensor", own) for own in sensor.sensors]
        self._data = data
        places = [range(int(a), int(a) + int(n)) for a, n in _spans(model, numbers)]
        self._at = np.array([place for span in places for place in span], dtype=np.int64)
        kinds = {_kind(model, number) for number in numbers}
        kind: Kind = kinds.pop() if len(kinds) == 1 else "vector"
        unit = _one_unit([sensor_unit(model, number) for number in numbers])
        entries = tuple(entry for number in numbers for entry in sensor_entries(model, number))
        self.channels = (_numbers(name, kind, unit, rate_hz, "sensor", entries),)

    def sample(self, out: tuple[NDArray[np.float64], ...]) -> None:
        """Reads the numbers of all its sensors."""
        out[0][:] = self._data.sensordata[self._at]


def _spans(model: mujoco.MjModel, numbers: list[int]) -> list[tuple[int, int]]:
    return [(int(model.sensor_adr[n]), int(model.sensor_dim[n])) for n in numbers]


def _type(model: mujoco.MjModel, sensor: int) -> str:
    return str(mujoco.mjtSensor(int(model.sensor_type[sensor])).name)


def _kind(model: mujoco.MjModel, sensor: int) -> Kind:
    return _KINDS.get(_type(model, sensor), "vector")


def sensor_unit(model: mujoco.MjModel, sensor: int) -> str:
    """Unit of a sensor of the file; empty where it has none that is known."""
    kind = _type(model, sensor)
    if kind in _OF_JOINT:
        turns = int(model.jnt_type[int(model.sensor_objid[sensor])]) == _HINGE
        return _OF_JOINT[kind][0 if turns else 1]
    return _UNIT.get(kind, "")


def sensor_entries(model: mujoco.MjModel, sensor: int) -> tuple[str, ...]:
    """A name for every number of a sensor: its own, with the axis or place where there are several."""
    name, count = str(model.sensor(sensor).name), int(model.sensor_dim[sensor])
    if count == 1:
        return (name,)
    axes = {3: ["x", "y", "z"], 4: ["w", "x", "y", "z"]}.get(count, [str(k) for k in range(count)])
    return tuple(f"{name}.{axis}" for axis in axes)
