"""``renderer: ovrtx`` on a double of ovrtx that draws the boxes of the real ovstage it is given."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

if find_spec("ovphysx") is None or find_spec("pxr") is None:
    pytest.skip("needs simgate[physx]", allow_module_level=True)

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.conformance import TIMING, scene, wall
from simgate.sim_adapters.physx.adapter import PhysxAdapter
from simgate.sim_adapters.physx.rtx import library
from simgate.sim_adapters.scene.articulated import CameraSensor
from simgate.sim_adapters.scene.body import Actor, Body, Part, Waypoint
from simgate.sim_adapters.usd.lights import luminance
from simgate.sim_adapters.usd.paths import StagePaths
from tests.integration.adapters.ovrtx_double import ovrtx_double, without_gpu
from tests.integration.adapters.physx_worlds import site as site_of

CLOSE_M = 2e-3
SETTLE = 3
WALKER = Actor(
    Body("crate", (Part("box", (0.2, 0.2, 0.5), (0.0, 0.0, 0.5)),), label="crate"),
    (Waypoint(0.0, (2.0, 1.0, 0.0)), Waypoint(2.0, (2.0, -1.0, 0.0))),
)
ARM = """
<mujoco><option timestep="0.005"/><worldbody>
<light pos="0 0 3"/><geom name="floor" type="box" size="3 3 .05" pos="0 0 -.05"/>
<geom name="block" type="box" size=".2 .2 .2" pos=".9 .1 .2"/>
<body name="base" pos="0 0 .6"><inertial mass="5" pos="0 0 0" diaginertia=".1 .1 .1"/>
 <body name="arm"><joint name="turn" axis="0 0 1" range="-90 90"/>
  <geom type="box" size=".2 .03 .03" pos=".2 0 0" mass="1"/>
  <camera name="eye" pos=".45 0 0" xyaxes="0 -1 0 .5 0 .866"/></body></body>
</worldbody><actuator><position joint="turn" kp="40" kv="4"/></actuator></mujoco>
"""


@pytest.fixture
def ovrtx(monkeypatch, tmp_path):
    with ovrtx_double(monkeypatch, tmp_path) as double:
        monkeypatch.setattr(double, "faults", set())
        monkeypatch.setattr(double, "late_frames", 0)
        yield double


def made(timing=TIMING, **options):
    return PhysxAdapter(timing, {"renderer": "ovrtx", "settle_frames": SETTLE, **options})


def pictures(adapter, site, steps, action):
    """Depth and colours of the newest frame after some steps, and what doubts there are."""
    seen = adapter.reset([site])
    for _ in range(steps):
        seen = adapter.step(np.array([action]))
    found = {
        name: seen.channels[name][0].copy() for name in seen.channels if name.startswith(("front.", "eye."))
    }
    doubts = adapter.health()
    adapter.close()
    return found, doubts


def test_a_driving_robot_and_an_actor_are_drawn_where_physx_has_them(ovrtx):
    site, drive = scene(wall(4.0), start=(0.0, 0.3, 0.2), actors=(WALKER,)), (0.8, 0.2)
    ours, doubts = pictures(made(depth=True), site, 20, drive)
    theirs, _ = pictures(PhysxAdapter(TIMING, {"depth": True}), site, 20, drive)
    assert doubts == ((),)
    off = np.abs(ours["front.depth"] - theirs["front.depth"])
    assert np.mean(off < CLOSE_M) > 0.99
    assert theirs["front.depth"].min() < 2.0, "the crate or the wall is near"
    assert len(np.unique(ours["front.rgb"])) > 10
    assert (ours["front.rgb"] != theirs["front.rgb"]).any(), "the colours are not MuJoCo's"


def test_a_robot_on_its_own_joints_is_drawn_by_its_camera(ovrtx, tmp_path):
    (tmp_path / "arm.xml").write_text(ARM)
    camera = CameraSensor("eye", ("rgb", "depth", "semantic"), 64, 48)
    labels = (("block", "block"),)
    site = site_of(tmp_path / "arm.xml", "base", sensors=(("eye", camera),), labels=labels)
    timing = Timing(physics_hz=200, control_hz=20, camera_hz=20)
    ours, doubts = pictures(made(timing), site, 10, (0.5,))
    theirs, _ = pictures(PhysxAdapter(timing), site, 10, (0.5,))
    assert doubts == ((),)
    off = np.abs(ours["eye.depth"] - theirs["eye.depth"])
    assert np.mean(off < CLOSE_M) > 0.98
    np.testing.assert_array_equal(ours["eye.semantic"], theirs["eye.semantic"])


def test_a_light_that_flickers_is_told_at_every_frame(ovrtx):
    steady = scene(wall(3.0))
    lamp = replace(steady.lights[0], flicker_hz=3.0, flicker_depth=0.8)
    site = replace(steady, lights=(lamp,))
    adapter, path = made(), StagePaths(site).lights[lamp.name]
    adapter.reset([site])
    shown, told = [], []
    for tick in range(6):
        stage = ovrtx._Stage(library.renderer()._stage, 0)
        stage._ordinal = adapter._film._stage.ordinal
        shown.append(float(stage._read(path, "inputs:intensity")[0]))
        told.append(luminance(site, lamp, tick / TIMING.control_hz))
        adapter.step(np.array([[0.0, 0.0]]))
    adapter.close()
    np.testing.assert_allclose(shown, told, rtol=1e-6)
    assert max(told) > 2.0 * min(told)


def test_frames_are_asked_for_at_growing_ordinals_after_those_that_settle(ovrtx):
    adapter = made()
    adapter.reset([scene(wall(3.0))])
    drawn = library.renderer().ordinals
    assert drawn == [2] * (1 + SETTLE), "one that is believed, then those that are thrown away"
    for _ in range(TIMING.control_hz // TIMING.camera_hz * 3):
        adapter.step(np.array([[0.2, 0.0]]))
    assert drawn[1 + SETTLE :] == [3, 4, 5]
    adapter.close()


def test_the_first_frame_is_waited_for_no_longer_than_told(ovrtx):
    ovrtx.late_frames = 6
    _, doubts = pictures(made(ready_frames=7), scene(wall(3.0)), 0, ())
    assert doubts == ((),)
    ovrtx.late_frames = 20
    _, doubts = pictures(made(ready_frames=7), scene(wall(3.0)), 0, ())
    assert doubts == (("ovrtx has delivered no frame",),)
    assert len(library.renderer().ordinals) == 7 + SETTLE + 7


@pytest.mark.parametrize(
    ("fault", "steps", "doubt"),
    [
        ("no_frame", 0, "ovrtx has delivered no frame"),
        ("black", 0, "ovrtx delivers black frames"),
        ("frozen", 5, "ovrtx has delivered no frame"),
        ("elsewhere", 40, "what ovrtx draws is not where the world is: "),
    ],
)
def test_frames_that_cannot_be_believed_are_told_of(ovrtx, fault, steps, doubt):
    ovrtx.faults.add(fault)
    _, ((found,),) = pictures(made(ready_frames=2), scene(wall(3.0)), steps, (0.8, 0.6))
    assert found.startswith(doubt)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (
            "old_names",
            r"ovrtx renders no /SimgateRender/Camera_0/LdrColor; it tells of Distance\w+, LdrColor",
        ),
        (
            "wide",
            r"DistanceToImagePlaneSD as float64 \(120, 160, 1\), and it must be float32 \(120, 160, 1\)",
        ),
    ],
)
def test_what_is_not_as_documented_is_an_error_by_name(ovrtx, fault, error):
    ovrtx.faults.add(fault)
    adapter = made()
    with pytest.raises(RuntimeError, match=error):
        adapter.reset([scene(wall(3.0))])
    adapter.close()


def test_it_says_what_draws_and_takes_one_world(ovrtx):
    adapter = made()
    info = adapter.describe()
    assert info.renderer == "ovrtx 0.5.1, RealTimePathTracing"
    assert info.device == "cpu; pictures on NVIDIA RTX 6000 Ada Generation, driver 580.95"
    assert (adapter.traits.max_worlds, adapter.traits.bit_reproducible) == (1, False)
    assert PhysxAdapter(TIMING).traits.max_worlds is None
    with pytest.raises(ValueError, match=r"one world at a time, got 2 scenes: set sim\.batch to 1"):
        adapter.reset([scene(), scene()])
    adapter.close()


def test_without_ovrtx_without_a_gpu_and_with_an_old_one_it_says_what_to_do(monkeypatch, tmp_path):
    with pytest.raises(
        library.OvrtxUnavailable, match=r"needs NVIDIA's ovrtx 0\.5 .* leave sim\.options\.renderer"
    ):
        made()
    without_gpu(monkeypatch, tmp_path)
    with pytest.raises(
        library.OvrtxUnavailable, match="needs an RTX GPU and its driver, and nvidia-smi names none"
    ):
        made()
    with ovrtx_double(monkeypatch, tmp_path) as double:
        monkeypatch.setattr(double, "__version__", "0.4.1")
        with pytest.raises(
            library.OvrtxUnavailable, match=r"ovrtx 0\.4\.1 is installed, and simgate takes 0\.5"
        ):
            made()
        monkeypatch.setattr(double, "__version__", "0.6.0")
        monkeypatch.setattr(double, "faults", {"does_not_start"})
        with pytest.raises(
            library.OvrtxUnavailable, match=r"does not start on NVIDIA RTX 6000 .*: .*no Vulkan"
        ):
            made()
