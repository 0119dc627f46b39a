"""Which shapes collide, and with what friction: MuJoCo's rules in those of PhysX."""

from __future__ import annotations

from typing import Literal

import mujoco
import numpy as np
from numpy.typing import NDArray

Pairs = NDArray[np.bool_]
_SAME = 1e-6


def colliders_of(model: mujoco.MjModel) -> list[int]:
    """Shapes that collide with anything."""
    return [g for g in range(model.ngeom) if model.geom_contype[g] or model.geom_conaffinity[g]]


def colliding(model: mujoco.MjModel, geoms: list[int]) -> tuple[Pairs, Pairs]:
    """Which of some shapes MuJoCo lets collide, and which PhysX would, each of shape (G, G).

    Neither lets shapes collide that move as one, or those of a body and its parent.
    """
    body = model.geom_bodyid[geoms]
    weld = model.body_weldid[body]
    above = model.body_weldid[model.body_parentid[weld]]
    first, second = weld[:, None], weld[None, :]
    could = first != second
    moves = (first != 0) & (second != 0)
    could &= ~(moves & ((first == above[None, :]) | (second == above[:, None])))
    contype, affinity = model.geom_contype[geoms], model.geom_conaffinity[geoms]
    meant = (contype[:, None] & affinity[None, :]) | (affinity[:, None] & contype[None, :])
    wanted = could & (meant != 0)
    for signature in model.exclude_signature.tolist():
        a, b = signature >> 16, signature & 0xFFFF
        pair = (body[:, None] == a) & (body[None, :] == b)
        wanted &= ~(pair | pair.T)
    return wanted, could


def friction_of(
    model: mujoco.MjModel, geoms: list[int], collide: Pairs
) -> tuple[Literal["max", "multiply"], NDArray[np.float64]]:
    """A coefficient for each shape, and the rule by which those of two give what MuJoCo has between them.

    MuJoCo takes the larger one, or that of the shape with priority; PhysX knows the largest and the product.

    Raises:
        ValueError: Neither rule gives it; the message names two shapes.
    """
    wanted = _between(model, geoms)
    least = np.where(collide, wanted, np.inf).min(axis=1, initial=np.inf)
    largest = np.where(np.isfinite(least), least, 0.0)
    if not (collide & (np.abs(np.maximum(largest[:, None], largest) - wanted) > _SAME)).any():
        return "max", largest
    rows, columns = np.nonzero(np.triu(collide))
    product = largest
    if (wanted[rows, columns] > 0.0).all():
        sums = np.zeros((len(rows), len(geoms)))
        sums[np.arange(len(rows)), rows] += 1.0
        sums[np.arange(len(rows)), columns] += 1.0
        product = np.exp(np.linalg.lstsq(sums, np.log(wanted[rows, columns]), rcond=None)[0])
    wrong = np.abs(product[rows] * product[columns] - wanted[rows, columns]) > _SAME
    if wrong.any():
        worst = int(np.flatnonzero(wrong)[0])
        a, b = (_geom_name(model, geoms[int(side[worst])]) for side in (rows, columns))
        raise ValueError(
            f"between {a} and {b} MuJoCo has friction {wanted[rows[worst], columns[worst]]:g}, and PhysX "
            "combines the surfaces of a world by one rule: give no shape priority, or one that touches all "
            "others"
        )
    return "multiply", product


def _between(model: mujoco.MjModel, geoms: list[int]) -> NDArray[np.float64]:
    """Friction between every two shapes as MuJoCo has it: by priority, else the larger; condim 1 is none."""
    found = []
    for values in (model.geom_friction[geoms, 0], model.geom_condim[geoms]):
        mine, priority = (
            np.broadcast_to(values[:, None], (len(geoms), len(geoms))),
            model.geom_priority[geoms],
        )
        higher = priority[:, None] > priority
        found.append(np.where(higher, mine, np.where(higher.T, mine.T, np.maximum(mine, mine.T))))
    friction, directions = found
    return np.where(directions == 1, 0.0, friction)


def _geom_name(model: mujoco.MjModel, geom: int) -> str:
    return f"'{model.geom(geom).name or f'geom {geom}'}'"
