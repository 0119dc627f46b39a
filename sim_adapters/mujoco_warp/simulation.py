"""Worlds of one structure as rows of one ``mujoco_warp.Data``, which their ``MjData`` follow."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.mujoco_warp.engine import Seat
from simgate.sim_adapters.mujoco_warp.library import library
from simgate.sim_adapters.mujoco_warp.merged import merged

_STATE = int(mujoco.mjtState.mjSTATE_INTEGRATION)
_AFTER_A_STEP = ("actuator_force", "actuator_velocity")
"""What is summed up over every step."""
_SETTLED = (
    "qpos", "qvel", "act", "qacc", "xpos", "xquat", "xmat", "xipos", "ximat", "geom_xpos", "geom_xmat",
    "site_xpos", "site_xmat", "cam_xpos", "cam_xmat", "light_xpos", "light_xdir", "subtree_com", "cvel",
    "qfrc_actuator", "actuator_length", "sensordata", *_AFTER_A_STEP,
)  # fmt: skip
"""What sensors, quantities and cameras read of an ``MjData``, by the names that both have."""
_FIXED = ("xquat", "xmat", "ximat", "geom_xpos", "geom_xmat")
"""What MuJoCo Warp derives once, of the first world's model, and never again where nothing moves it."""
_LED = ("mocap_pos", "mocap_quat")
"""What stands where it is told to, and is moved by nothing."""
_OVERFLOWS = {
    "NEFC": "more rows of constraints than sim.options.constraints says",
    "NJMAX_NNZ": "more numbers in its constraints than sim.options.constraints allows",
    "BROADPHASE": "more pairs that may touch than sim.options.contacts says",
    "NARROWPHASE": "more contacts than sim.options.contacts says",
    "CCD": "more contacts of convex shapes than sim.options.contacts says",
    "HFIELD": "more contacts with a height field than MuJoCo Warp holds",
    "CONTACT_MATCH": "more contacts at a contact sensor than MuJoCo Warp holds",
    "EPA_HORIZON": "a contact whose depth MuJoCo Warp has no room to find",
    "TACTILE": "more pairs at a tactile sensor than MuJoCo Warp holds",
}
"""A solver that ends by its number of iterations is none: MuJoCo's ends so too."""


class Simulation:
    """Steps its worlds together.

    Args:
        seats: Of worlds whose models have one structure.
        models: Theirs on the device.
        options: Values of :data:`.options.OPTIONS`.
        device: Name of the device.
    """

    def __init__(
        self, seats: Sequence[Seat], models: Sequence[Any], options: Mapping[str, Any], device: str
    ) -> None:
        self.seats, self.device = list(seats), device
        self.first = seats[0].built
        self._mjw, self._warp = library(), importlib.import_module("warp")
        warp: Any = self._warp
        count = len(seats)
        most = int(options["contacts"])
        with warp.ScopedDevice(device):
            self.model = merged(models)
            self.data = self._mjw.make_data(
                self.first.model, count, nconmax=most, njmax=int(options["constraints"])
            )
            self._ids = warp.array(np.arange(count * most, dtype=np.int32))
            self._forces = warp.zeros(count * most, dtype=warp.spatial_vector)
            self._start()
        for row, seat in enumerate(self.seats):
            seat.row = row
        flags = self._mjw.OverflowType
        self._flags = {int(flags[name]): text for name, text in _OVERFLOWS.items()}
        self._most = most
        self._settled = False
        self.draws = 0
        """Counts the moments that can be drawn: a picture is of one of them."""

    def _start(self) -> None:
        """Every world's state at step 0."""
        rows = []
        for seat in self.seats:
            model = seat.built.model
            state = np.zeros(mujoco.mj_stateSize(model, _STATE))
            mujoco.mj_getState(model, seat.data, state, _STATE)
            rows.append(state)
            mujoco.mj_kinematics(model, seat.data)
        self._tell(_FIXED)
        state = self._warp.array(np.array(rows, dtype=np.float32))
        self._mjw.set_state(self.model, self.data, state, _STATE)
        self._kept = self._warp.zeros_like(state)

    def settle(self) -> None:
        """Derives everything from the state, which stays as it is; the first call after a step does it."""
        if self._settled:
            return
        data = self.data
        with self._warp.ScopedDevice(self.device):
            if self.first.model.nmocap:
                self._tell(_LED)
            warm = self._warp.clone(data.qacc_warmstart)
            self._mjw.forward(self.model, data)
            self._warp.copy(data.qacc_warmstart, warm)
        self._settled = True
        self.draws += 1
        self._follow(self._moving, _SETTLED)
        for row in self._moving:
            seat = self.seats[row]
            if not (np.isfinite(seat.data.qpos).all() and np.isfinite(seat.data.qvel).all()):
                seat.found.add("non-finite state")

    def begin(self, moving: Sequence[int]) -> None:
        """Before a control period: only these worlds will have moved when it is over."""
        self._moving = list(moving)
        self._settled = False
        self._still = len(self._moving) < len(self.seats)
        if self._still:
            with self._warp.ScopedDevice(self.device):
                self._mjw.get_state(self.model, self.data, self._kept, _STATE)

    def step(self) -> None:
        """One physics step of all worlds under their ``ctrl`` and pushes."""
        data = self.data
        with self._warp.ScopedDevice(self.device):
            self._tell(("ctrl", "xfrc_applied", *(_LED if self.first.model.nmocap else ())))
            self._mjw.step(self.model, data)
            self._mjw.contact_force(self.model, data, self._ids, False, self._forces)
        self._settled = False
        self._follow(self._moving, _AFTER_A_STEP)
        self._take_contacts()
        self._take_overflows()

    def _tell(self, names: Sequence[str]) -> None:
        for name in names:
            told = np.array([getattr(seat.data, name) for seat in self.seats], dtype=np.float32)
            array = getattr(self.data, name)
            array.assign(told.reshape(array.numpy().shape))

    def end(self) -> None:
        """After a control period: worlds that were not to move are where they were."""
        if self._still:
            with self._warp.ScopedDevice(self.device):
                keep = np.ones(len(self.seats), dtype=bool)
                keep[self._moving] = False
                chosen = self._warp.array(keep, dtype=bool)
                self._mjw.set_state(self.model, self.data, self._kept, _STATE, chosen)

    def _follow(self, rows: Sequence[int], names: Sequence[str]) -> None:
        for name in names:
            numbers = getattr(self.data, name).numpy()
            for row in rows:
                into = getattr(self.seats[row].data, name)
                into[:] = numbers[row].reshape(into.shape)

    def _take_contacts(self) -> None:
        contact = self.data.contact
        count = min(int(self.data.nacon.numpy()[0]), len(self._ids))
        solved = contact.type.numpy()[:count] & 1 != 0  # ContactType.CONSTRAINT
        worlds = contact.worldid.numpy()[:count][solved]
        order = np.argsort(worlds, kind="stable")
        geoms = contact.geom.numpy()[:count][solved][order].astype(np.int32)
        gaps = contact.dist.numpy()[:count][solved][order].astype(np.float64)
        forces = self._forces.numpy()[:count][solved][order][:, 0].astype(np.float64)
        ends = np.searchsorted(worlds[order], np.arange(len(self.seats) + 1))
        for row in self._moving:
            here = slice(ends[row], ends[row + 1])
            self.seats[row].take(geoms[here], gaps[here], forces[here])
            if here.stop - here.start > self._most:
                self.seats[row].found.add(_OVERFLOWS["NARROWPHASE"])

    def _take_overflows(self) -> None:
        flags = self.data.overflow.numpy()
        if not flags.any():
            return
        for row in self._moving:
            found = {text for flag, text in self._flags.items() if int(flags[row]) & flag}
            self.seats[row].found |= found

    def pushed(self, row: int, bodies: NDArray[np.int64]) -> NDArray[np.float64]:
        """Forces that the state of a world holds on bodies, newtons, shape (B, 3)."""
        acted: NDArray[np.float64] = self.data.xfrc_applied.numpy()[row][bodies, :3].astype(np.float64)
        return acted
