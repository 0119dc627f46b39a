"""Robots as the text of OpenUSD stages: bodies, their shapes, and the joints by which parents carry them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

Vector = Sequence[float]


@dataclass(frozen=True)
class Shape:
    """A capsule from ``start`` to ``end`` (m), or a box around ``start`` with the edges ``size`` (m)."""

    start: Vector
    end: Vector = ()
    radius: float = 0.0
    size: Vector = ()


@dataclass(frozen=True)
class Body:
    """A link and the joint by which its parent carries it.

    Args:
        mass: kg; its inertia follows its shapes.
        parent: Of a link without one: none, and it stands free.
        at: Of its joint, in the parent's frame, m.
        turned: Roll, pitch, yaw of its frame there at zero, rad.
        axis: Of its joint in its own frame; empty: fixed.
        limits: Degrees, or m of a slide.
        drive: Stiffness, damping (per rad, or per m), largest force.
    """

    name: str
    mass: float
    shapes: Sequence[Shape]
    parent: str = ""
    joint: str = ""
    at: Vector = (0.0, 0.0, 0.0)
    turned: Vector = (0.0, 0.0, 0.0)
    axis: Vector = ()
    limits: tuple[float, float] = (0.0, 0.0)
    slides: bool = False
    drive: tuple[float, float, float] = (0.0, 0.0, 100.0)
    colour: Vector = field(default=(0.45, 0.48, 0.52))


def rotation(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """The matrix, shape (3, 3), that turns about x, then y, then z, rad."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(one), math.sin(one)) for one in (roll, pitch, yaw))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    turned: np.ndarray = about_z @ about_y @ about_x
    return turned


def _onto(axis: Vector, first: int) -> np.ndarray:
    """The rotation that takes one of the frame's axes onto a direction."""
    start, end = np.eye(3)[first], np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    turn, cosine = np.cross(start, end), float(start @ end)
    if cosine < -1.0 + 1e-9:
        return rotation(0.0, 0.0, math.pi) if first != 2 else rotation(math.pi, 0.0, 0.0)
    cross = np.array([[0, -turn[2], turn[1]], [turn[2], 0, -turn[0]], [-turn[1], turn[0], 0]])
    found: np.ndarray = np.eye(3) + cross + cross @ cross / (1.0 + cosine)
    return found


def _quaternion(matrix: np.ndarray) -> str:
    """``(w, x, y, z)`` as text."""
    products = [1 + np.trace(matrix), *(1 + 2 * matrix[k, k] - np.trace(matrix) for k in range(3))]
    largest = int(np.argmax(products))
    m, found = matrix, np.zeros(4)
    found[largest] = math.sqrt(products[largest]) / 2
    (a, b, c) = (m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1])
    (d, e, f) = (m[1, 0] + m[0, 1], m[0, 2] + m[2, 0], m[2, 1] + m[1, 2])
    rest = {0: {1: a, 2: b, 3: c}, 1: {0: a, 2: d, 3: e}, 2: {0: b, 1: d, 3: f}, 3: {0: c, 1: e, 2: f}}
    for place, value in rest[largest].items():
        found[place] = value / (4 * found[largest])
    return _tuple(found)


def _tuple(values: object) -> str:
    return "(" + ", ".join(f"{round(float(one), 7) + 0.0:.9g}" for one in np.asarray(values)) + ")"


def _prim(kind: str, name: str, lines: Sequence[str], schemas: Sequence[str] = ()) -> list[str]:
    applied = ", ".join(f'"{schema}"' for schema in schemas)
    head = f'def {kind} "{name}"' + (f" (prepend apiSchemas = [{applied}])" if schemas else "")
    return [head, "{", *(f"    {line}" if line else "" for line in lines), "}", ""]


def _placed(at: object, turned: np.ndarray) -> list[str]:
    return [
        f"double3 xformOp:translate = {_tuple(at)}",
        f"quatf xformOp:orient = {_quaternion(turned)}",
        'uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:orient"]',
    ]


def _shape(number: int, shape: Shape, colour: Vector) -> list[str]:
    look = [f"color3f[] primvars:displayColor = [{_tuple(colour)}]"]
    name = f"shape_{number}"
    if shape.size:
        lines = [
            "double size = 1",
            f"double3 xformOp:translate = {_tuple(shape.start)}",
            f"float3 xformOp:scale = {_tuple(shape.size)}",
            'uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]',
        ]
        return _prim("Cube", name, look + lines, ["PhysicsCollisionAPI"])
    middle = (np.asarray(shape.start) + np.asarray(shape.end)) / 2
    along = np.asarray(shape.end, dtype=float) - np.asarray(shape.start)
    length = float(np.linalg.norm(along))
    if length == 0.0:
        lines = [f"double radius = {shape.radius:.9g}", *_placed(middle, np.eye(3))]
        return _prim("Sphere", name, look + lines, ["PhysicsCollisionAPI"])
    lines = [
        'uniform token axis = "Z"',
        f"double height = {length:.9g}",
        f"double radius = {shape.radius:.9g}",
    ]
    return _prim("Capsule", name, look + lines + _placed(middle, _onto(along, 2)), ["PhysicsCollisionAPI"])


def _joint(root: str, body: Body) -> list[str]:
    turned = rotation(*body.turned)
    lines = [f"rel physics:body0 = </{root}/{body.parent}>"] if body.parent else []
    lines.append(f"rel physics:body1 = </{root}/{body.name}>")
    if not body.axis:
        lines += [
            f"point3f physics:localPos0 = {_tuple(body.at)}",
            f"quatf physics:localRot0 = {_quaternion(turned)}",
        ]
        return _prim("PhysicsFixedJoint", body.joint or f"{body.name}_fixed", lines)
    onto = _onto(body.axis, 0)
    kind, word = ("PhysicsPrismaticJoint", "linear") if body.slides else ("PhysicsRevoluteJoint", "angular")
    per = 1.0 if body.slides else math.pi / 180.0
    stiffness, damping, most = body.drive
    lines += [
        f"point3f physics:localPos0 = {_tuple(body.at)}",
        f"quatf physics:localRot0 = {_quaternion(turned @ onto)}",
        f"quatf physics:localRot1 = {_quaternion(onto)}",
        'uniform token physics:axis = "X"',
        f"float physics:lowerLimit = {body.limits[0]:.9g}",
        f"float physics:upperLimit = {body.limits[1]:.9g}",
        f"float drive:{word}:physics:stiffness = {stiffness * per:.9g}",
        f"float drive:{word}:physics:damping = {damping * per:.9g}",
        f"float drive:{word}:physics:maxForce = {most:.9g}",
        "uniform token drive:" + word + ':physics:type = "force"',
    ]
    return _prim(kind, body.joint, lines, [f"PhysicsDriveAPI:{word}"])


def stage(root: str, bodies: Sequence[Body], fixed: bool, variants: Sequence[tuple[str, str]] = ()) -> str:
    """A robot as the text of an OpenUSD stage, Z up, in metres.

    Args:
        root: Name of its prim.
        bodies: The first is the root of the articulation.
        fixed: Whether that is held by the world.
        variants: Sets that a task chooses from, each with its one variant, which changes nothing.
    """
    poses: dict[str, tuple[np.ndarray, np.ndarray]] = {"": (np.zeros(3), np.eye(3))}
    lines: list[str] = []
    for number, body in enumerate(bodies):
        at, turned = poses[body.parent]
        pose = at + turned @ np.asarray(body.at), turned @ rotation(*body.turned)
        poses[body.name] = pose
        inner = [f"float physics:mass = {body.mass:.9g}", *_placed(*pose)]
        for place, shape in enumerate(body.shapes):
            inner += _shape(place, shape, body.colour)
        schemas = ["PhysicsRigidBodyAPI", "PhysicsMassAPI"]
        if not number and not fixed:
            schemas.append("PhysicsArticulationRootAPI")
        lines += _prim("Xform", body.name, inner, schemas)
    joints = [line for body in bodies if body.parent or fixed for line in _joint(root, body)]
    lines += _prim("Scope", "joints", joints)
    said = [
        "#usda 1.0",
        "(",
        f'    defaultPrim = "{root}"',
        "    metersPerUnit = 1",
        '    upAxis = "Z"',
        ")",
        "",
    ]
    about = ['prepend apiSchemas = ["PhysicsArticulationRootAPI"]'] if fixed else []
    if variants:
        about.append("variants = {" + "; ".join(f'string {name} = "{one}"' for name, one in variants) + "}")
        about.append("prepend variantSets = [" + ", ".join(f'"{name}"' for name, _ in variants) + "]")
    for name, one in variants:
        lines += [f'variantSet "{name}" = {{', f'    "{one}" {{', "    }", "}", ""]
    return "\n".join(
        [
            *said,
            f'def Xform "{root}" (',
            *(f"    {line}" for line in about),
            ")",
            "{",
            *(f"    {line}" if line else "" for line in lines),
            "}",
            "",
        ]
    )
