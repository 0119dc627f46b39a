"""Whatever can be set in a file has an effect in it; what has none is refused with what to do."""

from __future__ import annotations

import math
from pathlib import Path

import mujoco
import numpy as np
import pytest

from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.mujoco.native.targets.target import apply, parse_target
from simgate.sim_adapters.worlds.native_file import NativeError

SITE = """\
<mujoco model="fair">
  <visual><headlight ambient="0.2 0.2 0.2"/></visual>
  <asset>
    <mesh name="tetra" vertex="0 0 0  1 0 0  0 1 0  0 0 1"/>
    <hfield name="hill" nrow="2" ncol="2" size="1 1 1 1" elevation="0 1 1 0"/>
    <material name="red" rgba="0.8 0.1 0.1 1"/>
    <material name="blue" rgba="0.1 0.1 0.8 1"/>
  </asset>
  <worldbody>
    <light name="lamp" pos="0 0 3" dir="0.5 0.3 -1"/>
    <light name="spot" pos="0 0 3" mode="targetbody" target="stand"/>
    <geom name="plane" type="plane" size="9 9 0.1"/>
    <body name="stand" pos="1 0 1" euler="0 0 30">
      <joint name="hinge" axis="0 0 1" ref="10"/>
      <joint name="slide" type="slide" axis="1 0 0"/>
      <geom name="mesh" type="mesh" mesh="tetra"/>
      <geom name="fitted" type="box" mesh="tetra"/>
      <geom name="sphere" type="sphere" size="0.1 0.2 0.3"/>
      <geom name="cylinder" type="cylinder" size="0.1 0.2 0.3"/>
      <geom name="capsule" type="capsule" fromto="0 0 0 1 0 0" size="0.1"/>
      <geom name="box" type="box" size="0.1 0.2 0.3" material="red" mass="2" group="3"/>
      <geom name="ellipsoid" type="ellipsoid" size="0.1 0.2 0.3"/>
      <camera name="plain" fovy="50" xyaxes="0 -1 0 0 0 1"/>
      <camera name="lens" sensorsize="0.01 0.01" focal="0.01 0.01" resolution="100 100"/>
      <camera name="aimed" mode="targetbody" target="loose"/>
      <site name="rail" type="capsule" fromto="0 0 0 1 0 0" size="0.1"/>
      <site name="mark"/>
    </body>
    <body name="loose" pos="0 1 1"><freejoint/><geom name="ball" size="0.1"/></body>
    <geom name="hill" type="hfield" hfield="hill"/>
  </worldbody>
</mujoco>
"""


@pytest.fixture
def fair(tmp_path: Path) -> Path:
    path = tmp_path / "fair.xml"
    path.write_text(SITE)
    return path


def test_every_listed_target_changes_the_model(fair: Path) -> None:
    file, source = MjcfFile(fair), open_source(fair)
    listed = [target for target, _, _ in file.listing() if ".start_" not in target]
    assert len(listed) > 150
    idle = []
    for text in listed:
        spec = source.spec.copy()
        wanted, target = file.target(text), parse_target(text, spec)
        others = [word for word in wanted.choices if word != wanted.default]
        value = (
            not wanted.default
            if wanted.kind == "bool"
            else others[0]
            if others
            else float(wanted.default)
            + (0.17 if wanted.high is None or wanted.default < wanted.high else -0.17)
        )
        apply(target, spec, value)
        if wanted.kind != "bool" and _same(spec.compile(), source.model):
            idle.append(text)
    assert idle == []


def _same(first: mujoco.MjModel, second: mujoco.MjModel) -> bool:
    """Whether two models are the same in every array, and in what lights the scene."""
    arrays = [name for name in dir(first) if isinstance(getattr(first, name, None), np.ndarray)]
    lights = ("ambient", "diffuse", "specular")
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in arrays) and all(
        np.array_equal(getattr(first.vis.headlight, name), getattr(second.vis.headlight, name))
        for name in lights
    )


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("geom/mesh.size.x", "has no effect: a mesh has the size of its file"),
        ("geom/fitted.size.y", "has no effect: a mesh has the size of its file"),
        ("geom/hill.size.z", "has no effect: a height field has the size of its file"),
        ("geom/sphere.size.y", "has no effect: a sphere has no more than size.x; set one of these"),
        ("geom/cylinder.size.z", "has no effect: a cylinder has no more than size.x, size.y"),
        ("geom/capsule.turn_deg", "turn_deg of geom 'capsule' has no effect: it is given by fromto"),
        ("geom/capsule.pos.x", "has no effect: it is given by fromto; write pos and size in the file"),
        ("site/rail.pos.x", "has no effect: it is given by fromto"),
        ("camera/lens.fovy", "has no effect: it is given by sensorsize and focal length"),
        ("camera/aimed.pitch_deg", "has no effect: it is aimed at 'loose'; set pos of body 'loose'"),
        ("light/spot.dir.x", "has no effect: it is aimed at 'stand'"),
    ],
)
def test_a_target_without_effect_is_refused(fair: Path, target: str, message: str) -> None:
    with pytest.raises(NativeError) as error:
        MjcfFile(fair).target(target)
    assert message in str(error.value)


def test_a_headlight_that_is_off_cannot_be_set(fair: Path) -> None:
    fair.write_text(SITE.replace("<headlight ", '<headlight active="0" '))
    with pytest.raises(NativeError, match='it is off in the file; write active="1" in the file'):
        MjcfFile(fair).target("visual/headlight.ambient")


@pytest.mark.parametrize(
    ("target", "moves"),
    [
        ("site/mark.pos.x", True),
        ("body/stand.pos.x", True),
        ("body/stand.turn_deg", True),
        ("body/stand.present", True),
        ("joint/hinge.start_deg", True),
        ("body/loose.pos.x", False),
        ("geom/box.pos.x", False),
        ("geom/box.present", False),
    ],
)
def test_a_target_that_carries_a_point_is_known(fair: Path, target: str, moves: bool) -> None:
    assert MjcfFile(fair).carries(target, "mark") is moves


def test_a_mass_that_the_file_writes_is_the_mass_that_is_set(fair: Path) -> None:
    spec = open_source(fair).spec.copy()
    before = spec.copy().compile().body("stand").mass[0]
    target = parse_target("geom/box.mass", spec)
    apply(target, spec, 5.0)
    assert spec.compile().body("stand").mass[0] == pytest.approx(before + 3.0, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "shape", "reason"),
    [
        (("", ""), "ball", "the file gives its density"),
        (("<worldbody>", '<compiler settotalmass="9"/><worldbody>'), "box", "settotalmass"),
        (('<joint name="hinge"', '<inertial pos="0 0 0" mass="1" diaginertia="1 1 1"/><joint name="hinge"'), "box",
         "<inertial> of body 'stand' counts"),
        (("<worldbody>", '<compiler inertiagrouprange="0 1"/><worldbody>'), "box", "its group"),
        (('0.1"/>\n    <body name="stand"', '0.1" mass="1"/>\n    <body name="stand"'), "plane", "nothing that moves"),
    ],
)  # fmt: skip
def test_a_mass_that_changes_nothing_or_is_scaled_is_refused(
    fair: Path, change: tuple[str, str], shape: str, reason: str
) -> None:
    assert not change[0] or change[0] in SITE
    fair.write_text(SITE.replace(*change) if change[0] else SITE)
    with pytest.raises(NativeError, match=reason):
        MjcfFile(fair).target(f"geom/{shape}.mass")


@pytest.mark.parametrize(
    ("target", "normal"),
    [
        ("geom/plane.turn_x_deg", (0.0, -0.5, math.sqrt(0.75))),
        ("geom/plane.turn_y_deg", (0.5, 0.0, math.sqrt(0.75))),
        ("body/stand.turn_y_deg", (0.5, 0.0, math.sqrt(0.75))),
        ("body/stand.turn_deg", (0.0, 0.0, 1.0)),
    ],
)
def test_a_turn_is_about_an_axis_of_what_it_is_attached_to_and_added_to_the_files_own(
    fair: Path, target: str, normal: tuple[float, float, float]
) -> None:
    spec = open_source(fair).spec.copy()
    found = parse_target(target, spec)
    apply(found, spec, 30.0)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    axes = (data.geom if found.kind == "geom" else data.body)(found.name).xmat.reshape(3, 3)
    np.testing.assert_allclose(axes[:, 2], normal, atol=1e-12)


def test_a_muscle_has_no_strength_that_a_share_tells(fair: Path) -> None:
    fair.write_text(
        SITE.replace(
            "</mujoco>",
            '<actuator><muscle name="calf" joint="hinge"/><position name="servo" joint="slide"/></actuator></mujoco>',
        )
    )
    file = MjcfFile(fair)
    assert file.target("actuator/servo.strength").default == 1.0
    with pytest.raises(NativeError, match="strength of actuator 'calf' has no effect: it is a muscle"):
        file.target("actuator/calf.strength")
