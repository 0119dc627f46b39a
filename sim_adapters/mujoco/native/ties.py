"""What moves and holds a robot in its file: left out for simgate's drive, refused where it ties it to its
site."""

from __future__ import annotations

from typing import Any, NoReturn

import mujoco

from simgate.sim_adapters.mujoco.native.conditions import place
from simgate.sim_adapters.mujoco.native.opened_files import OpenedFiles
from simgate.sim_adapters.worlds.native_file import NativeError

_EQ, _TRN, _WRAP = mujoco.mjtEq, mujoco.mjtTrn, mujoco.mjtWrap
_ROUND = (int(_WRAP.mjWRAP_SPHERE), int(_WRAP.mjWRAP_CYLINDER))


class Ties:
    """The ties of a robot.

    Args:
        spec: The file as parsed.
        model: The same, compiled.
        bodies: Numbers of the robot's bodies.
        opened: The files, to say where something stands.
    """

    def __init__(
        self, spec: mujoco.MjSpec, model: mujoco.MjModel, bodies: set[int], opened: OpenedFiles
    ) -> None:
        self._spec, self._model, self._bodies, self._opened = spec, model, bodies, opened
        self._joints = {j for j in range(model.njnt) if int(model.jnt_bodyid[j]) in bodies}
        self._tendons = {t for t in range(model.ntendon) if self._wrapped_joints(t) & self._joints}
        self._geoms = {g for g in range(model.ngeom) if int(model.geom_bodyid[g]) in bodies}

    def left_out(self) -> list[Any]:
        """The robot's joints and everything that could not be without them, users first.

        Sensors and stored poses go as a whole: nothing here reads them, and their layout changes. What pulls
        a robot after a mocap body is its drive in the file, whose place simgate's takes.

        Raises:
            NativeError: Something else ties the robot to its site.
        """
        spec, model = self._spec, self._model
        for number, tendon in enumerate(spec.tendons):
            held = self._held(number)
            if number not in self._tendons and held & self._bodies and held - self._bodies:
                self._refuse("spatial", tendon.info)
        doomed: list[Any] = [*spec.sensors, *spec.keys, *spec.tuples]
        doomed += [actuator for k, actuator in enumerate(spec.actuators) if self._moves(k)]
        doomed += [equality for k, equality in enumerate(spec.equalities) if self._binds(k, equality)]
        doomed += [
            pair
            for k, pair in enumerate(spec.pairs)
            if {int(model.pair_geom1[k]), int(model.pair_geom2[k])} & self._geoms
        ]
        doomed += [tendon for k, tendon in enumerate(spec.tendons) if k in self._tendons]
        return doomed + [joint for joint in spec.joints if joint.id in self._joints]

    def _wraps(self, tendon: int) -> list[tuple[int, int]]:
        """What a tendon goes by: kind and number."""
        first = int(self._model.tendon_adr[tendon])
        rows = range(first, first + int(self._model.tendon_num[tendon]))
        return [(int(self._model.wrap_type[row]), int(self._model.wrap_objid[row])) for row in rows]

    def _wrapped_joints(self, tendon: int) -> set[int]:
        return {number for kind, number in self._wraps(tendon) if kind == int(_WRAP.mjWRAP_JOINT)}

    def _held(self, tendon: int) -> set[int]:
        """The bodies that a spatial tendon goes by."""
        model, found = self._model, set()
        for kind, number in self._wraps(tendon):
            if kind == int(_WRAP.mjWRAP_SITE):
                found.add(int(model.site_bodyid[number]))
            elif kind in _ROUND:
                found.add(int(model.geom_bodyid[number]))
        return found

    def _moves(self, actuator: int) -> bool:
        """Whether an actuator acts on the robot."""
        model = self._model
        kind, targets = int(model.actuator_trntype[actuator]), model.actuator_trnid[actuator].tolist()
        if kind in (int(_TRN.mjTRN_JOINT), int(_TRN.mjTRN_JOINTINPARENT)):
            return targets[0] in self._joints
        if kind == int(_TRN.mjTRN_TENDON):
            return targets[0] in self._tendons
        if kind == int(_TRN.mjTRN_BODY):
            return targets[0] in self._bodies
        return any(int(model.site_bodyid[site]) in self._bodies for site in targets if site >= 0)

    def _binds(self, number: int, equality: Any) -> bool:
        """Whether a constraint speaks of the robot's joints, or holds its parts together, one body now."""
        model = self._model
        kind = int(model.eq_type[number])
        ends = {int(model.eq_obj1id[number]), int(model.eq_obj2id[number])}
        if kind == int(_EQ.mjEQ_JOINT):
            return bool(ends & self._joints)
        if kind == int(_EQ.mjEQ_TENDON):
            return bool(ends & self._tendons)
        if kind not in (int(_EQ.mjEQ_CONNECT), int(_EQ.mjEQ_WELD)):
            return False
        if int(model.eq_objtype[number]) == int(mujoco.mjtObj.mjOBJ_SITE):
            ends = {int(model.site_bodyid[site]) for site in ends}
        if not ends & self._bodies:
            return False
        if equality.active and any(int(model.body_mocapid[body]) < 0 for body in ends - self._bodies):
            self._refuse("weld" if kind == int(_EQ.mjEQ_WELD) else "connect", equality.info)
        return True

    def _refuse(self, tag: str, info: str) -> NoReturn:
        message = (
            f"{place(self._opened, tag, info)}<{tag}> ties the robot to its site, which holds or drags it"
        )
        raise NativeError("file", message, "take it out of the file: the pack's policy moves the robot")
