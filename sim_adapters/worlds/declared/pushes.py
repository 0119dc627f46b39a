"""Pushes of a native world: their parameters, and what a variant makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simgate.sim_adapters.scene.push import Push
from simgate.sim_adapters.worlds.world import ParameterSpec, Value


@dataclass(frozen=True, slots=True)
class PushSpec:
    """A push as a pack declares it; see :class:`simgate.sim_adapters.scene.push.Push`.

    Attributes:
        body: Name of the body.
        values: ``impulse_ns``, ``direction_deg``, ``elevation_deg``, ``at_s`` and ``duration_s`` where a
            variant says nothing else.
        latest_s: When an episode is over at the latest.
    """

    body: str
    values: dict[str, float]
    latest_s: float

    def parameters(self, name: str) -> dict[str, ParameterSpec]:
        """What variants may set, by name."""
        limits: dict[str, tuple[str, str, float | None, float | None]] = {
            "impulse_ns": (f"Impulse of a push on {self.body}; 0 for none.", "N s", 0.0, None),
            "direction_deg": (
                "Direction of the push about the vertical, from the world's X, positive to the left.",
                "deg", -360.0, 360.0,
            ),
            "elevation_deg": ("Elevation of the push's direction, positive up.", "deg", -90.0, 90.0),
            "at_s": ("When the push begins, before the time limit.", "s", 0.0, self.latest_s),
            "duration_s": (
                "How long the push lasts, in whole physics steps, at least one.", "s", 0.0, self.latest_s
            ),
        }  # fmt: skip
        return {
            f"{name}.{key}": ParameterSpec("number", self.values[key], *said) for key, said in limits.items()
        }


def pushes_of(specs: Mapping[str, PushSpec], parameters: Mapping[str, Value]) -> tuple[Push, ...]:
    """The pushes of a variant, by its parameters."""
    return tuple(
        Push(name, spec.body, **{key: float(parameters[f"{name}.{key}"]) for key in spec.values})
        for name, spec in specs.items()
    )
