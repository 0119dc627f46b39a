"""A native scene as one MJCF file with its pictures and meshes beside it, the robot at its start."""

from __future__ import annotations

import posixpath
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import mujoco

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.mujoco_log import compiled
from simgate.sim_adapters.mujoco.native.build import build_native, native_spec
from simgate.sim_adapters.mujoco.native.source import in_one_line
from simgate.sim_adapters.scene.scene import Scene

_ASSETS = "assets"
_FOLDERS = ("meshdir", "texturedir")


def write_native(scene: Scene, timing: Timing, folder: Path, path: Path) -> tuple[Path, ...]:
    """Writes the model and copies what it reads.

    Args:
        scene: A native scene.
        timing: Rates; the physics rate becomes the time step.
        folder: Where to; made when it is not there.
        path: The model's file in it.

    Returns:
        What was written, the model first.

    Raises:
        ValueError: MuJoCo rejects the scene, or the file has changed.
    """
    assert scene.native is not None
    built = build_native(scene, timing)
    spec, _ = native_spec(scene, timing)
    data = mujoco.MjData(built.model)
    first = built.drive.qpos
    data.qpos[first : first + 3] = scene.robot.start
    for index, value in built.start:
        data.qpos[index] = value
    spec.add_key(name="start", qpos=data.qpos.tolist())
    try:
        compiled(spec)
    except ValueError as error:
        raise ValueError(f"MuJoCo cannot build {scene.native.path}: {in_one_line(error)}") from None
    folder.mkdir(parents=True, exist_ok=True)
    tree, copied = _gathered(spec, folder)
    ET.ElementTree(tree).write(path, encoding="utf-8")
    return (path, *copied)


def _gathered(spec: mujoco.MjSpec, folder: Path) -> tuple[ET.Element, tuple[Path, ...]]:
    """The model as XML, and what it reads, copied beside it: MuJoCo's archive says which file is which."""
    with tempfile.TemporaryDirectory() as scratch:
        packed = Path(scratch, "model.mjz")
        spec.encode(str(packed))
        with zipfile.ZipFile(packed) as archive:
            members = {posixpath.normpath(name): archive.read(name) for name in archive.namelist()}
    tree = ET.fromstring(members["model.xml"])
    folders = tree.find("compiler")
    meshes, pictures = ("", "") if folders is None else (folders.attrib.pop(name, "") for name in _FOLDERS)
    copied: dict[str, Path] = {}
    for element in tree.iter():
        for key in [name for name in element.attrib if name.startswith("file")]:
            inside = pictures if element.tag == "texture" else meshes
            member = posixpath.normpath(posixpath.join(inside, element.attrib[key]))
            target = copied.setdefault(
                member, folder / _ASSETS / f"{len(copied)}_{posixpath.basename(member)}"
            )
            element.attrib[key] = f"{_ASSETS}/{target.name}"
    for member, target in copied.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(members[member])
    return tree, tuple(copied.values())
