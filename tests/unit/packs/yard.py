"""A small world for tests of packs and expansion: a yard with a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.worlds.world import Disc, ParameterSpec, PlacedObject, Rectangle, Value

PLUGINS = "worlds:yard=tests.unit.packs.yard:YARD,worlds:broken=tests.unit.packs.yard:NOTHING"
"""Value of SIMGATE_PLUGINS that installs it, and a world that cannot be loaded."""


class Yard:
    """A square yard whose side is a parameter."""

    name = "yard"
    description = "A yard."
    parameters: Mapping[str, ParameterSpec] = {
        "crew": ParameterSpec("integer", 0, "People in the yard.", "", 0, 9),
        "gate.distance_m": ParameterSpec("number", 5.0, "Distance of the gate.", "m", 1.0, 20.0),
        "gate.kind": ParameterSpec(
            "choice", "steel", "What the gate is made of.", choices=("steel", "glass", "none")
        ),
        "gate.open": ParameterSpec("bool", False, "Whether the gate is open."),
        "light.lux": ParameterSpec("number", 300.0, "Illuminance.", "lux", 10.0, 2000.0),
        "side_m": ParameterSpec("number", 6.0, "Side of the yard.", "m", 1.0, 50.0),
        "tilt_deg": ParameterSpec("number", 0.0, "Tilt of the camera.", "deg", -10.0, 10.0),
    }
    object_kinds: Mapping[str, tuple[float, float]] = {
        "bin": (0.2, 0.2),
        "box": (0.3, 0.5),
        "plank": (1.0, 0.05),
        "crate": (0.4, 0.3),
        "drum": (0.3, 0.3),
    }
    round_kinds = ("drum",)
    sizable_kinds: Mapping[str, tuple[float, float]] = {"crate": (0.2, 3.0), "drum": (0.2, 2.0)}
    region_names = ("floor",)
    keep_clear_names = ("start", "centre")

    def region(self, name: str, parameters: Mapping[str, Value]) -> Rectangle:
        """The whole yard."""
        side = float(parameters["side_m"])
        return {"floor": Rectangle(0.0, 0.0, side, side)}[name]

    def keep_clear(self, name: str, parameters: Mapping[str, Value]) -> Disc:
        """A corner and the middle."""
        side = float(parameters["side_m"])
        return {"start": Disc(0.0, 0.0, 1.0), "centre": Disc(side / 2, side / 2, 0.5)}[name]

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Scene:
        """Nothing here builds a scene."""
        raise NotImplementedError


YARD = Yard()
