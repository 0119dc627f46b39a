"""A stage for the renderer: an ovstage of its own, whose prims go where MuJoCo's bodies are.

PhysX reads its stage at one ordinal and must not be told what it has moved; so the pictures have another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from simgate.sim_adapters.physx.session import stage_text

Matrices = NDArray[np.float64]
"""Transformations as OpenUSD has them, for rows, shape (N, 4, 4)."""


class ShownStage:
    """Scene data that a renderer draws.

    Args:
        stage: The stage at the start, with all that is to be rendered.
        moved: Path of a prim -> number of the body that it goes with.
        lights: Paths of lights that change.
        data: MuJoCo's state at the start, its poses derived.

    Attributes:
        native: The ``ovstage.Stage``, for the renderer to attach.
        ordinal: The newest that is published.
    """

    def __init__(
        self, stage: Usd.Stage, moved: Mapping[str, int], lights: tuple[str, ...], data: mujoco.MjData
    ) -> None:
        import ovstage

        self._ovstage = ovstage
        self._bodies = np.array(list(moved.values()), dtype=np.int64)
        self._own, self._to_parent = _frames(stage, list(moved), poses(data, self._bodies))
        self.ordinal = 1
        self.native: Any = ovstage.Stage("simgate pictures")
        ovstage.population.open_usd_from_string(
            self.native, stage_text(stage), ordinal=self.ordinal, domains=ovstage.PopulationDomain.ALL
        )
        self._publish()
        self._paths: Any = ovstage.PathDictionary(self.native)
        self._lists = [
            self._paths.create_path_list_from_strings(list(names)) for names in (moved, lights) if names
        ]
        queries = iter([self.native.query_from_path_list(one) for one in self._lists])
        self._moved: Any = next(queries) if moved else None
        self._lights: Any = next(queries) if lights else None

    def show(self, data: mujoco.MjData, intensities: NDArray[np.float32]) -> int:
        """Publishes a moment.

        Args:
            data: The state, its poses derived.
            intensities: Of the lights, float32, shape (L,).

        Returns:
            The ordinal from which on it can be drawn.
        """
        self.ordinal += 1
        if self._moved is not None:
            local = self._own @ poses(data, self._bodies) @ self._to_parent
            self._write(self._moved, "omni:xform", local, self._ovstage.AttributeSemantic.MATRIX)
        if self._lights is not None:
            self._write(self._lights, "inputs:intensity", intensities, self._ovstage.AttributeSemantic.NONE)
        self._publish()
        return self.ordinal

    def _write(self, query: Any, name: str, values: NDArray[Any], semantic: Any) -> None:
        told = np.ascontiguousarray(values)
        self.native.write_attribute(
            query, name, ordinal=self.ordinal, tensors=told, is_array=False, semantic=semantic
        ).wait()

    def _publish(self) -> None:
        self.native.advance_write_floor(ordinal=self.ordinal).wait()

    def close(self) -> None:
        """Ends the stage, which no renderer must have attached any more; safe to call twice."""
        if self.native is None:
            return
        for query in (self._moved, self._lights):
            if query is not None:
                self.native.release_query(query).wait()
        for one in self._lists:
            self._paths.destroy_path_list(one)
        self._paths.destroy()
        self.native.destroy()
        self.native = None


def poses(data: mujoco.MjData, bodies: NDArray[np.int64]) -> Matrices:
    """Where some of the bodies are in the world."""
    found = np.tile(np.eye(4), (len(bodies), 1, 1))
    found[:, :3, :3] = data.xmat[bodies].reshape(-1, 3, 3).transpose(0, 2, 1)
    found[:, 3, :3] = data.xpos[bodies]
    return found


def _frames(stage: Usd.Stage, paths: list[str], at_start: Matrices) -> tuple[Matrices, Matrices]:
    """What lies between a prim and its body, which never changes, and between the world and its parent."""
    cache = UsdGeom.XformCache()
    prims = [stage.GetPrimAtPath(path) for path in paths]
    world = [np.array(cache.GetLocalToWorldTransform(prim)) for prim in prims]
    parents = [np.array(cache.GetParentToWorldTransform(prim)) for prim in prims]
    shape = (len(paths), 4, 4)
    own = np.array(world).reshape(shape) @ np.linalg.inv(at_start)
    return own, np.linalg.inv(np.array(parents).reshape(shape))
