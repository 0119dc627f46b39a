"""One world's seat in a simulation of many; see :mod:`simgate.sim_adapters.mujoco.articulated.engine`."""

from __future__ import annotations

from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.contacts import ContactList, SolvedContacts
from simgate.sim_adapters.mujoco.articulated.machine import Machine
from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.scene.articulated import ArticulatedSite


class Together(Protocol):
    """The simulation, as one of its worlds sees it."""

    def settle(self) -> None:
        """Derives everything from the state, once after a step."""
        ...

    def pushed(self, row: int, bodies: NDArray[np.int64]) -> NDArray[np.float64]:
        """Forces that the state of a world holds on bodies, newtons, shape (B, 3)."""
        ...


class WarpContacts:
    """Those of a world in the last step; of the start, MuJoCo's."""

    def __init__(self, begun: ContactList) -> None:
        count = len(begun)
        geoms = begun.geoms.copy()
        self.take(
            geoms,
            np.array([begun.distance_m(k) for k in range(count)]),
            np.array([begun.normal_n(k) for k in range(count)]),
        )

    def take(self, geoms: NDArray[np.int32], gaps: NDArray[np.float64], forces: NDArray[np.float64]) -> None:
        """Those of a step: shapes (C, 2), gaps (C,) in metres, normal forces (C,) in newtons."""
        self._geoms, self._gaps, self._forces = geoms, gaps, forces

    def __len__(self) -> int:
        return len(self._gaps)

    @property
    def geoms(self) -> NDArray[np.int32]:
        """The two shapes of each contact."""
        return self._geoms

    def distance_m(self, contact: int) -> float:
        """Gap between the two."""
        return float(self._gaps[contact])

    def normal_n(self, contact: int) -> float:
        """Normal force."""
        return float(self._forces[contact])


class Seat(Protocol):
    """A world as its simulation sees it.

    Attributes:
        built: Its model.
        data: Follows the simulation.
        row: Place among the worlds of the simulation.
        found: Why this world cannot be believed.
    """

    built: BuiltScene
    data: mujoco.MjData
    row: int
    found: set[str]

    def take(self, geoms: NDArray[np.int32], gaps: NDArray[np.float64], forces: NDArray[np.float64]) -> None:
        """Contacts of a step: shapes (C, 2), gaps (C,) in metres, normal forces (C,) in newtons."""
        ...


class WarpEngine:
    """See the module; the simulation steps, and this world follows."""

    simulation: Together
    """Set before the first step."""

    def __init__(self, site: ArticulatedSite, machine: Machine, data: mujoco.MjData, timing: Timing) -> None:
        self.machine, self.built, self.data = machine, machine.built, data
        self.contacts = WarpContacts(SolvedContacts(machine.built.model, data))
        self.row = 0
        """Place among the worlds of the simulation."""
        self.found: set[str] = set()
        """Why this world cannot be believed."""
        self.take = self.contacts.take
        self._bodies = np.zeros(0, dtype=np.int64)

    def step(self) -> None:
        """A world alone is never stepped."""
        raise RuntimeError("worlds of MuJoCo Warp are stepped together")

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """They stand in this world's state until they are read back."""
        self._bodies = bodies
        self.data.xfrc_applied[bodies, :3] = forces

    def pushed(self) -> NDArray[np.float64]:
        """What the simulation's state held in the step."""
        acted = self.simulation.pushed(self.row, self._bodies)
        self.data.xfrc_applied[self._bodies] = 0.0
        return acted

    def settle(self) -> None:
        """Derives everything from the state, once for all worlds of the simulation."""
        self.simulation.settle()

    def problems(self) -> tuple[str, ...]:
        """What the simulation found in this world's own steps."""
        return tuple(sorted(self.found))
