"""For a GPU runner with Isaac Sim: ``/isaac-sim/python.sh -m pytest -m isaacsim tests/isaacsim``.

Nobody has run these on Isaac Sim yet. They fail where adapter and simulator disagree, which the double cannot
know: what frames look like, when they arrive, how fast it is.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from simgate.sim_adapters.conformance import TIMING, AdapterConformance, scene, wall
from simgate.sim_adapters.conformance.robots import RobotConformance
from simgate.sim_adapters.isaacsim.adapter import IsaacSimAdapter
from simgate.sim_adapters.isaacsim.application.licence import VARIABLES
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.worlds.probes.small_arm import machines


def absent() -> str:
    if find_spec("isaacsim") is None:
        return "this interpreter has no Isaac Sim; run with its python.sh"
    if find_spec("isaacsim_double") is not None:
        return "this is the double, not Isaac Sim"
    if not any(os.environ.get(name) for name in VARIABLES):
        return f"NVIDIA's licence is not accepted: set {VARIABLES[0]}=YES if you accept it"
    return ""


if absent():
    pytest.skip(absent(), allow_module_level=True)

pytestmark = pytest.mark.isaacsim


class TestIsaacSim(AdapterConformance):
    bit_reproducible = IsaacSimAdapter.traits.bit_reproducible
    max_worlds = IsaacSimAdapter.traits.max_worlds

    def make_adapter(self, timing, options=None):
        return IsaacSimAdapter(timing=timing, options=options)


class TestIsaacSimCoupled(TestIsaacSim):
    def make_adapter(self, timing, options=None):
        return IsaacSimAdapter(timing=timing, options={"loop": "coupled", **(options or {})})


class TestRobotsOnIsaacSim(RobotConformance):
    bit_reproducible = IsaacSimAdapter.traits.bit_reproducible
    max_worlds = IsaacSimAdapter.traits.max_worlds
    folder: Path

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    def make_worlds(self, timing):
        return IsaacSimAdapter(timing)

    def make_payloads(self):
        return machines(self.folder)


def test_frames_stay_on_the_gpu_for_a_runtime_that_wants_them():
    torch = pytest.importorskip("torch", reason="takes frames over DLPack")
    adapter = IsaacSimAdapter(TIMING)
    seen = adapter.reset([scene(wall(3.0))])
    frames = adapter.device_frames()
    assert frames.__dlpack_device__()[0] == 2, "kDLCUDA"
    assert np.array_equal(torch.from_dlpack(frames).cpu().numpy(), DriveView(seen).rgb)
    adapter.close()


def test_a_variant_that_lacks_a_body_shows_the_scene_without_it():
    adapter = IsaacSimAdapter(TIMING)
    adapter.reset([scene(wall(3.0))])
    adapter.reset([scene()])
    assert adapter.ground_truth()[0].entities == ()
    assert adapter.health() == ((),)
    adapter.close()
