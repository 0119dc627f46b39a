"""Lux and kelvin to the fixed-function lights that MuJoCo draws with.

MuJoCo's OpenGL renderer adds display-referred colours without tone mapping. A camera with a fixed
exposure meant for ``REFERENCE_LUX`` and a display gamma of 2.2 shows a surface at
``(lux / reference) ** (1 / 2.2)`` of its base colour; that factor is what the lights are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from simgate.sim_adapters.scene.body import Vec3
from simgate.sim_adapters.scene.light import Light, blackbody_rgb

REFERENCE_LUX = 400.0
WHITE_BALANCE_K = 5000.0
_GAMMA = 2.2


class Lit(Protocol):
    """What is lit, a scene for example.

    Attributes:
        lights: Light sources.
        ambient_lux: Light from everywhere, lux.
    """

    @property
    def lights(self) -> Sequence[Light]: ...  # noqa: D102 - see the class
    @property
    def ambient_lux(self) -> float: ...  # noqa: D102 - see the class


def display_level(lux: float) -> float:
    """Brightness of a white surface at this illuminance, 1 at the reference."""
    return float((max(lux, 0.0) / REFERENCE_LUX) ** (1.0 / _GAMMA))


@lru_cache(maxsize=256)
def tint(temperature_k: float) -> Vec3:
    """Colour of the light as a camera balanced for 5,000 K shows it, display-referred, mean 1."""
    light, white = blackbody_rgb(temperature_k), blackbody_rgb(WHITE_BALANCE_K)
    ratio = [(a / b) ** (1.0 / _GAMMA) for a, b in zip(light, white, strict=True)]
    mean = sum(ratio) / 3.0
    return ratio[0] / mean, ratio[1] / mean, ratio[2] / mean


def light_levels(scene: Lit, time_s: float) -> tuple[Vec3, list[Vec3]]:
    """Ambient colour, and the diffuse colour of each light, at a simulated time.

    The ceiling lights share the brightness that their sum of lux gives. Daylight adds what the scene gains by
    it: surfaces that the window does not reach are as bright as without it.
    """
    flicker = 1.0
    ceiling = [light for light in scene.lights if light.kind == "ceiling"]
    if ceiling and ceiling[0].lux > 0.0:
        flicker = ceiling[0].lux_at(time_s) / ceiling[0].lux
    ambient_k = ceiling[0].temperature_k if ceiling else WHITE_BALANCE_K
    ambient_lux = scene.ambient_lux * flicker
    inside = ambient_lux + sum(light.lux_at(time_s) for light in ceiling)
    inside_level = display_level(inside) / inside if inside > 0.0 else 0.0
    colours = []
    for light in scene.lights:
        lux = light.lux_at(time_s)
        if light.kind == "ceiling":
            level = inside_level * lux
        else:
            level = display_level(inside + lux) - display_level(inside)
        colours.append(_scaled(tint(light.temperature_k), level))
    return _scaled(tint(ambient_k), inside_level * ambient_lux), colours


def _scaled(colour: Vec3, factor: float) -> Vec3:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor
