"""Worlds in as few simulations as their structures allow, and the cameras that draw them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from simgate.sim_adapters.mujoco.build import BuiltScene
from simgate.sim_adapters.mujoco.drawing.renderer import Size, assets_of
from simgate.sim_adapters.mujoco_warp.camera import CameraOfAll, CameraOfOne, seen_by
from simgate.sim_adapters.mujoco_warp.engine import Seat
from simgate.sim_adapters.mujoco_warp.merged import put_model, shared_by_all
from simgate.sim_adapters.mujoco_warp.simulation import Simulation


class Together:
    """Worlds that differ in what one simulation shares get one each; all are settled at step 0.

    Args:
        seats: Their worlds.
        options: Values of :data:`.options.OPTIONS`.
        device: Name of the device.

    Raises:
        ValueError: A world has what MuJoCo Warp has not.
    """

    def __init__(self, seats: Sequence[Seat], options: Mapping[str, Any], device: str) -> None:
        warp: Any = importlib.import_module("warp")
        groups: dict[bytes, tuple[list[Seat], list[Any]]] = {}
        for seat in seats:
            with warp.ScopedDevice(device):
                model = put_model(seat.built.model)
            pictures = assets_of(seat.built) + seen_by(seat.built.model)
            alike, models = groups.setdefault(shared_by_all(model, pictures), ([], []))
            alike.append(seat)
            models.append(model)
        self.simulations = [Simulation(alike, models, options, device) for alike, models in groups.values()]
        self._of = {id(seat): number for number, one in enumerate(self.simulations) for seat in one.seats}
        self._cameras: dict[tuple[int, int, Size], CameraOfAll] = {}
        """By simulation, number of the camera and size."""
        self.begin(seats)
        self.settle()

    @property
    def render_s(self) -> float:
        """Wall-clock seconds spent drawing so far."""
        return sum(camera.render_s for camera in self._cameras.values())

    def of(self, seat: Seat) -> Simulation:
        """The simulation that a world is in."""
        return self.simulations[self._of[id(seat)]]

    def begin(self, seats: Sequence[Seat]) -> None:
        """Before a control period: only these worlds will have moved when it is over."""
        at = {id(seat) for seat in seats}
        self._moving = []
        for simulation in self.simulations:
            rows = [seat.row for seat in simulation.seats if id(seat) in at]
            if rows:
                simulation.begin(rows)
                self._moving.append(simulation)

    def step(self) -> None:
        """One physics step of the worlds that move."""
        for simulation in self._moving:
            simulation.step()

    def settle(self) -> None:
        """See :meth:`Simulation.settle`."""
        for simulation in self._moving:
            simulation.settle()

    def end(self) -> None:
        """After a control period: worlds that were not to move are where they were."""
        for simulation in self._moving:
            simulation.end()

    def view(self, seat: Seat, built: BuiltScene, size: Size) -> CameraOfOne:
        """A world's camera, drawn with that of the others."""
        key = (self._of[id(seat)], built.camera, size)
        if key not in self._cameras:
            self._cameras[key] = CameraOfAll(self.of(seat), built.camera, size)
        return CameraOfOne(self._cameras[key], seat, built)

    def frames(self, camera: int, size: Size) -> Any:
        """The newest pictures of a camera of all worlds, uint8, shape (N, H, W, 3), on their device.

        None where it has not drawn, or worlds are in several simulations.
        """
        drawn = self._cameras.get((0, camera, size)) if len(self.simulations) == 1 else None
        return None if drawn is None else drawn.colours
