"""Which GPU and driver drew the frames, for the fingerprint."""

from __future__ import annotations

import subprocess

UNKNOWN_GPU = "unknown GPU"
_ASK_S = 10.0


def gpu_and_driver(gpu: int | None) -> str:
    """Name and driver of a GPU as NVIDIA's own tool says it; ``unknown GPU`` where there is none.

    Args:
        gpu: Number of the GPU; None is GPU 0.
    """
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader", f"--id={gpu or 0}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_ASK_S)
    except (OSError, subprocess.TimeoutExpired):
        return UNKNOWN_GPU
    line = done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""
    name, _, driver = line.partition(",")
    return f"{name.strip()}, driver {driver.strip()}" if driver else UNKNOWN_GPU
