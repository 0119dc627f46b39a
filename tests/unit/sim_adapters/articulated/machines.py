"""Small robots of MJCF and those of gymnasium, as the tests of this room simulate them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gymnasium
import mujoco

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.articulated.batch import ArticulatedBatch
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.scene.articulated import ArticulatedSite
from simgate.sim_adapters.worlds.probes.small_arm import ARM

GYMNASIUM = Path(gymnasium.__file__).parent / "envs/mujoco/assets"
TIMING = Timing(physics_hz=200, control_hz=20, camera_hz=20)


def site_of(path: Path, robot: str, **asked: Any) -> ArticulatedSite:
    """A world of a file as it is now."""
    return ArticulatedSite(path.stem, "mjcf", str(path), open_source(path).sha256, robot, **asked)


def arm(folder: Path, text: str = ARM, **asked: Any) -> ArticulatedSite:
    """The arm, in a file of its own."""
    path = folder / "arm.xml"
    path.write_text(text)
    return site_of(path, "base", **asked)


@contextmanager
def batch(timing: Timing = TIMING) -> Iterator[ArticulatedBatch]:
    """Worlds that are closed afterwards."""
    made = ArticulatedBatch(timing)
    try:
        yield made
    finally:
        made.close()


def reference(site: ArticulatedSite, timing: Timing = TIMING) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """The same file in plain MuJoCo."""
    model = mujoco.MjModel.from_xml_path(site.path)
    model.opt.timestep = 1.0 / timing.physics_hz
    data = mujoco.MjData(model)
    if site.pose is not None:
        mujoco.mj_resetDataKeyframe(model, data, model.key(site.pose).id)
    mujoco.mj_forward(model, data)
    return model, data


def now(model: mujoco.MjModel, data: mujoco.MjData) -> mujoco.MjData:
    """A copy of a state of which everything is derived, as the step does not leave it."""
    copied = mujoco.MjData(model)
    mujoco.mj_copyData(copied, model, data)
    mujoco.mj_forward(model, copied)
    return copied
