"""What the double calls a plan: the ONNX model with a header."""

from __future__ import annotations

import json
from typing import Any

MAGIC = b"PLAN OF THE TENSORRT DOUBLE\n"


def write_plan(onnx: bytes, profiles: list[dict[str, list[list[int]]]], version: str) -> bytes:
    """A plan; a profile maps an input's name to its smallest, typical and largest shape."""
    header = json.dumps({"profiles": profiles, "version": version})
    return MAGIC + header.encode() + b"\n" + onnx


def read_plan(plan: bytes) -> tuple[bytes, dict[str, Any]] | None:
    """Model and header; None when this is no plan."""
    if not plan.startswith(MAGIC):
        return None
    header, _, onnx = plan[len(MAGIC) :].partition(b"\n")
    return onnx, json.loads(header)
