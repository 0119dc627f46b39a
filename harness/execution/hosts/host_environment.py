"""The environment of a host process: GL backend, threads, GPU."""

from __future__ import annotations

import os
from collections.abc import Mapping

from simgate.sim_adapters.gl import BACKEND, SOFTWARE_THREADS, choose_backend

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""A host owns one core; libraries that start a thread per core would fight over it."""


def host_environment(number: int, environ: Mapping[str, str]) -> dict[str, str]:
    """Environment for the host of a slot; what the caller has set is kept.

    Args:
        number: Number of the slot, from 0.
        environ: The caller's environment. Its ``CUDA_VISIBLE_DEVICES`` is dealt out one GPU a host, in
            turn; without it the host sees what the caller sees.
    """
    child = dict(environ)
    for name in ONE_THREAD:
        child.setdefault(name, "1")
    child.setdefault(*SOFTWARE_THREADS)
    backend = choose_backend(environ)
    if backend:
        child[BACKEND] = backend
    devices = [name.strip() for name in environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    if devices:
        child["CUDA_VISIBLE_DEVICES"] = devices[number % len(devices)]
    child["PYTHONUNBUFFERED"] = "1"
    return child


def usable_cores() -> int:
    """CPU cores that this process may use; the default number of hosts."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
