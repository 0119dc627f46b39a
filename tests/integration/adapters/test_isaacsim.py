"""The Isaac Sim adapter passes the conformance suite on the double, in both loops."""

from __future__ import annotations

import dataclasses
import math
import signal
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pytest

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance import TIMING, AdapterConformance, drive, scene, wall
from simgate.sim_adapters.isaacsim.adapter import IsaacSimAdapter
from simgate.sim_adapters.planar_drive import DriveView
from simgate.sim_adapters.worlds.office_corridor import OFFICE_CORRIDOR
from tests.integration.adapters import isaac_double

HANDLER_BEFORE, ARGUMENTS_BEFORE = signal.getsignal(signal.SIGINT), list(sys.argv)
pytestmark = pytest.mark.skipif(bool(isaac_double.missing()), reason=isaac_double.missing() or "-")


@pytest.fixture(autouse=True)
def double(monkeypatch, tmp_path_factory):
    isaac_double.use_in_this_process(monkeypatch, tmp_path_factory.getbasetemp())


class OnTheDouble(AdapterConformance):
    max_worlds = 1
    options: ClassVar[dict[str, object]] = {}

    def make_adapter(self, timing, options=None):
        return IsaacSimAdapter(timing=timing, options={**self.options, "settle_frames": 1, **(options or {})})


class TestExplicitLoop(OnTheDouble):
    pass


class TestCoupledLoop(OnTheDouble):
    options: ClassVar = {"loop": "coupled"}


@pytest.fixture
def adapter():
    made = IsaacSimAdapter(TIMING, {"settle_frames": 0})
    yield made
    made.close()


def office(**parameters):
    defaults = {name: spec.default for name, spec in OFFICE_CORRIDOR.parameters.items()}
    return OFFICE_CORRIDOR.build({**defaults, **parameters}, [])


def test_variants_that_differ_in_values_share_a_stage_and_one_that_lacks_a_body_hides_it(adapter):
    from isaacsim_double.kit import kit

    adapter.reset([office(**{"door.kind": "glass"})])
    assert "door" in kit.bodies
    adapter.reset([office(**{"door.distance_m": 5.4, "lighting.lux": 120.0})])
    gone = adapter.reset([office(**{"door.kind": "none"})])
    assert "door" not in kit.bodies
    assert DriveView(gone).rgb.std() > 3.0
    assert "door" not in {entity.name for entity in adapter.ground_truth()[0].entities}
    adapter.reset([office(**{"door.kind": "glass"})])
    assert "door" in kit.bodies
    assert adapter._stage.rebuilds == 1
    assert adapter.health() == ((),)


def test_a_hidden_body_cannot_be_hit(adapter):
    adapter.reset([scene(wall(1.0))])
    adapter.reset([scene()])
    truths = drive(adapter, (0.8, 0.0), 25)
    assert truths[-1].pose[0] > 1.5
    assert not any(truth.contacts for truth in truths)


def test_what_a_variant_has_more_takes_a_new_stage(adapter):
    adapter.reset([scene()])
    adapter.reset([scene(wall(2.0))])
    assert adapter._stage.rebuilds == 2
    assert adapter.ground_truth()[0].entities[0].name == "wall"


def test_a_flickering_lamp_is_drawn_as_it_is_at_the_moment_of_the_frame(adapter):
    steady = scene(wall(3.0))
    lamp = dataclasses.replace(steady.lights[0], flicker_hz=2.5, flicker_depth=0.9)
    levels = [DriveView(adapter.reset([dataclasses.replace(steady, lights=(lamp,))])).rgb.mean()]
    levels += [DriveView(adapter.step(np.zeros((1, 2)))).rgb.mean() for _ in range(4)]
    assert levels[2] < 0.8 * levels[0]
    assert levels[4] == pytest.approx(levels[0], rel=0.01)


def test_more_scenes_than_one_are_refused_in_words(adapter):
    with pytest.raises(ValueError, match="one world at a time, got 2"):
        adapter.reset([scene(), scene()])


def test_frames_are_offered_to_a_runtime_where_they_were_rendered(adapter):
    assert adapter.device_frames() is None
    seen = adapter.reset([scene(wall(3.0))])
    frames = adapter.device_frames()
    offered = np.from_dlpack(frames)
    assert offered.shape == (1, 120, 160, 3)
    assert np.array_equal(offered, DriveView(seen).rgb)
    assert offered.ctypes.data == adapter._world.frame.device_rgba.ptr
    first = offered.copy()
    later = DriveView(adapter.step(np.array([[0.5, 0.4]]))).rgb
    assert np.array_equal(np.from_dlpack(adapter.device_frames()), later)
    assert not np.array_equal(later, first)


def test_an_observation_survives_the_renders_that_follow(adapter):
    first = DriveView(adapter.reset([scene(wall(3.0))])).rgb
    kept = first.copy()
    adapter._feed.render()
    assert np.array_equal(first, kept)


def test_a_rate_that_one_over_dt_does_not_hit_is_set_exactly(adapter):
    from isaacsim_double.kit import kit

    made = IsaacSimAdapter(Timing(physics_hz=490, control_hz=10, camera_hz=10), {"settle_frames": 0})
    made.reset([scene()])
    assert int(1.0 / (1.0 / 490)) == 489
    assert kit.steps_per_second == 490
    assert made.step(np.zeros((1, 2))).step == 49
    made.close()


def test_its_identity_names_version_loop_experience_and_where_physics_runs(adapter):
    assert adapter.describe().version == ""
    adapter.reset([scene()])
    info = adapter.describe()
    assert info.version.startswith("6.0.1")
    assert "explicit loop, isaacsim.exp.base.zero_delay.kit" in info.renderer
    assert info.device.endswith("physics on cpu")


def test_ctrl_c_and_the_command_line_are_given_back_after_the_launch(adapter):
    adapter.reset([scene()])
    assert signal.getsignal(signal.SIGINT) is HANDLER_BEFORE
    assert sys.argv == ARGUMENTS_BEFORE


def test_physics_agrees_with_mujoco_on_a_driven_path(adapter):
    from simgate.sim_adapters.mujoco.adapter import MujocoAdapter

    reference = MujocoAdapter(TIMING)
    ends = []
    for made in (reference, adapter):
        made.reset([scene()])
        for tick in range(50):
            made.step(np.array([[0.6, 0.4 * math.sin(0.3 * tick)]]))
        ends.append(made.ground_truth()[0].pose)
    reference.close()
    assert math.dist(ends[0][:2], ends[1][:2]) < 0.01
    assert abs(math.remainder(ends[0][2] - ends[1][2], math.tau)) < math.radians(1.0)


def test_assets_of_ones_own_show_bodies_and_change_nothing_else(adapter, tmp_path):
    from pxr import Usd, UsdGeom, UsdPhysics

    asset = Usd.Stage.CreateNew(str(tmp_path / "look.usda"))
    UsdGeom.SetStageMetersPerUnit(asset, 1.0)
    UsdGeom.SetStageUpAxis(asset, UsdGeom.Tokens.z)
    asset.SetDefaultPrim(UsdGeom.Xform.Define(asset, "/Look").GetPrim())
    UsdPhysics.CollisionAPI.Apply(UsdGeom.Cube.Define(asset, "/Look/Cube").GetPrim())
    asset.Save()
    table = tmp_path / "assets.yaml"
    table.write_text("wall: {usd: look.usda, fit: true}\nrobot: {usd: look.usda, fit: true}\n")
    shown = IsaacSimAdapter(TIMING, {"settle_frames": 0, "assets": str(table)})
    ends = []
    for made in (adapter, shown):
        made.reset([scene(wall(2.0))])
        made.reset([scene(wall(1.0))])
        ends.append([(truth.pose, truth.contacts) for truth in drive(made, (0.6, 0.0), 20)])
        assert made.health() == ((),)
        if made is adapter:
            made.close()
    from isaacsim_double.kit import kit

    assert kit.current_stage().GetPrimAtPath("/World/Robot/Asset/Content/Cube").IsValid()
    assert shown._stage.rebuilds == 1
    shown.close()
    assert ends[0] == ends[1]


def test_importing_the_adapter_brings_in_neither_kit_nor_openusd():
    code = (
        "import sys, simgate.sim_adapters.isaacsim.adapter; "
        "print([m for m in sys.modules if m.split('.')[0] in ('pxr', 'isaacsim', 'omni', 'warp', 'mujoco')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
