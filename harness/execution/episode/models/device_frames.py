"""Frames that stay where they were rendered, for a runtime on the same device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simgate.policies.perception.runtime import FRAMES_DEVICE, DeviceFrames, PerceptionRuntime
from simgate.sim_adapters.traits import traits_of

FrameSource = Callable[[], Any]
"""Gives the newest frames of all worlds, uint8 (N, H, W, 3) over DLPack, or None when there are none."""


def source_of(adapter: object) -> FrameSource | None:
    """Where an adapter keeps its frames on their device as its traits say; None for one that does not."""
    kept: Any = adapter
    source: FrameSource | None = kept.device_frames if traits_of(adapter).device_frames else None
    return source


def frames_for(runtime: PerceptionRuntime, source: FrameSource | None, count: int) -> DeviceFrames | None:
    """Frames that a runtime takes without a copy; None when they have to come through host memory.

    Args:
        runtime: Says by ``frames_device`` which device it works on.
        source: Of the adapter.
        count: Worlds that are to be seen; to gather the frames of a part of them would be a copy.
    """
    place = FRAMES_DEVICE.of(runtime)
    if source is None or place is None:
        return None
    frames: DeviceFrames | None = source()
    if frames is None or int(frames.shape[0]) != count:
        return None
    kind, index = frames.__dlpack_device__()
    return frames if (int(kind), int(index)) == place else None
