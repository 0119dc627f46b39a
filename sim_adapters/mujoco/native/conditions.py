"""What a site's file says about contact and the solver: set here, or refused where it would hide a crash."""

from __future__ import annotations

import re
from collections.abc import Callable

import mujoco

from simgate.sim_adapters.mujoco.native.opened_files import OpenedFiles
from simgate.sim_adapters.worlds.native_file import NativeError

_OFF = mujoco.mjtDisableBit
_ON = mujoco.mjtEnableBit
_REFUSED_FLAGS = {
    _OFF.mjDSBL_CONTACT: ("contact", "takes away every contact"),
    _OFF.mjDSBL_CONSTRAINT: ("constraint", "lets everything pass through everything"),
    _OFF.mjDSBL_ACTUATION: ("actuation", "lets the robot stand still"),
}
_FILES_OFF = int(
    _OFF.mjDSBL_EQUALITY | _OFF.mjDSBL_FRICTIONLOSS | _OFF.mjDSBL_LIMIT | _OFF.mjDSBL_SPRING
    | _OFF.mjDSBL_DAMPER | _OFF.mjDSBL_GRAVITY | _OFF.mjDSBL_CLAMPCTRL | _OFF.mjDSBL_FILTERPARENT
)  # fmt: skip
"""What a file may switch off: it speaks of the site. The rest is about how MuJoCo computes."""
_FILES_ON = int(_ON.mjENBL_OVERRIDE | _ON.mjENBL_SLEEP)
_AT_LEAST = ("iterations", "ls_iterations", "ccd_iterations")
_AT_MOST = ("tolerance", "ls_tolerance", "ccd_tolerance")


def set_conditions(spec: mujoco.MjSpec) -> None:
    """Sets what is not the file's to say: how MuJoCo computes, and that nothing pushes from afar.

    The solver is never coarser than MuJoCo's own defaults, so a contact is neither soft nor missed because a
    file was made for speed. Friction cones, gravity and the medium stay as the file has them.
    """
    option, plain = spec.option, mujoco.MjSpec().option
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.solver = plain.solver
    for name in _AT_LEAST:
        setattr(option, name, max(getattr(option, name), getattr(plain, name)))
    for name in _AT_MOST:
        setattr(option, name, min(getattr(option, name), getattr(plain, name)))
    option.o_margin = plain.o_margin
    option.disableflags &= _FILES_OFF
    option.enableflags &= _FILES_ON


def check_conditions(
    spec: mujoco.MjSpec, model: mujoco.MjModel, bodies: set[int], opened: OpenedFiles
) -> None:
    """Refuses what lets a robot pass through what it should hit.

    Args:
        spec: As parsed.
        model: The same, compiled.
        bodies: Numbers of the robot's bodies.
        opened: The files, to say where something stands.

    Raises:
        NativeError: The file holds such a thing; with its place and what to do.
    """
    check_flags(spec, opened)
    for exclude in spec.excludes:
        ends = [exclude.bodyname1, exclude.bodyname2]
        inside = [model.body(end).id in bodies for end in ends]
        if any(inside) and not all(inside):
            where = place(opened, "exclude", exclude.info)
            message = f"{where}<exclude> lets the robot pass through '{ends[inside.index(False)]}'"
            raise NativeError("file", message, "take it out: the floor alone never touches the robot")
    _check_pairs(spec, model, bodies, opened)
    for flex in spec.flexes:
        if flex.contype or flex.conaffinity:
            message = (
                f"{place(opened, 'flex', flex.info)}the robot passes through '{flex.name}', which is soft"
            )
            hint = 'let geoms stand in its place, or say that it is only seen: contype="0" conaffinity="0"'
            raise NativeError("file", message, hint)


def check_flags(spec: mujoco.MjSpec, opened: OpenedFiles) -> None:
    """Refuses a file that switches off contacts, constraints or actuators.

    Raises:
        NativeError: With its place and what to do.
    """
    for bit, (name, effect) in _REFUSED_FLAGS.items():
        if spec.option.disableflags & int(bit):
            where = _flag_place(opened, name)
            raise NativeError("file", f'{where}<flag {name}="disable"/> {effect}', "take it out of the file")


def _check_pairs(spec: mujoco.MjSpec, model: mujoco.MjModel, bodies: set[int], opened: OpenedFiles) -> None:
    """Pairs with the robot are left out; where nothing else lets the two touch that would hide a crash."""
    types, affinities = model.geom_contype, model.geom_conaffinity
    for number, pair in enumerate(spec.pairs):
        first, second = int(model.pair_geom1[number]), int(model.pair_geom2[number])
        inside = [int(model.geom_bodyid[geom]) in bodies for geom in (first, second)]
        touch = types[first] & affinities[second] or types[second] & affinities[first]
        if any(inside) and not all(inside) and not touch:
            names = f"'{pair.geomname1}' and '{pair.geomname2}'"
            message = f"{place(opened, 'pair', pair.info)}only <pair> lets {names} touch, and it is left out"
            raise NativeError("file", message, "give both a contype and conaffinity that let them touch")


def free_actuator_group(spec: mujoco.MjSpec) -> int:
    """A group of actuators that the file does not switch off.

    Raises:
        NativeError: There is none.
    """
    off = spec.option.disableactuator
    for group in range(_ACTUATOR_GROUPS):
        if not off & (1 << group):
            return group
    raise NativeError(
        "file", '<option actuatorgroupdisable="..."> lets the robot stand still', "leave one group out of it"
    )


_ACTUATOR_GROUPS = 31


def place(opened: OpenedFiles, tag: str, info: str) -> str:
    """``FILE:LINE: `` of an element; empty when it is not written in one of the files as such.

    Args:
        opened: The files.
        tag: How the element's tag begins.
        info: What MuJoCo says of its place, which is a line without a file.
    """
    found = re.search(r"line (\d+)", info)
    if found is None:
        return ""
    line = int(found[1])
    return _place(opened, lambda lines: line if f"<{tag}" in "".join(lines[line - 1 : line]) else None)


def _flag_place(opened: OpenedFiles, name: str) -> str:
    written = re.compile(rf"""<flag\b[^>]*\b{name}\s*=\s*["']disable""")

    def line_of(lines: list[str]) -> int | None:
        text = "\n".join(lines)
        match = written.search(text)
        return text.count("\n", 0, match.start()) + 1 if match else None

    return _place(opened, line_of)


def _place(opened: OpenedFiles, line_of: Callable[[list[str]], int | None]) -> str:
    for path, content in opened.contents.items():
        line = line_of(content.decode(errors="replace").splitlines())
        if line is not None:
            return f"{path.name}:{line}: "
    return ""
