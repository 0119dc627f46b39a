"""``simgate preview`` with the real simulator in its child process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgate.harness.cli.preview.start_frames import CannotRender, render_start_frames
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.packs.loader import load_pack

PACK = """\
simgate: 1
pack: small
policy: door_navigator
sim: {adapter: mujoco}
seed: 1
scenarios:
  closed:
    title: A closed door
    severity: critical
    world: office_corridor
    parameters:
      door.kind: {choice: [glass, wood]}
      lighting.lux: {uniform: [50, 900]}
      camera.dropout_rate: 0.9
    variants: {count: 6}
    accept:
      collisions: {at_most: 0}
"""


@pytest.fixture
def pack_file(tmp_path: Path) -> Path:
    path = tmp_path / "pack.yaml"
    path.write_text(PACK)
    return path


def test_a_sheet_is_drawn_and_no_simulator_enters_the_calling_process(pack_file: Path) -> None:
    out = pack_file.with_name("sheet.png")
    code = (
        "import sys; from simgate.harness.cli.main import main; "
        f"code = main(['preview', {str(pack_file)!r}, '--out', {str(out)!r}, '--variants=4', '--workers=2']); "
        "assert not any(name.split('.')[0] == 'mujoco' for name in sys.modules); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out)
    with Image.open(out) as sheet:
        tile = np.asarray(sheet.convert("L"))[100:260, 40:240]
    assert tile.std() > 5


def test_frames_are_the_same_whatever_the_number_of_processes(pack_file: Path, tmp_path: Path) -> None:
    pack = load_pack(pack_file)
    variants = expand_pack(pack)
    drawn = []
    for hosts in (1, 3):
        folder = tmp_path / str(hosts)
        folder.mkdir()
        frames = render_start_frames(pack, variants, folder, hosts)
        assert [frame.error for frame in frames] == [""] * 6
        drawn.append([frame.frame.read_bytes() for frame in frames])
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 6


def test_a_variant_that_cannot_be_built_does_not_take_the_others_with_it(
    pack_file: Path, tmp_path: Path
) -> None:
    pack = load_pack(pack_file)
    variants = list(expand_pack(pack)[:2])
    variants[0] = variants[0].model_copy(
        update={"parameters": {**variants[0].parameters, "door.kind": "paper"}}
    )
    first, second = render_start_frames(pack, variants, tmp_path)
    assert "paper" in first.error
    assert second.error == ""


def test_when_nothing_can_be_drawn_the_log_is_shown(pack_file: Path, tmp_path: Path) -> None:
    pack = load_pack(pack_file)
    broken = pack.model_copy(update={"sim": pack.sim.model_copy(update={"camera_hz": 7})})
    with pytest.raises(CannotRender, match="camera_hz=7 must divide"):
        render_start_frames(broken, expand_pack(pack)[:1], tmp_path)


ROBOT = """\
<mujoco>
  <worldbody>
    <light pos="0 0 3"/>
    <geom name="floor" type="plane" size="5 5 .1" rgba=".9 .9 .9 1"/>
    <body name="arm" pos="0 0 .5">
      <joint name="turn" axis="0 1 0" range="-1 1"/>
      <geom type="capsule" fromto="0 0 0 .4 0 0" size=".05" mass="1" rgba=".9 .1 .1 1"/>
      <camera name="wrist" pos=".4 0 .1" xyaxes="1 0 0 0 1 0"/>
    </body>
  </worldbody>
  <actuator><position name="turn" joint="turn" ctrlrange="-1 1" kp="20"/></actuator>
</mujoco>
"""
ROBOT_PACK = """\
simgate: 1
pack: arm
policy: door_navigator
task: {signals: {turn_rad: {joint: turn}}, success: turn_rad > 0.5}
scenarios:
  turns:
    title: An arm turns
    severity: major
    world: {mjcf: arm.xml, robot: {body: arm, drive: actuators}, sensors: SENSORS}
    variants: {count: 1}
    accept: {success: {equals: true}}
"""


WALL = '<geom name="wall" type="box" size="3 .05 1" pos="0 -1 1"/>'


@pytest.mark.parametrize(
    ("sensors", "titles", "has_frame", "wall"),
    [
        ("{joints: {joints: all}}", ["from outside"], False, ""),
        ("{joints: {joints: all}}", ["from outside"], False, WALL),
        ("{hand: {camera: wrist, kinds: [depth, rgb]}}", ["hand.depth, ", "hand.rgb"], True, ""),
    ],
)
def test_a_robot_on_its_own_joints_is_shown_by_its_cameras_or_from_outside(
    tmp_path: Path, sensors: str, titles: list[str], has_frame: bool, wall: str
) -> None:
    (tmp_path / "arm.xml").write_text(ROBOT.replace('<body name="arm"', f'{wall}<body name="arm"'))
    (tmp_path / "pack.yaml").write_text(ROBOT_PACK.replace("SENSORS", sensors))
    pack = load_pack(tmp_path / "pack.yaml")
    (shown,) = render_start_frames(pack, expand_pack(pack), tmp_path)
    assert not shown.error
    assert [one.title.startswith(t) for one, t in zip(shown.pictures, titles, strict=True)] == [True] * len(
        titles
    )
    assert (str(shown.frame) == shown.pictures[-1].path) == has_frame == (shown.frame is not None)
    if not has_frame:
        with Image.open(shown.pictures[0].path) as picture:
            pixels = np.asarray(picture).astype(int)
        middle = pixels[120:240, 160:320].reshape(-1, 3)
        assert (middle[:, 0] > 2 * middle[:, 1]).mean() > 0.02, "the red arm is in the middle"
