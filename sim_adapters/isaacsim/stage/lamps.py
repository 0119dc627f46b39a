"""Lights that flicker: their luminance is set before each frame, as plain USD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simgate.sim_adapters.scene.scene import Scene

if TYPE_CHECKING:
    from pxr import Usd


class Lamps:
    """The lights of a scene on the current stage.

    Args:
        scene: The scene.
        paths: Name of a light -> path of its prim.
    """

    def __init__(self, scene: Scene, paths: Mapping[str, str]) -> None:
        self._scene = scene
        self._paths = paths
        self._flicker = [light for light in scene.lights if light.flicker_hz * light.flicker_depth > 0.0]

    def shine(self, time_s: float) -> bool:
        """Sets the lights to a simulated time in seconds; returns whether any could have changed."""
        if not self._flicker:
            return False
        from isaacsim.core.experimental.utils.stage import get_current_stage

        from simgate.sim_adapters.usd.lights import ambient_luminance, luminance
        from simgate.sim_adapters.usd.paths import AMBIENT

        stage: Usd.Stage = get_current_stage(backend="usd")
        for light in self._flicker:
            _set(stage, self._paths[light.name], luminance(self._scene, light, time_s))
        if any(light.kind == "ceiling" for light in self._flicker):
            _set(stage, AMBIENT, ambient_luminance(self._scene, time_s))
        return True


def _set(stage: Usd.Stage, path: str, candela_per_m2: float) -> None:
    prim = stage.GetPrimAtPath(path)
    if prim.IsValid():
        prim.GetAttribute("inputs:intensity").Set(candela_per_m2)
