"""Whether Isaac Sim has what a variant set: masses, gains, limits and frictions, read back from PhysX."""

from __future__ import annotations

import math
from collections.abc import Iterator

import mujoco
import numpy as np

from simgate.sim_adapters.isaacsim.articulated.articulations import Articulations, Chain, numbers_of
from simgate.sim_adapters.physx.articulated.motors import Motor
from simgate.sim_adapters.physx.articulated.stage import Machinery

_NEAR = 1e-4
"""Relative; PhysX computes in single precision."""
_ENDLESS = 1e30
"""A limit above this is none."""


def untaken(model: mujoco.MjModel, made: Machinery, moved: Articulations) -> tuple[str, ...]:
    """What differs between a model and what Isaac Sim moves, in words; empty when nothing does."""
    masses = {link.path: link.mass_kg for link in made.links}
    names = {link.path: f"body '{model.body(link.body).name or link.body}'" for link in made.links}
    found: list[str] = []
    for chain in moved.chains:
        weighed = numbers_of(chain.prim.get_link_masses())[0]
        for path, mass in zip(chain.prim.link_paths[0], weighed.tolist(), strict=True):
            if path in masses:  # What only holds a robot to the world has none in the model.
                found += _differs(f"{names[path]} weighs", mass, masses[path], "kg")
        found += _joints(model, made, chain)
    if moved.bodies is not None:
        for link, mass in zip(moved.loose, numbers_of(moved.bodies.get_masses())[:, 0].tolist(), strict=True):
            found += _differs(f"{names[link.path]} weighs", mass, link.mass_kg, "kg")
    return tuple(found)


def _joints(model: mujoco.MjModel, made: Machinery, chain: Chain) -> Iterator[str]:
    if not len(chain.joints):
        return
    drives = {motor.joint: motor for motor in made.motors if motor.is_drive}
    stiffness, damping = (numbers_of(values)[0] for values in chain.prim.get_dof_gains())
    limit = numbers_of(chain.prim.get_dof_max_efforts())[0]
    armature = numbers_of(chain.prim.get_dof_armatures())[0]
    friction = np.array([numbers_of(values)[0] for values in chain.prim.get_dof_friction_properties()])
    for column, joint in enumerate(chain.joints.tolist()):
        name, dof = f"joint '{model.joint(joint).name or joint}'", int(model.jnt_dofadr[joint])
        motor: Motor | None = drives.get(joint)
        loss, slow = float(model.dof_frictionloss[dof]), float(model.dof_damping[dof])
        meant = [
            ("armature", armature[column], float(model.dof_armature[dof])),
            ("static friction", friction[0, column], loss),
            ("dynamic friction", friction[1, column], loss),
            ("damping", friction[2, column], slow),
            ("stiffness of its drive", stiffness[column], motor.stiffness if motor else 0.0),
            ("damping of its drive", damping[column], motor.damping if motor else 0.0),
        ]
        if motor is not None:
            meant.append(("limit of its drive", limit[column], motor.limit))
        for what, value, wanted in meant:
            yield from _differs(f"{name} has {what}", float(value), wanted, "")


def _differs(what: str, found: float, wanted: float, unit: str) -> Iterator[str]:
    endless = min(found, wanted) > _ENDLESS
    if not endless and not math.isclose(found, wanted, rel_tol=_NEAR, abs_tol=_NEAR * _NEAR):
        yield f"{what} {found:g} {unit}".rstrip() + f" in Isaac Sim and {wanted:g} in the variant"
