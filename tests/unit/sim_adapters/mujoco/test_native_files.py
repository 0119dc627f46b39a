"""Which files an MJCF site reads: exactly those that MuJoCo opens are known, hashed, and used from then on."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import mujoco
import numpy as np
import pytest
from PIL import Image

from simgate.sim_adapters.files.plain_file import read_plain
from simgate.sim_adapters.mujoco.native.opened_files import OpenedFiles
from simgate.sim_adapters.mujoco.native.site_file import MjcfFile
from simgate.sim_adapters.mujoco.native.source import open_source
from simgate.sim_adapters.mujoco.world_state import MujocoWorld
from simgate.sim_adapters.scene.sensor import Camera
from simgate.sim_adapters.worlds.native_file import NativeError
from tests.unit.sim_adapters.native_sites import TIMING, yard_world
from tests.unit.sim_adapters.native_world import scene_of

CUBE = """\
v -{s} -{s} -{s}
v {s} -{s} -{s}
v {s} {s} -{s}
v -{s} {s} -{s}
v -{s} -{s} {s}
v {s} -{s} {s}
v {s} {s} {s}
v -{s} {s} {s}
f 1 4 3 2
f 5 6 7 8
f 1 2 6 5
f 2 3 7 6
f 3 4 8 7
f 4 1 5 8
"""
ROBOT = (
    '<body name="cart"><freejoint/><geom name="hull" type="cylinder" size="0.2 0.1" pos="0 0 0.2"/></body>'
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def cube(path: Path, half_m: float) -> Path:
    return write(path, CUBE.format(s=half_m))


def picture(path: Path, level: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4), level).save(path)
    return path


def half_of(model: mujoco.MjModel) -> float:
    return round(float(np.abs(model.mesh_vert).max()), 3)


def read_by(path: Path) -> list[str]:
    """The files of a site, from its folder."""
    return [os.path.relpath(file, path.parent) for file in MjcfFile(path).files]


FOLDERS = ("", '<compiler meshdir="."/>', '<compiler meshdir="m"/>', '<compiler assetdir="m"/>')


@pytest.mark.parametrize("way", ["include", "attach"])
@pytest.mark.parametrize(("outer", "inner"), list(product(FOLDERS, FOLDERS)))
def test_the_mesh_that_mujoco_takes_is_the_one_that_is_hashed(
    tmp_path: Path, way: str, outer: str, inner: str
) -> None:
    """A part in another folder names a mesh; four places could hold it, alone or all at once."""
    write(
        tmp_path / "sub/part.xml",
        f'<mujoco>{inner}<asset><mesh name="c" file="k/c.obj"/></asset>'
        '<worldbody><body name="b"><geom type="mesh" mesh="c"/></body></worldbody></mujoco>',
    )
    taken = (
        '<include file="sub/part.xml"/>'
        if way == "include"
        else '<asset><model name="p" file="sub/part.xml"/></asset>'
        '<worldbody><attach model="p" body="b" prefix="p/"/></worldbody>'
    )
    site = write(tmp_path / "site.xml", f"<mujoco>{outer}{taken}</mujoco>")
    places = [tmp_path / folder / "k/c.obj" for folder in ("", "m", "sub", "sub/m")]
    sizes = dict(zip((0.1, 0.2, 0.3, 0.4), places, strict=True))
    read = 0
    for there in [*([size] for size in sizes), list(sizes)]:
        for size, place in sizes.items():
            place.unlink(missing_ok=True)
            if size in there:
                cube(place, size)
        # A name of its own keeps MuJoCo's cache of meshes, which looks at whole seconds, out of the comparison.
        alone = site.with_name(f"alone{len(there)}{there[0]}.xml")
        alone.write_text(site.read_text())
        try:
            expected = half_of(_uncached(alone))
        except ValueError:
            with pytest.raises(NativeError, match="Error opening file"):
                open_source(site)
            continue
        source = open_source(site)
        assert half_of(source.model) == expected
        assert set(source.files) == {site, tmp_path / "sub/part.xml", sizes[expected]}
        read += 1
    assert read >= 2  # alone in its place, and among all four


def _uncached(path: Path) -> mujoco.MjModel:
    """What MuJoCo makes of a file by itself, with meshes read anew."""
    for mesh in path.parent.rglob("*.obj"):
        _uncached.clock += 2  # type: ignore[attr-defined]
        os.utime(mesh, (_uncached.clock, _uncached.clock))  # type: ignore[attr-defined]
    return mujoco.MjModel.from_xml_path(str(path))


_uncached.clock = 1_000_000_000  # type: ignore[attr-defined]


def test_every_kind_of_file_is_hashed(tmp_path: Path) -> None:
    """Height fields as pictures and numbers, cube and normal textures, cloth, in a model that is attached."""
    for name in ("a", "b", "n"):
        picture(tmp_path / f"c/t/{name}.png", 90)
    picture(tmp_path / "c/m/hill.png", 90)
    cube(tmp_path / "c/m/cloth.obj", 0.2)
    (tmp_path / "c/m/hill.bin").write_bytes(np.array([4, 4], np.int32).tobytes() + bytes(64))
    write(
        tmp_path / "c/deep/d.xml",
        '<mujoco><asset><hfield name="p" file="../m/hill.png" size="1 1 .2 .1"/></asset>'
        '<worldbody><body name="d"><geom type="hfield" hfield="p"/></body></worldbody></mujoco>',
    )
    write(
        tmp_path / "c/c.xml",
        '<mujoco><compiler meshdir="m" texturedir="t"/><asset>'
        '<texture name="cube" type="cube" fileright="a.png" fileleft="b.png"/>'
        '<texture name="n" type="2d" file="n.png"/><material name="m"><layer texture="n" role="normal"/></material>'
        '<hfield name="h" file="hill.bin" size="1 1 .2 .1"/><model name="d" file="deep/d.xml"/></asset>'
        '<worldbody><body name="b"><geom type="hfield" hfield="h" material="m"/>'
        '<flexcomp name="f" type="mesh" file="cloth.obj" dim="2" mass="1"/></body>'
        '<body name="e"><attach model="d" body="d" prefix="d/"/></body></worldbody></mujoco>',
    )
    site = write(
        tmp_path / "site.xml",
        '<mujoco><asset><model name="c" file="c/c.xml"/></asset>'
        '<worldbody><attach model="c" prefix="c/"/></worldbody></mujoco>',
    )
    assert read_by(site) == [
        "site.xml", "c/c.xml", "c/deep/d.xml", "c/m/cloth.obj", "c/m/hill.bin", "c/m/hill.png",
        "c/t/a.png", "c/t/b.png", "c/t/n.png",
    ]  # fmt: skip
    for name in read_by(site)[1:]:
        before, content = MjcfFile(site).sha256, (tmp_path / name).read_bytes()
        changed = content[:-1] + b"\1" if name.endswith(".bin") else content + b"\n"
        (tmp_path / name).write_bytes(changed)
        assert MjcfFile(site).sha256 != before, name


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    cube(tmp_path / "meshes/crate.obj", 0.2)
    write(
        tmp_path / "parts/part.xml",
        '<mujoco><asset><mesh name="c" file="../meshes/crate.obj"/></asset></mujoco>',
    )
    return write(
        tmp_path / "site.xml",
        '<mujoco><include file="parts/part.xml"/><worldbody><geom type="plane" size="9 9 0.1"/>'
        f'<body name="crate" pos="3 0 0.5"><geom type="mesh" mesh="c"/></body>{ROBOT}</worldbody></mujoco>',
    )


def test_a_mesh_of_another_size_is_refused_where_the_site_was_promised(yard: Path) -> None:
    scene = scene_of(yard_world(yard, robot="cart", camera=Camera()))
    assert half_of(MujocoWorld(scene, TIMING).built.model) == 0.2
    cube(yard.parent / "meshes/crate.obj", 0.8)
    with pytest.raises(ValueError, match="it or a file that it reads has changed"):
        MujocoWorld(scene, TIMING)


def test_a_mesh_that_is_edited_within_the_same_second_is_read_anew(yard: Path) -> None:
    """MuJoCo's own cache of meshes goes by the second in which a file was written."""
    mesh = yard.parent / "meshes/crate.obj"
    os.utime(mesh, (1_700_000_000, 1_700_000_000))
    first = MjcfFile(yard)
    cube(mesh, 0.8)
    os.utime(mesh, (1_700_000_000, 1_700_000_000))
    second = open_source(yard)
    assert half_of(second.model) == 0.8
    assert second.sha256 != first.sha256


def test_what_appears_later_is_never_read_for_a_promised_site(yard: Path) -> None:
    """MuJoCo prefers a file beside the site to one of that name beside the part that names it."""
    write(yard.parent / "parts/part.xml", '<mujoco><asset><mesh name="c" file="c.obj"/></asset></mujoco>')
    cube(yard.parent / "parts/c.obj", 0.2)
    first = open_source(yard)
    shadow = cube(yard.parent / "c.obj", 0.8)
    assert half_of(first.spec.copy().compile()) == 0.2
    second = open_source(yard)
    assert half_of(second.model) == 0.8
    assert second.files == (yard, shadow, yard.parent / "parts/part.xml")
    assert second.sha256 != first.sha256


def test_two_meshes_of_one_name_outside_the_sites_folder_cannot_change_places(tmp_path: Path) -> None:
    small, large = cube(tmp_path / "a/c.obj", 0.1), cube(tmp_path / "b/c.obj", 0.4)
    site = write(
        tmp_path / "here/site.xml",
        '<mujoco><asset><mesh name="a" file="../a/c.obj"/><mesh name="b" file="../b/c.obj"/></asset>'
        '<worldbody><geom type="mesh" mesh="a"/><geom type="mesh" mesh="b"/></worldbody></mujoco>',
    )
    before = MjcfFile(site).sha256
    small_text = small.read_text()
    small.write_text(large.read_text())
    large.write_text(small_text)
    assert MjcfFile(site).sha256 != before


def test_the_same_files_at_another_place_are_the_same_site(yard: Path, tmp_path: Path) -> None:
    before = MjcfFile(yard).sha256
    moved = tmp_path.with_name(f"{tmp_path.name} moved")
    tmp_path.rename(moved)
    assert MjcfFile(moved / "site.xml").sha256 == before
    moved.rename(tmp_path)


def test_a_site_at_another_place_is_the_same_though_it_reads_what_stays(tmp_path: Path) -> None:
    shared = cube(tmp_path / "shared/c.obj", 0.3)
    text = f'<mujoco><asset><mesh name="c" file="{shared}"/></asset><worldbody><geom type="mesh" mesh="c"/>'
    sites = [write(tmp_path / place / "site.xml", f"{text}</worldbody></mujoco>") for place in ("a", "b/c/d")]
    assert MjcfFile(sites[0]).sha256 == MjcfFile(sites[1]).sha256


def test_a_site_of_links_into_a_store_reads_beside_the_links(yard: Path, tmp_path: Path) -> None:
    """DVC and Bazel lay folders out so: what a link points at has another name, and stands elsewhere."""
    for number, name in enumerate(("site.xml", "parts/part.xml", "meshes/crate.obj")):
        stored = tmp_path / f"store/{number}"
        stored.parent.mkdir(exist_ok=True)
        (tmp_path / name).rename(stored)
        (tmp_path / name).symlink_to(stored)
    assert read_by(yard) == ["site.xml", "meshes/crate.obj", "parts/part.xml"]
    MujocoWorld(scene_of(yard_world(yard, robot="cart", camera=Camera())), TIMING)


def test_absolute_paths_are_read_and_hashed_too(tmp_path: Path) -> None:
    mesh = cube(tmp_path / "far away/m/c.obj", 0.3)
    robot = write(
        tmp_path / "far away/robot.xml",
        '<mujoco><compiler meshdir="m"/><asset><mesh name="c" file="c.obj"/></asset><worldbody>'
        '<body name="b"><geom type="mesh" mesh="c"/></body></worldbody></mujoco>',
    )
    site = write(
        tmp_path / "here/site.xml",
        f'<mujoco><compiler meshdir="{mesh.parent}"/><asset><model name="r" file="{robot}"/>'
        f"<mesh name='c' file='c.obj'/></asset><worldbody><geom type='mesh' mesh='c'/>"
        '<attach model="r" prefix="r/"/></worldbody></mujoco>',
    )
    source = open_source(site)
    assert source.model.nmesh == 2
    assert set(source.files) == {site, mesh, robot}
    mesh.unlink()
    assert source.spec.copy().compile().nmesh == 2  # from what was read


def test_bytes_that_mujoco_has_been_given_stay_while_another_thread_reads_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two meshes of one file are compiled at the same time; MuJoCo keeps where the bytes lie, not the bytes."""
    mesh = cube(tmp_path / "c.obj", 0.1)
    opened, given = OpenedFiles(tmp_path / "site.xml"), []
    where = "simgate.sim_adapters.mujoco.native.opened_files.read_plain"

    def meanwhile(path: Path, most: int) -> bytes:
        monkeypatch.setattr(where, read_plain)
        given.append(opened.read(path))
        return read_plain(path, most)

    monkeypatch.setattr(where, meanwhile)
    given.append(opened.read(mesh))
    assert given[0] is given[1]


@pytest.mark.parametrize(
    ("asset", "path"),
    [
        ('<mesh name="c" file="c.obj"/>', "m/c.obj"),
        ('<model name="c" file="parts/c.xml"/>', "parts/c.xml"),
        ('<hfield name="h" file="h.bin" size="1 1 1 1"/>', "m/h.bin"),
    ],
)
def test_a_missing_file_is_told_with_the_place_where_it_belongs(
    tmp_path: Path, asset: str, path: str
) -> None:
    site = write(tmp_path / "site.xml", f'<mujoco><compiler meshdir="m"/><asset>{asset}</asset></mujoco>')
    with pytest.raises(NativeError) as error:
        open_source(site)
    assert error.value.hint == f"copy it to {tmp_path / path}, or take it out of the file"
    assert "simgate:" not in str(error.value)


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ('<actuator><motor joint="elbou"/></actuator>', "elbou"),
        ('<sensor><gyro site="imo"/></sensor>', "imo"),
        ('<equality><joint joint1="elbou"/></equality>', "elbou"),
        ('<contact><exclude body1="arm" body2="hant"/></contact>', "hant"),
        ('<contact><pair geom1="arm" geom2="hant"/></contact>', "hant"),
        ('<tendon><fixed name="cord"><joint joint="elbou" coef="1"/></fixed></tendon>', "elbou"),
        ('<custom><tuple name="t"><element objtype="body" objname="hant"/></tuple></custom>', "hant"),
    ],
)
def test_what_refers_to_a_name_that_is_not_there_is_refused_and_never_left_out(
    tmp_path: Path, element: str, said: str
) -> None:
    path = tmp_path / "arm.xml"
    body = '<body name="arm"><joint name="elbow"/><geom name="arm" size=".1"/><site name="imu"/></body>'
    path.write_text(f"<mujoco><worldbody>{body}</worldbody>{element}</mujoco>")
    with pytest.raises(NativeError, match=said):
        open_source(path)


URDF = """<robot name="one"><link name="base">
<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>
<visual><geometry><mesh filename="package://arms/meshes/nice.dae"/></geometry></visual>
<collision><geometry><mesh filename="package://{}/meshes/cube.obj"/></geometry></collision></link></robot>"""


@pytest.mark.parametrize(("folder", "named"), [("src/arms", "arms"), ("a-checkout", "arms")])
def test_a_urdf_finds_the_meshes_of_the_ros_package_that_it_lies_in(tmp_path, folder, named):
    meshes = tmp_path / folder / "meshes"
    meshes.mkdir(parents=True)
    (meshes / "cube.obj").write_text(CUBE.format(s=0.1))
    path = tmp_path / folder / "urdf" / "one.urdf"
    path.parent.mkdir()
    path.write_text(URDF.format(named))
    source = open_source(path)
    assert source.files == (path, meshes / "cube.obj")
    assert source.model.nmesh == 1
    (meshes / "cube.obj").write_text(CUBE.format(s=0.2))
    assert open_source(path).sha256 != source.sha256


def test_a_urdf_whose_package_is_not_there_says_where_it_belongs(tmp_path):
    path = tmp_path / "one.urdf"
    path.write_text(URDF.format("legs"))
    with pytest.raises(NativeError) as error:
        open_source(path)
    assert "package:/legs/meshes/cube.obj" in error.value.message
    assert error.value.hint.startswith("put it in a folder 'legs' beside or above the file, as a ROS package")
