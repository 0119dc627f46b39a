"""A native scene as one MJCF file with its pictures and meshes beside it, the robot at its start."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import mujoco

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.native.build import build_native, native_spec
from simgate.sim_adapters.mujoco.native.source import Source, in_one_line, promised_source
from simgate.sim_adapters.scene.scene import Scene

_ASSETS = "assets"
_FOLDERS = ("meshdir", "texturedir", "assetdir")


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
        spec.compile()
    except ValueError as error:
        raise ValueError(f"MuJoCo cannot build {scene.native.path}: {in_one_line(error)}") from None
    source = promised_source(Path(scene.native.path), scene.native.sha256)
    tree = ET.fromstring(spec.to_xml())
    copied = _gather(tree, spec, source, folder)
    folder.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(tree).write(path, encoding="utf-8")
    return (path, *copied)


def _gather(tree: ET.Element, spec: mujoco.MjSpec, source: Source, folder: Path) -> tuple[Path, ...]:
    """Copies every file that the model reads into one folder and lets the model read it there."""
    compiler = tree.find("compiler")
    if compiler is not None:
        for name in _FOLDERS:
            compiler.attrib.pop(name, None)
    copied: dict[Path, Path] = {}
    for element in tree.iter():
        for key in [name for name in element.attrib if name.startswith("file")]:
            asked = Path(_asked_in(element, spec), element.attrib[key]).as_posix()
            original = _original(asked, source)
            target = copied.setdefault(original, folder / _ASSETS / f"{len(copied)}_{original.name}")
            element.attrib[key] = f"{_ASSETS}/{target.name}"
    for original, target in copied.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, target)
    return tuple(copied.values())


def _asked_in(element: ET.Element, spec: mujoco.MjSpec) -> str:
    """Folder in which an asset is looked for: an attached model has folders of its own."""
    listed = {"mesh": spec.meshes, "texture": spec.textures, "hfield": spec.hfields, "skin": spec.skins}
    name = element.attrib.get("name", "")
    for asset in listed.get(element.tag, ()):
        if asset.name == name:
            compiler = asset.compiler
            return str(compiler.texturedir if element.tag == "texture" else compiler.meshdir)
    return ""


def _original(asked: str, source: Source) -> Path:
    """The file that a model means, among all that it reads.

    Raises:
        ValueError: None of them, or several, lie at such a path.
    """
    matches = [file for file in source.files if file.as_posix().endswith(f"/{asked.lstrip('./')}")]
    exact = [file for file in matches if file == (source.path.parent / asked).resolve()]
    if len(exact or matches) != 1:
        found = "is not among the files that it reads" if not matches else "could be several files"
        raise ValueError(f"{source.path.name}: '{asked}' {found}; give it a folder and name of its own")
    return (exact or matches)[0]
