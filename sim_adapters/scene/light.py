"""Lights in photometric terms; each adapter turns lux and kelvin into what it draws with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from simgate.sim_adapters.scene.body import Vec3


@dataclass(frozen=True, slots=True)
class Light:
    """A light source.

    Attributes:
        name: Unique in the scene.
        kind: ``ceiling`` (a lamp that shines down) or ``window`` (daylight towards ``direction``).
        position: World frame, metres.
        direction: Unit vector of the light's travel.
        lux: Illuminance that this light alone gives on a surface that faces it, at the distance it is
            meant for.
        temperature_k: Colour temperature, kelvin.
        flicker_hz: Frequency of the flicker; 0 is steady.
        flicker_depth: Share of the light lost at the flicker's dark end, 0 to 1.
        casts_shadow: Whether the light throws shadows.
    """

    name: str
    kind: Literal["ceiling", "window"]
    position: Vec3
    direction: Vec3
    lux: float
    temperature_k: float = 4500.0
    flicker_hz: float = 0.0
    flicker_depth: float = 0.0
    casts_shadow: bool = False

    def lux_at(self, time_s: float) -> float:
        """Illuminance at a simulated time: a raised cosine of ``flicker_depth``."""
        if self.flicker_hz == 0.0 or self.flicker_depth == 0.0:
            return self.lux
        dip = 0.5 * (1.0 - math.cos(math.tau * self.flicker_hz * time_s))
        return self.lux * (1.0 - self.flicker_depth * dip)


def blackbody_rgb(temperature_k: float) -> Vec3:
    """Colour of a black body, scaled so that the largest channel is 1.

    Tanner Helland's fit to Mitchell Charity's black-body table (2012), valid 1,000 to 40,000 K.

    Raises:
        ValueError: The temperature is outside that range.
    """
    if not 1000.0 <= temperature_k <= 40000.0:
        raise ValueError(f"colour temperature {temperature_k} K is outside 1000..40000 K")
    t = temperature_k / 100.0
    if t <= 66.0:
        red = 255.0
        green = 99.4708025861 * math.log(t) - 161.1195681661
        blue = 0.0 if t <= 19.0 else 138.5177312231 * math.log(t - 10.0) - 305.0447927307
    else:
        red = 329.698727446 * (t - 60.0) ** -0.1332047592
        green = 288.1221695283 * (t - 60.0) ** -0.0755148492
        blue = 255.0
    channels = [min(max(c, 0.0), 255.0) / 255.0 for c in (red, green, blue)]
    top = max(channels)
    return channels[0] / top, channels[1] / top, channels[2] / top
