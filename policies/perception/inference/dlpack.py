"""Devices as DLPack numbers them (``DLDeviceType`` in dlpack.h)."""

from __future__ import annotations

DlpackDevice = tuple[int, int]
"""(type, index), as ``__dlpack_device__`` gives it."""
_TYPES = {"cpu": 1, "cuda": 2}


def dlpack_device(kind: str, index: int | None = None) -> DlpackDevice:
    """The device of a kind (``cpu``, ``cuda``) and number.

    Raises:
        KeyError: Another kind.
    """
    return _TYPES[kind], index or 0
