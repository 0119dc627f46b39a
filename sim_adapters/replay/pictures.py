"""Pictures in messages of ROS and Foxglove as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgate.sim_adapters.files.decoded import MOST_PIXELS, NotAFrame, decoded

RAW = ("foxglove.RawImage", "sensor_msgs/msg/Image", "sensor_msgs/Image")
COMPRESSED = ("foxglove.CompressedImage", "sensor_msgs/msg/CompressedImage", "sensor_msgs/CompressedImage")
IMAGE_TYPES = (*RAW, *COMPRESSED)
_CHANNELS = {
    "rgb8": (3, (0, 1, 2)),
    "8UC3": (3, (2, 1, 0)),
    "bgr8": (3, (2, 1, 0)),
    "rgba8": (4, (0, 1, 2)),
    "bgra8": (4, (2, 1, 0)),
    "mono8": (1, (0, 0, 0)),
    "8UC1": (1, (0, 0, 0)),
}
"""Encoding -> bytes of a pixel, and where in them red, green and blue are."""


def read_picture(kind: str, said: Any) -> NDArray[np.uint8]:
    """The picture of a message, uint8, shape (H, W, 3), RGB.

    Args:
        kind: The message's type.
        said: The message.

    Raises:
        ValueError: It is damaged, of an encoding that is not known, or too large; the message says which.
    """
    if kind in COMPRESSED:
        try:
            return decoded(bytes(said.data), ("JPEG", "PNG", "WEBP"))
        except NotAFrame as error:
            raise ValueError(f"a compressed picture {error}") from None
    width, height, step, encoding = int(said.width), int(said.height), int(said.step), str(said.encoding)
    if encoding not in _CHANNELS:
        raise ValueError(f"pictures in {encoding[:40]!r} are not known; known: {', '.join(_CHANNELS)}")
    count, order = _CHANNELS[encoding]
    if not 0 < width * height <= MOST_PIXELS or step < count * width:
        raise ValueError(f"a picture of {width} x {height} pixels with {step} bytes a row is none")
    data = np.frombuffer(bytes(said.data), np.uint8)
    if data.size < step * height:
        raise ValueError(f"a picture of {height} rows of {step} bytes has only {data.size} bytes")
    rows = data[: step * height].reshape(height, step)[:, : count * width]
    return np.ascontiguousarray(rows.reshape(height, width, count)[:, :, list(order)])
