"""What the robot has touched since the last observation, summed up the same way for every simulator."""

from __future__ import annotations

from dataclasses import dataclass, field

from simgate.sim_adapters.observation import Contact


@dataclass(slots=True)
class _Touch:
    steps: dict[int, None] = field(default_factory=dict)
    """In order, each once."""
    impulse_ns: float = 0.0
    depth_m: float = 0.0


class Touches:
    """Contact of the robot with each body.

    Args:
        names: Names of the bodies, in the order in which contacts are listed.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._by_body: dict[int, _Touch] = {}

    def clear(self) -> None:
        """Begins a new control period."""
        self._by_body.clear()

    def add(self, body: int, step: int, impulse_ns: float, depth_m: float) -> None:
        """Adds one contact point of one physics step.

        Args:
            body: Number of the body in ``names``.
            step: Physics step.
            impulse_ns: Normal impulse, newton seconds.
            depth_m: Penetration, metres.
        """
        touch = self._by_body.setdefault(body, _Touch())
        touch.steps[step] = None
        touch.impulse_ns += impulse_ns
        touch.depth_m = max(touch.depth_m, depth_m)

    def contacts(self) -> tuple[Contact, ...]:
        """What was touched since :meth:`clear`."""
        return tuple(
            Contact(self._names[body], touch.impulse_ns, touch.depth_m, min(touch.steps), tuple(touch.steps))
            for body, touch in sorted(self._by_body.items())
        )
