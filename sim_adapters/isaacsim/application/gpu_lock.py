"""One Isaac Sim for each GPU: two on one are unstable, so a file lock keeps the second one out."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from simgate.sim_adapters.isaacsim.application.errors import IsaacSimUnavailable

WAIT_S = 10.0
"""A host that was just killed may still hold the lock for a moment."""
_POLL_S = 0.25


def chosen_gpu(option: int | None, environ: Mapping[str, str]) -> int | None:
    """The GPU to use: the option, or the first of ``CUDA_VISIBLE_DEVICES``; None is Kit's choice."""
    if option is not None:
        return option
    first = environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    return int(first) if first.isdigit() else None


class GpuLock:
    """Held until :meth:`release` or the end of the process, however it ends.

    Args:
        gpu: Number of the GPU; None counts as GPU 0, Kit's usual choice.
        folder: Where the lock file is; None is the machine's folder for temporary files.
    """

    def __init__(self, gpu: int | None, folder: Path | None = None) -> None:
        self.gpu = 0 if gpu is None else gpu
        self.path = (folder or Path(tempfile.gettempdir())) / f"simgate-isaacsim-gpu{self.gpu}.lock"
        self._descriptor = -1

    def acquire(self, wait_s: float = WAIT_S) -> None:
        """Takes the lock.

        Raises:
            IsaacSimUnavailable: Somebody else holds it for longer than ``wait_s`` seconds.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = os.pread(descriptor, 64, 0).decode(errors="replace").strip()
                    os.close(descriptor)
                    raise IsaacSimUnavailable(self._taken(holder)) from None
                time.sleep(_POLL_S)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"pid {os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def _taken(self, holder: str) -> str:
        return (
            f"GPU {self.gpu} is used by another Isaac Sim of simgate ({holder or 'unknown process'}); two on "
            "one GPU are unstable. Use --workers 1, list more GPUs in CUDA_VISIBLE_DEVICES or end that "
            f"process (lock: {self.path})"
        )

    def release(self) -> None:
        """Gives the lock back; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
