"""A scene as MJCF, with its pictures in a folder next to it."""

from __future__ import annotations

import math
from pathlib import Path

from simgate.sim_adapters.adapter import Timing
from simgate.sim_adapters.mujoco.build import build_spec
from simgate.sim_adapters.mujoco.native.export import write_native
from simgate.sim_adapters.scene.pattern import PATTERNS, pattern_pixels
from simgate.sim_adapters.scene.scene import Scene

_TEXTURES = "textures"
SUFFIX = ".xml"


def write_mjcf(scene: Scene, timing: Timing, folder: Path, name: str) -> tuple[Path, ...]:
    """Writes ``<name>.xml``, which ``python -m mujoco.viewer --mjcf=FILE`` opens.

    Args:
        scene: The scene; actors and the robot are where they are at step 0.
        timing: Rates; the physics rate becomes the time step.
        folder: Where to; made when it is not there.
        name: File name without suffix.

    Returns:
        What was written, the model first.

    Raises:
        ValueError: MuJoCo rejects the scene, or cannot open its file.
    """
    from PIL import Image

    if scene.native is not None and scene.native.kind == "usd":
        from simgate.sim_adapters.mujoco.stage_twin.export import write_twin

        return write_twin(scene, timing, folder / f"{name}{SUFFIX}")
    if scene.native is not None:
        return write_native(scene, timing, folder, folder / f"{name}{SUFFIX}")
    spec, _ = build_spec(scene, timing)
    for actor in scene.actors:
        position, yaw = actor.pose_at(0.0)
        node = spec.body(f"body/{actor.body.name}")
        node.pos = list(position)
        node.quat = [math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw)]
    # The joints' zero is the start, turned: a viewer shows the robot as the key frame has it.
    spec.add_key(name="start", qpos=[0.0, 0.0, scene.robot.start[2]])
    pictures = []
    (folder / _TEXTURES).mkdir(parents=True, exist_ok=True)
    for texture, pattern in zip(spec.textures, PATTERNS, strict=True):
        picture = folder / _TEXTURES / f"{pattern}.png"
        Image.fromarray(pattern_pixels(pattern)).convert("RGB").save(picture)
        pictures.append(picture)
        texture.data = b""
        texture.file = f"{_TEXTURES}/{picture.name}"
    spec.modelfiledir = str(folder)
    try:
        spec.compile()
    except ValueError as error:
        raise ValueError(f"MuJoCo cannot build scene '{scene.name}': {error}") from None
    path = folder / f"{name}{SUFFIX}"
    path.write_text(spec.to_xml(), encoding="utf-8")
    return path, *pictures
