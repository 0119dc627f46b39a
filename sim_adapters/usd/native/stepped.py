"""A stage that MuJoCo steps itself."""

from __future__ import annotations

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.usd.errors import StageError
from simgate.sim_adapters.usd.native.layout import joints_of
from simgate.sim_adapters.usd.native.twin import Twin, build_twin
from simgate.sim_adapters.usd.native.variant_stage import VariantStage


def stepped_twin(scene: Scene, timing: Timing) -> Twin:
    """The twin of a native scene of kind ``usd``, its loose bodies free.

    Raises:
        StageError: The file cannot be used, or has joints.
        ValueError: MuJoCo rejects it.
    """
    shown = VariantStage(scene, timing)
    joints = joints_of(shown.stage)
    if joints:
        raise StageError(
            f"{scene.name}: MuJoCo does not take over joints of a stage, such as {joints[0].GetPath()}; "
            "use --adapter physx or isaacsim"
        )
    return build_twin(scene, timing, shown, steps=True)
