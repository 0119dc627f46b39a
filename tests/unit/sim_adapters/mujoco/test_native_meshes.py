"""Sites with meshes and pictures in folders of their own, also those of an attached robot."""

from __future__ import annotations

import math
from pathlib import Path

import mujoco
import numpy as np
import pytest
from PIL import Image

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.adapter import MujocoAdapter
from simgate.sim_adapters.mujoco.export import write_mjcf
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.worlds.declared.native import NativeWorld
from tests.unit.sim_adapters.native_sites import yard_world
from tests.unit.sim_adapters.native_world import scene_of

TIMING = Timing(200, 10, 10)
SITE = """\
<mujoco model="hall">
  <compiler meshdir="shapes" texturedir="pictures"/>
  <visual><headlight ambient="0.6 0.6 0.6" diffuse="0 0 0" specular="0 0 0"/></visual>
  <asset>
    <mesh name="wedge" file="wedge.obj"/>
    <texture name="stripes" type="2d" file="stripes.png"/>
    <material name="stripes" texture="stripes" texuniform="true"/>
    <model name="cart" file="robots/cart.xml"/>
  </asset>
  <worldbody>
    <geom name="floor" type="plane" size="9 9 0.1" material="stripes"/>
    <body name="wedge" pos="3 0 0"><geom name="wedge" type="mesh" mesh="wedge" rgba="0.8 0.2 0.2 1"/></body>
    <attach model="cart" body="base" prefix="cart/"/>
  </worldbody>
</mujoco>
"""
CART = """\
<mujoco model="cart">
  <compiler meshdir="meshes"/>
  <asset><mesh name="shell" file="wedge.obj" scale="0.1 0.1 0.1"/></asset>
  <worldbody>
    <body name="base">
      <freejoint/>
      <geom type="cylinder" size="0.2 0.1" pos="0 0 0.15" mass="10"/>
      <geom name="shell" type="mesh" mesh="shell" contype="0" conaffinity="0" mass="0.1" pos="0 0 0.3"/>
      <camera name="eye" pos="0.2 0 0.5" xyaxes="0 -1 0 0 0 1" fovy="60" resolution="160 120"/>
    </body>
  </worldbody>
</mujoco>
"""
WEDGE = """\
v -0.5 -0.5 0
v 0.5 -0.5 0
v 0.5 0.5 0
v -0.5 0.5 0
v 0.5 -0.5 1
v 0.5 0.5 1
f 1 4 3 2
f 2 3 6 5
f 1 5 6 4
f 1 2 5
f 4 6 3
"""
"""A ramp of a cubic metre that rises along X: its edge at x = -0.5 lies on the floor."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for folder in ("shapes", "pictures", "robots/meshes"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "shapes" / "wedge.obj").write_text(WEDGE)
    (tmp_path / "robots" / "meshes" / "wedge.obj").write_text(WEDGE.replace("0.5 1\n", "0.5 2\n"))
    (tmp_path / "robots" / "cart.xml").write_text(CART)
    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    picture[:, ::2] = (200, 180, 40)
    Image.fromarray(picture).save(tmp_path / "pictures" / "stripes.png")
    path = tmp_path / "hall.xml"
    path.write_text(SITE)
    return path


def hall(site: Path) -> NativeWorld:
    targets = {"wedge.x_m": "body/wedge.pos.x"}
    return yard_world(site, targets, robot="cart/base", camera="cart/eye", labels={"wedge": "ramp"})


def test_every_file_counts(site: Path) -> None:
    file = MjcfFile(site)
    names = sorted(path.relative_to(site.parent).as_posix() for path in file.files)
    assert names == [
        "hall.xml", "pictures/stripes.png", "robots/cart.xml", "robots/meshes/wedge.obj", "shapes/wedge.obj",
    ]  # fmt: skip
    (site.parent / "shapes" / "wedge.obj").write_text(WEDGE.replace("0.5 1", "0.5 1.1"))
    assert MjcfFile(site).sha256 != file.sha256


def test_clearance_to_a_mesh_is_that_of_its_shape_and_not_of_its_box(site: Path) -> None:
    world = MujocoWorld(scene_of(hall(site)), TIMING)
    gap = world.truth(None, 0).clearance_m["wedge"]
    # The ramp climbs away from its edge on the floor at x = 2.5; its box would begin there as a wall of a metre.
    # The cart's lower rim is at x = 0.2, 0.05 above the floor.
    assert gap == pytest.approx(math.hypot(2.5 - 0.2, 0.05), abs=1e-5)


def test_a_mesh_is_seen_with_its_own_silhouette(site: Path) -> None:
    adapter = MujocoAdapter(TIMING)
    adapter.reset([scene_of(hall(site))])
    (entity,) = adapter.ground_truth()[0].entities
    adapter.close()
    assert (entity.name, entity.label) == ("wedge", "ramp")
    assert entity.occlusion == 0.0
    assert not entity.truncated


def test_the_export_brings_its_meshes_and_pictures_along(site: Path, tmp_path: Path) -> None:
    scene = scene_of(hall(site), **{"wedge__x_m": 4.0})
    ran, before = (
        MujocoWorld(scene, TIMING).built.model,
        MujocoWorld(scene_of(hall(site)), TIMING).built.model,
    )
    written = write_mjcf(scene, TIMING, tmp_path / "out", "scene")
    assert sorted(path.suffix for path in written) == [".obj", ".obj", ".png", ".xml"]
    moved = tmp_path / "elsewhere"
    (tmp_path / "out").rename(moved)
    site.unlink()
    model = mujoco.MjModel.from_xml_path(str(moved / "scene.xml"))
    assert model.nmesh == 2
    assert model.ntex == 1
    assert model.body("wedge").pos[0] - before.body("wedge").pos[0] == pytest.approx(1.0)
    assert (model.mesh_vert == ran.mesh_vert).all()  # each mesh from its own folder
