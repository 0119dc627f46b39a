"""Pushes in one world: told to the engine step by step, and read back from it."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco.articulated.engine import Engine
from simgate.sim_adapters.mujoco.articulated.names import need
from simgate.sim_adapters.scene.push import Push
from simgate.sim_adapters.worlds.native_file import NativeError

_OFF = 1e-6
"""By so much of an impulse the sum of what acted may differ from it: rounding alone."""


def pushed_body(model: mujoco.MjModel, name: str) -> int:
    """Number of a body that can be pushed.

    Raises:
        NativeError: There is none of that name, or nothing can move it.
    """
    body = need(model, "body", name)
    if int(model.body_weldid[body]) == 0:
        raise NativeError(
            "element",
            f"body '{name}' stands where it is, and no push moves it",
            "name one that a joint moves",
        )
    return body


class Pushes:
    """The pushes of a world.

    Args:
        model: The model.
        pushes: Those of the variant.
        physics_hz: Physics steps a second.

    Raises:
        NativeError: A body is none that can be pushed.
    """

    def __init__(self, model: mujoco.MjModel, pushes: Sequence[Push], physics_hz: int) -> None:
        self._step_s = 1.0 / physics_hz
        self._pushes = [one for one in pushes if one.impulse_ns > 0.0]
        self._steps = [one.steps(physics_hz) for one in self._pushes]
        self._impulses = np.array([one.impulse for one in self._pushes]).reshape(-1, 3)
        lasting = np.array([len(steps) for steps in self._steps]) * self._step_s
        self._forces = self._impulses / lasting[:, None]
        bodies = [pushed_body(model, one.body) for one in self._pushes]
        self._bodies = np.array(sorted(set(bodies)), dtype=np.int64)
        """Each once, for two pushes may be on one body."""
        self._row = np.searchsorted(self._bodies, bodies)
        self._took = np.zeros_like(self._impulses)
        self._told: list[int] = []
        self._strongest_n = {one.name: 0.0 for one in pushes}
        self._problems: dict[str, str] = {}

    @property
    def strongest_n(self) -> dict[str, float]:
        """The largest force of each push since :meth:`clear`, newtons, as the engine has read it back."""
        return self._strongest_n

    def clear(self) -> None:
        """Begins a new control period."""
        for name in self._strongest_n:
            self._strongest_n[name] = 0.0

    def tell(self, engine: Engine, step: int) -> None:
        """Before a step: the forces that act in it."""
        self._told = [k for k, steps in enumerate(self._steps) if step in steps]
        if self._told:
            forces = np.zeros((len(self._bodies), 3))
            np.add.at(forces, self._row[self._told], self._forces[self._told])
            engine.push(self._bodies, forces)

    def collect(self, engine: Engine, step: int) -> None:
        """After that step: what acted in it, and whether a push that is over was what it was to be."""
        if not self._told:
            return
        acted = engine.pushed()
        for k in self._told:
            push, row = self._pushes[k], int(self._row[k])
            others = [other for other in self._told if other != k and self._row[other] == row]
            force: NDArray[np.float64] = acted[row] - self._forces[others].sum(axis=0)
            self._took[k] += force * self._step_s
            strongest = max(self._strongest_n[push.name], float(np.linalg.norm(force)))
            self._strongest_n[push.name] = strongest
            missing = float(np.linalg.norm(self._took[k] - self._impulses[k]))
            if step == self._steps[k][-1] and missing > _OFF * push.impulse_ns:
                self._problems[push.name] = (
                    f"the push '{push.name}' on '{push.body}' did not take: the simulator gave "
                    f"{np.linalg.norm(self._took[k]):.3g} of {push.impulse_ns:.3g} N s"
                )

    def problems(self) -> tuple[str, ...]:
        """Pushes that were not what they were to be."""
        return tuple(self._problems.values())
