"""Surface patterns as pictures, the same for every simulator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PATTERNS = ("checker", "grain")
_LIGHT, _DARK = 255, 191


def pattern_pixels(pattern: str) -> NDArray[np.uint8]:
    """Two by two cells of a pattern, display-referred grey, uint8, shape (64, 64).

    ``checker`` has tiles; ``grain`` has uneven stripes along the columns, as wood has.

    Raises:
        KeyError: There is no such pattern.
    """
    if pattern == "checker":
        tiles = np.full((64, 64), _LIGHT, dtype=np.uint8)
        tiles[:32, 32:] = tiles[32:, :32] = _DARK
        return tiles
    if pattern == "grain":
        rows = np.arange(64)
        waves = 0.5 + 0.3 * np.sin(rows * 0.9) + 0.2 * np.sin(rows * 2.3 + 1.0)
        stripes = (_DARK + (_LIGHT - _DARK) * np.clip(waves, 0.0, 1.0)).astype(np.uint8)
        return np.repeat(stripes[:, None], 64, axis=1)
    raise KeyError(pattern)
