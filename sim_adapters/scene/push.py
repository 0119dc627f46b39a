"""Pushes: forces on bodies for a while, whatever their robot does, and how a world gives them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_OFF = 1e-6
"""By so much of an impulse the sum of what acted may differ from it: rounding alone."""


@dataclass(frozen=True, slots=True)
class Push:
    """One push of a variant; the force is constant and acts at the body's centre of mass.

    Attributes:
        name: As the pack calls it.
        body: Name of the body in its file.
        impulse_ns: Force times duration, newton seconds.
        direction_deg: About the vertical from the world's X, positive to the left.
        elevation_deg: Positive up.
        at_s: When it begins, simulated seconds.
        duration_s: How long it lasts; at least one physics step.
    """

    name: str
    body: str
    impulse_ns: float
    direction_deg: float
    elevation_deg: float
    at_s: float
    duration_s: float

    @property
    def impulse(self) -> tuple[float, float, float]:
        """In the world's frame, newton seconds."""
        turn, rise = math.radians(self.direction_deg), math.radians(self.elevation_deg)
        level = self.impulse_ns * math.cos(rise)
        return level * math.cos(turn), level * math.sin(turn), self.impulse_ns * math.sin(rise)

    def steps(self, physics_hz: int) -> range:
        """The physics steps under its force, counted from the start."""
        first = round(self.at_s * physics_hz)
        return range(first, first + max(1, round(self.duration_s * physics_hz)))


class Pushable(Protocol):
    """What moves bodies and can be told forces on them."""

    def push(self, bodies: NDArray[np.int64], forces: NDArray[np.float64]) -> None:
        """Forces, newtons, world frame, shape (B, 3), at the centres of mass of bodies in the next step."""
        ...

    def pushed(self) -> NDArray[np.float64]:
        """Those that acted in the last step, which was told some, by the engine's own account."""
        ...


def number_among(names: Sequence[str]) -> Callable[[str], int]:
    """Numbers bodies by their place among those that physics moves; ValueError for another name."""

    def number(name: str) -> int:
        if name not in names:
            raise ValueError(f"'{name}' stands where it is, and no push moves it")
        return names.index(name)

    return number


class Pushes:
    """The pushes of one world: told to its engine step by step, and read back from it.

    Args:
        pushes: Those of the variant.
        physics_hz: Physics steps a second.
        number: The number of a body by its name; whatever it raises for one that cannot be pushed is raised.
    """

    def __init__(self, pushes: Sequence[Push], physics_hz: int, number: Callable[[str], int]) -> None:
        self._step_s = 1.0 / physics_hz
        self._pushes = [one for one in pushes if one.impulse_ns > 0.0]
        self._steps = [one.steps(physics_hz) for one in self._pushes]
        self._impulses = np.array([one.impulse for one in self._pushes]).reshape(-1, 3)
        lasting = np.array([len(steps) for steps in self._steps]) * self._step_s
        self._forces = self._impulses / lasting[:, None]
        bodies = [number(one.body) for one in self._pushes]
        self._bodies = np.array(sorted(set(bodies)), dtype=np.int64)
        """Each once, for two pushes may be on one body."""
        self._row = np.searchsorted(self._bodies, bodies)
        self._took = np.zeros_like(self._impulses)
        self._told: list[int] = []
        self._step = 0
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

    def tell(self, engine: Pushable, step: int) -> None:
        """Before a step, counted from the start: the forces that act in it."""
        self._step = step
        self._told = [k for k, steps in enumerate(self._steps) if step in steps]
        if self._told:
            forces = np.zeros((len(self._bodies), 3))
            np.add.at(forces, self._row[self._told], self._forces[self._told])
            engine.push(self._bodies, forces)

    def collect(self, engine: Pushable) -> None:
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
            if self._step == self._steps[k][-1] and missing > _OFF * push.impulse_ns:
                self._problems[push.name] = (
                    f"the push '{push.name}' on '{push.body}' did not take: the simulator gave "
                    f"{np.linalg.norm(self._took[k]):.3g} of {push.impulse_ns:.3g} N s"
                )

    def problems(self) -> tuple[str, ...]:
        """Pushes that were not what they were to be."""
        return tuple(self._problems.values())
