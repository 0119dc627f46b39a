# mypy: ignore-errors
"""Kernels of ours: Warp compiles them from their source, whose annotations are types of its own."""

from __future__ import annotations

import warp as wp


@wp.kernel
def mixed(
    front: wp.array2d[wp.uint32],
    behind: wp.array2d[wp.uint32],
    things: wp.array2d[wp.vec2i],
    opacity: wp.array2d[wp.float32],
    width: int,
    out: wp.array4d[wp.uint8],
) -> None:
    """Packed colours of two passes to bytes, by the opacity of the shape in front."""
    world, pixel = wp.tid()
    share = 1.0
    thing = things[world, pixel]
    if thing[0] >= 0 and thing[1] == 5:  # mjOBJ_GEOM
        share = opacity[world, thing[0]]
    near, far = front[world, pixel], behind[world, pixel]
    for channel in range(3):
        shift = wp.uint32(16 - 8 * channel)
        a = float((near >> shift) & wp.uint32(255))
        b = float((far >> shift) & wp.uint32(255))
        out[world, pixel // width, pixel % width, channel] = wp.uint8(int(b + share * (a - b) + 0.5))
