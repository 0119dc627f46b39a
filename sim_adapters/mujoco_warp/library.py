"""Brings Warp and MuJoCo Warp into this process."""

from __future__ import annotations

import importlib
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from simgate.sim_adapters.adapter import SimulatorUnavailable


class WarpUnavailable(SimulatorUnavailable, ImportError):  # noqa: N818 - the name says what is wrong
    """MuJoCo Warp cannot be used in this process; the message says why and what to do."""


def check_installed() -> None:
    """Looks whether it is installed.

    Raises:
        WarpUnavailable: A package is missing.
    """
    missing = [name for name in ("warp", "mujoco_warp") if find_spec(name) is None]
    if missing:
        raise WarpUnavailable(
            f"the mujoco_warp adapter needs {' and '.join(missing)}: pip install 'simgate[mujoco-warp]'"
        )


@cache
def library() -> Any:
    """The ``mujoco_warp`` module; Warp says nothing but errors.

    Raises:
        WarpUnavailable: See :func:`check_installed`.
    """
    check_installed()
    warp: Any = importlib.import_module("warp")

    warp.config.log_level = warp.LOG_ERROR
    warp.init()
    import mujoco_warp

    return mujoco_warp


def version() -> str:
    """Versions of both packages, on which its numbers depend."""
    return f"{metadata.version('mujoco-warp')} (warp {metadata.version('warp-lang')})"


def device_of(asked: str) -> str:
    """Name of the device that an option says.

    Raises:
        WarpUnavailable: There is no such card.
    """
    warp: Any = importlib.import_module("warp")

    library()
    cards = [str(device) for device in warp.get_cuda_devices()]
    if asked == "auto":
        return cards[0] if cards else "cpu"
    wanted = "cuda:0" if asked == "cuda" else asked
    if wanted not in ("cpu", *cards):
        there = f"Warp sees {', '.join(cards)}" if cards else "Warp sees no CUDA card on this machine"
        raise WarpUnavailable(f"the mujoco_warp adapter was told device: {asked}, and {there}")
    return wanted
