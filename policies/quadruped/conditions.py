"""The conditions of a walk: their ranges, drawing them, and putting them into a MuJoCo model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import mujoco
import numpy as np

from simgate.policies.quadruped.gait import Floats

NOMINAL: Mapping[str, float] = {
    "friction": 0.8,
    "payload_kg": 0.0,
    "strength": 1.0,
    "push_mps": 0.0,
    "slope_deg": 0.0,
    "delay_ms": 0.0,
}
Ranges = Mapping[str, tuple[float, float]]
TRAINING: Ranges = {
    "friction": (0.35, 1.25),
    "payload_kg": (0.0, 3.5),
    "strength": (0.75, 1.15),
    "push_mps": (0.0, 0.8),
    "slope_deg": (0.0, 6.5),
    "delay_ms": (0.0, 20.0),
}
WALKS: Ranges = {
    "friction": (0.4, 1.2),
    "payload_kg": (0.0, 3.0),
    "strength": (0.8, 1.1),
    "push_mps": (0.5, 0.5),
    "slope_deg": (0.0, 5.0),
    "delay_ms": (0.0, 20.0),
}
"""What the network is measured in: inside what it was trained in."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Of N walks.

    Attributes:
        values: (N,) for each name of :data:`NOMINAL`.
        downhill: (N,) direction in which the floor falls, radians.
    """

    values: Mapping[str, Floats]
    downhill: Floats


def draw(
    rng: np.random.Generator,
    count: int,
    ranges: Ranges,
    names: Iterable[str] | None = None,
    share: float = 1.0,
) -> Conditions:
    """Draws conditions evenly.

    Args:
        rng: Where they come from.
        count: How many walks.
        ranges: What each condition is drawn from.
        names: Those that vary (default: all); the others are nominal.
        share: How far they go from nominal into their range, from 0 to 1.
    """
    values = {name: np.full(count, value) for name, value in NOMINAL.items()}
    for name in ranges if names is None else names:
        values[name] = NOMINAL[name] + share * (rng.uniform(*ranges[name], count) - NOMINAL[name])
    return Conditions(values, rng.uniform(-np.pi, np.pi, count))


class Applied:
    """Puts the conditions of one walk into one model, always from the file's own numbers.

    Args:
        base: The model as the file has it.
    """

    def __init__(self, base: mujoco.MjModel) -> None:
        self._base = base
        self._floor, self._payload = base.geom("floor").id, base.body("payload").id
        half = base.geom("payload").size
        self._unit_inertia = (np.sum(half**2) - half**2) / 3.0
        self._scratch = mujoco.MjData(base)

    def apply(self, model: mujoco.MjModel, conditions: Conditions, walk: int) -> Floats:
        """Changes the model; returns the floor's normal (3,)."""
        value = {name: float(column[walk]) for name, column in conditions.values.items()}
        model.geom_friction[self._floor, 0] = value["friction"]
        model.body_mass[self._payload] = value["payload_kg"]
        model.body_inertia[self._payload] = value["payload_kg"] * self._unit_inertia
        model.actuator_gainprm[:, 0] = self._base.actuator_gainprm[:, 0] * value["strength"]
        model.actuator_biasprm[:] = self._base.actuator_biasprm * value["strength"]
        model.actuator_forcerange[:] = self._base.actuator_forcerange * value["strength"]
        tilt, downhill = np.deg2rad(value["slope_deg"]), conditions.downhill[walk]
        axis = np.array([-np.sin(downhill), np.cos(downhill), 0.0])
        model.geom_quat[self._floor] = [np.cos(tilt / 2.0), *(np.sin(tilt / 2.0) * axis)]
        mujoco.mj_setConst(model, self._scratch)
        return np.array([np.sin(tilt) * np.cos(downhill), np.sin(tilt) * np.sin(downhill), np.cos(tilt)])
