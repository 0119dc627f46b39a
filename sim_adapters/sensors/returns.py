"""Which beams of a scanner come back: dark, far and grazed surfaces give too little light for an echo."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

DARK = 0.1
"""Reflectance of the surface for which scanners' data sheets state a range."""
_LIDAR = 1
"""Apart from the counters of the camera effects, which use the same seed."""


def return_probability(
    distance_m: NDArray[np.float64],
    reflectance: NDArray[np.float64],
    cosine: NDArray[np.float64],
    dark_range_m: float,
) -> NDArray[np.float64]:
    """Probability that a beam comes back, each argument of shape (R,).

    The echo of a matt surface goes with reflectance * cosine / distance^2. Half of the beams come back where
    it equals that of a surface of a tenth, square on, at ``dark_range_m``.

    Args:
        distance_m: To the surface.
        reflectance: Share of the light that it gives back, 0 to 1.
        cosine: Of the angle between the beam and the surface's normal, 0 to 1.
        dark_range_m: See above.
    """
    echo = reflectance / DARK * cosine * (dark_range_m / np.maximum(distance_m, 1e-9)) ** 2
    found: NDArray[np.float64] = 1.0 - np.exp2(-echo)
    return found


def draw(seed: int, scan: int, name: str, beams: int) -> NDArray[np.float64]:
    """Even numbers from 0 to 1, one a beam, shape (R,); they depend on the arguments alone.

    Args:
        seed: Of the episode, 63 bits.
        scan: Number of the scan in the episode.
        name: Of the sensor; each has its own numbers.
        beams: R.
    """
    counter = [0, _LIDAR, scan, zlib.crc32(name.encode())]
    return np.random.Generator(np.random.Philox(key=seed, counter=counter)).random(beams)
