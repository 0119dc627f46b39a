"""What moves a world: MuJoCo itself, or another engine that MuJoCo's model follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.contacts import ContactList, SolvedContacts
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.mujoco.pushes import AppliedForces
from simgate.sim_adapters.mujoco.soundness import problems_of
from simgate.sim_adapters.scene.articulated import ArticulatedSite
from simgate.sim_adapters.scene.push import Pushable


class Engine(Pushable, Protocol):
    """Physics of one world, with its state in an ``MjData``."""

    @property
    def contacts(self) -> ContactList:
        """Those of the last physics step."""
        ...

    def step(self) -> None:
        """One physics step under ``data.ctrl``."""
        ...

    def settle(self) -> None:
        """Derives everything in ``data`` from the state; the world does not notice."""
        ...

    def problems(self) -> tuple[str, ...]:
        """Why this world cannot be believed; empty when it is sound."""
        ...


StartEngine = Callable[[ArticulatedSite, Machine, mujoco.MjData, Timing], Engine]
"""Starts an engine at the state of step 0; ValueError for a world that it cannot move."""


class MujocoEngine:
    """See :class:`Engine` and :data:`StartEngine`."""

    def __init__(self, site: ArticulatedSite, machine: Machine, data: mujoco.MjData, timing: Timing) -> None:
        self._model, self._data = machine.built.model, data
        self.contacts = SolvedContacts(self._model, data)
        self._warm = np.zeros(self._model.nv)
        self._applied = AppliedForces(data)

    def step(self) -> None:
        """One step of MuJoCo."""
        mujoco.mj_step(self._model, self._data)

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """See :class:`AppliedForces`."""
        self._applied.push(bodies, forces)

    def pushed(self) -> NDArray[np.float64]:
        """See :class:`AppliedForces`."""
        return self._applied.pushed()

    def settle(self) -> None:
        """A step leaves poses, forces and sensors one step behind the state.

        The solver's starting point is put back, so that looking at a world does not change it.
        """
        self._warm[:] = self._data.qacc_warmstart
        mujoco.mj_forward(self._model, self._data)
        self._data.qacc_warmstart[:] = self._warm

    def problems(self) -> tuple[str, ...]:
        """What MuJoCo warns of."""
        return problems_of(self._data)
