"""Names of devices: what a user asks for, and what the record says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

_ASKED = re.compile(r"(auto|cpu|cuda)(?::(\d+))?")


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """What was asked for; ``index`` counts the visible GPUs."""

    kind: Literal["auto", "cpu", "cuda"]
    index: int = 0


def parse_device(text: str) -> DeviceRequest:
    """Reads ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.

    Raises:
        ValueError: It is none of these.
    """
    found = _ASKED.fullmatch(text)
    if found is None or (found[2] and found[1] != "cuda"):
        raise ValueError(f"a device is auto, cpu, cuda or cuda:N, not '{text}'")
    return DeviceRequest(cast(Literal["auto", "cpu", "cuda"], found[1]), int(found[2] or 0))


def gpu_is_there() -> bool:
    """Whether an NVIDIA driver lists a GPU (Linux), without touching it."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*/information"))


def cuda_device_name(index: int) -> str:
    """``cuda:0 NVIDIA L4``; without torch, which knows the name, only ``cuda:0``."""
    try:
        import torch
    except ImportError:
        return f"cuda:{index}"
    return f"cuda:{index} {torch.cuda.get_device_name(index)}"
