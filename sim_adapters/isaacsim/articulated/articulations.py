"""The articulations and free bodies of a stage by Isaac Sim's own API: where they are, what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.physx.articulated.links import HINGE, Link
from simgate.sim_adapters.physx.articulated.motion import counted_on, motion_of_centre, put_free
from simgate.sim_adapters.physx.articulated.stage import Machinery

if TYPE_CHECKING:
    from isaacsim.core.experimental.prims import Articulation, RigidPrim

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """One articulation.

    Attributes:
        prim: Isaac Sim's view of it.
        root: The link that it begins with, where that is free; None where it is held.
        joints: Number of the joint behind each degree of freedom, in Isaac Sim's order.
        of_path: Degree of freedom of a joint by the path of its prim.
    """

    prim: Articulation
    root: Link | None
    joints: NDArray[np.int64]
    of_path: dict[str, int] = field(default_factory=dict)


class Articulations:
    """All that moves on a stage whose physics plays.

    Args:
        model: The model.
        made: Its stage.

    Raises:
        ValueError: Isaac Sim has other joints than the stage.
    """

    def __init__(self, model: mujoco.MjModel, made: Machinery) -> None:
        from isaacsim.core.experimental.prims import Articulation, RigidPrim

        self._model = model
        joint_at = {link.joint_path: int(link.joint) for link in made.links if link.joint is not None}
        by_body = {link.body: link for link in made.links}
        self.chains: list[Chain] = []
        for body, path in made.roots.items():
            prim: Articulation = Articulation(path)
            paths = [str(one) for one in prim.dof_paths[0]]
            if not set(paths) <= joint_at.keys():
                raise ValueError(f"Isaac Sim has joints {paths} below {path}: report this as a bug")
            first = by_body[body]
            self.chains.append(
                Chain(
                    prim, None if first.joint is not None else first,
                    np.array([joint_at[one] for one in paths], dtype=np.int64),
                    {one: column for column, one in enumerate(paths)},
                )
            )  # fmt: skip
        known = {path for chain in self.chains for path in chain.of_path}
        if known != joint_at.keys():
            missing = sorted(joint_at.keys() - known)
            raise ValueError(f"Isaac Sim has no joints {missing}: report this as a bug")
        self.loose = tuple(link for link in made.links if link.joint is None and link.body not in made.roots)
        self.bodies: RigidPrim | None = RigidPrim([link.path for link in self.loose]) if self.loose else None

    def to_start(self, data: mujoco.MjData) -> None:
        """Puts everything where a state has it: ``play()`` has moved it since the stage was authored."""
        model = self._model
        for chain in self.chains:
            if chain.root is not None:
                body = chain.root.body
                speed, spin = motion_of_centre(model, data, chain.root)
                chain.prim.set_world_poses(
                    positions=[data.xpos[body].tolist()], orientations=[data.xquat[body].tolist()]
                )
                chain.prim.set_velocities([speed.tolist()], [spin.tolist()])
            if len(chain.joints):
                zero = model.qpos0[model.jnt_qposadr[chain.joints]]
                places = data.qpos[model.jnt_qposadr[chain.joints]] - zero
                chain.prim.set_dof_positions([places.tolist()])
                chain.prim.set_dof_velocities([data.qvel[model.jnt_dofadr[chain.joints]].tolist()])
        if self.bodies is not None:
            numbers = [link.body for link in self.loose]
            moved = [motion_of_centre(model, data, link) for link in self.loose]
            self.bodies.set_world_poses(
                positions=data.xpos[numbers].tolist(), orientations=data.xquat[numbers].tolist()
            )
            self.bodies.set_velocities(
                [speed.tolist() for speed, _ in moved], [spin.tolist() for _, spin in moved]
            )

    def into(self, data: mujoco.MjData) -> None:
        """Brings positions and velocities of a state to where everything is now."""
        model = self._model
        for chain in self.chains:
            if len(chain.joints):
                at, turns = model.jnt_qposadr[chain.joints], model.jnt_type[chain.joints] == HINGE
                places = numbers_of(chain.prim.get_dof_positions())[0] + model.qpos0[at]
                data.qpos[at] = counted_on(places, data.qpos[at], turns)
                data.qvel[model.jnt_dofadr[chain.joints]] = numbers_of(chain.prim.get_dof_velocities())[0]
            if chain.root is not None:
                self._free(data, [chain.root], chain.prim.get_world_poses(), chain.prim.get_velocities())
        if self.bodies is not None:
            self._free(data, self.loose, self.bodies.get_world_poses(), self.bodies.get_velocities())

    def _free(
        self, data: mujoco.MjData, links: Sequence[Link], poses: tuple[Any, Any], speeds: tuple[Any, Any]
    ) -> None:
        joints = [int(self._model.body_jntadr[link.body]) for link in links]
        rows = [(int(self._model.jnt_qposadr[j]), int(self._model.jnt_dofadr[j])) for j in joints]
        turn = numbers_of(poses[1])
        turn /= np.linalg.norm(turn, axis=1, keepdims=True)
        centre = np.array([link.centre for link in links])
        speed, spin = numbers_of(speeds[0]), numbers_of(speeds[1])
        put_free(data, rows, numbers_of(poses[0]), turn, speed, spin, centre)

    def columns(self, paths: Sequence[str]) -> list[tuple[Articulation, list[int], list[int]]]:
        """For some paths of joints: an articulation, which are its, and their degrees of freedom there."""
        found = []
        for chain in self.chains:
            mine = [row for row, path in enumerate(paths) if path in chain.of_path]
            if mine:
                found.append((chain.prim, mine, [chain.of_path[paths[row]] for row in mine]))
        return found


def numbers_of(values: Any) -> Array:
    """Warp's array as numbers of our own."""
    return np.array(values.numpy(), dtype=np.float64)
