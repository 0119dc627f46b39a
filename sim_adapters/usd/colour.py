"""Display-referred colour to the linear light that USD's materials and lights hold."""

from __future__ import annotations

import math

from simgate.sim_adapters.scene.body import Vec3

REFERENCE_LUX = 400.0
"""Illuminance at which a white surface is as bright as the display can show; the same exposure as in MuJoCo's
pictures (:mod:`simgate.sim_adapters.mujoco.drawing.lighting`)."""
WHITE_NITS = REFERENCE_LUX / math.pi
"""Luminance of a white matte surface at the reference illuminance, candela per square metre."""


def linear(level: float) -> float:
    """A display-referred level, 0 to 1, as linear light (IEC 61966-2-1, sRGB)."""
    return level / 12.92 if level <= 0.04045 else float(((level + 0.055) / 1.055) ** 2.4)


def linear_rgb(rgb: Vec3) -> Vec3:
    """A display-referred colour as linear light."""
    return linear(rgb[0]), linear(rgb[1]), linear(rgb[2])


def display(light: float) -> float:
    """Linear light, 0 to 1, as a display-referred level."""
    return 12.92 * light if light <= 0.0031308 else float(1.055 * light ** (1.0 / 2.4) - 0.055)


def display_rgb(rgb: Vec3) -> Vec3:
    """Linear light as a display-referred colour."""
    return display(rgb[0]), display(rgb[1]), display(rgb[2])
