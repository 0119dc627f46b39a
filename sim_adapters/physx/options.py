"""Options of the physx adapter: what a pack may say under ``sim.options``."""

from __future__ import annotations

from simgate.sim_adapters.mujoco import options as drawn_by_mujoco
from simgate.sim_adapters.options import Option, Options

OPTIONS: Options = {
    **drawn_by_mujoco.OPTIONS,
    "renderer": Option(
        "text", "mujoco", "What draws colours and depth: mujoco, on any machine, or ovrtx, NVIDIA's RTX as a "
        "library, which needs an RTX GPU.", choices=("mujoco", "ovrtx"), shows=True,
    ),
    "settle_frames": Option(
        "integer", 40, "Frames that ovrtx renders and throws away after a reset, for textures and light to "
        "settle.", low=0,
    ),
    "ready_frames": Option(
        "integer", 120, "Most frames that ovrtx renders after a reset to get one that can be believed; the "
        "last one is taken as it is, and the run becomes INVALID.", low=1,
    ),
}  # fmt: skip
