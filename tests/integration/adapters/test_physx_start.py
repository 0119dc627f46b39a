"""What touches at the start is told at step 0 by PhysX as by MuJoCo."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

if find_spec("ovphysx") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.quantities import ContactForce, Touching
from tests.unit.sim_adapters.articulated.machines import TIMING, site_of

TEXT = """<mujoco><worldbody><geom name="floor" type="plane" size="2 2 .1"/>
<body name="robot" pos="0 0 .0995"><joint name="j" type="slide" axis="0 0 1"/><geom name="ball" size=".1" mass="1"/></body>
<body name="post" pos="0 .1 .5"><geom name="post" type="box" size=".02 .01 .5" contype="0" conaffinity="0"/></body>
<body name="crate" pos="1 0 .1995"><freejoint/><geom type="box" size=".2 .2 .2" mass="2"/></body>
</worldbody><actuator><motor joint="j" ctrlrange="-1 1"/></actuator></mujoco>"""
ASKED = {
    "floor": Touching("body/robot", "geom/floor"), "post": Touching("body/robot", "geom/post"),
    "crate": Touching("body/crate", "geom/floor"), "crate_n": ContactForce("body/crate", "geom/floor"),
}  # fmt: skip


def test_contacts_of_the_start_are_those_of_the_other_engine(tmp_path: Path) -> None:
    path = tmp_path / "start.xml"
    path.write_text(TEXT)
    site = site_of(path, "robot", quantities=tuple(ASKED.items()))
    found = []
    for adapter in (MujocoAdapter(TIMING), PhysxAdapter(TIMING)):
        adapter.reset([site])
        (truth,) = adapter.ground_truth()
        (contact,) = truth.contacts
        found.append((contact.body, [truth.values[name] for name in ("floor", "post", "crate")]))
        assert contact.depth_m == pytest.approx(0.0005, abs=1e-6)
        adapter.step(np.zeros((1, 1)))
        assert adapter.ground_truth()[0].values["crate"] == 1.0
        adapter.close()
    assert found == [("floor", [1.0, 0.0, 1.0])] * 2
    assert truth.values["crate_n"] == 0.0, "no step, no force"
