"""ovrtx: whether it can be used here, and the one renderer of this process."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from simgate.sim_adapters.adapter import SimulatorUnavailable
from simgate.sim_adapters.gpu_identity import UNKNOWN_GPU, gpu_and_driver

if TYPE_CHECKING:
    from ovrtx import Renderer

LEAST = (0, 5)
"""Before it, what is rendered went by other names."""
_INSTEAD = "leave sim.options.renderer out, and MuJoCo draws (docs/physx.md)"


class OvrtxUnavailable(SimulatorUnavailable, ImportError):  # noqa: N818 - the name says what is wrong
    """ovrtx cannot be used in this process; the message says why and what to do."""


def check_ovrtx() -> str:
    """Version of ovrtx; registers its schemas, which must happen before the first stage is opened.

    Raises:
        OvrtxUnavailable: There is none, or too old a one, or no NVIDIA GPU.
    """
    if find_spec("ovrtx") is None:
        raise OvrtxUnavailable(
            "renderer: ovrtx needs NVIDIA's ovrtx 0.5 or newer, which the package index has as a stub alone: "
            f"install the wheel that NVIDIA publishes with its releases, or {_INSTEAD}"
        )
    # An OpenUSD that is imported beside ovrtx's own is looked for, and refused, unless this is set.
    os.environ.setdefault("OVRTX_SKIP_USD_CHECK", "1")
    import ovrtx

    version = str(ovrtx.__version__)
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST:
        raise OvrtxUnavailable(
            f"ovrtx {version} is installed, and simgate takes 0.5 and newer: "
            f"install a newer one, or {_INSTEAD}"
        )
    if gpu_and_driver(None) == UNKNOWN_GPU:
        raise OvrtxUnavailable(
            f"renderer: ovrtx needs an RTX GPU and its driver, and nvidia-smi names none: {_INSTEAD}"
        )
    ovrtx.register_schema_paths()
    return version


@cache
def renderer() -> Renderer:
    """The renderer of this process, to be asked for before PhysX starts (ovrtx 0.4's release notes).

    Raises:
        OvrtxUnavailable: See :func:`check_ovrtx`; or it does not start on this GPU.
    """
    check_ovrtx()
    import ovrtx

    config = ovrtx.RendererConfig(
        log_level="warn",
        keep_system_alive=True,
        texture_streaming_mode=ovrtx.TextureStreamingMode.SYNCHRONOUS,
    )
    try:
        return ovrtx.Renderer(config)
    except RuntimeError as error:
        raise OvrtxUnavailable(f"ovrtx does not start on {gpu_and_driver(None)}: {error}") from None
