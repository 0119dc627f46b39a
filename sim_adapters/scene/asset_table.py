"""Which bodies are shown by a USD asset of one's own: a table, written as YAML.

Example::

    robot: {usd: robots/carrier.usd}
    glass_door: {usd: doors/glass_door.usd, fit: true}
    chair: {usd: furniture/chair.usd, convert: true, position: [0, 0, 0], yaw_deg: 90}

A key is a body's name (``door``), its name without a number at the end (``chair`` for ``chair_3``), its
semantic label (``glass_door``), or ``robot``. The asset gives the look; primitives go on colliding, unseen,
so that every simulator has the same physics. What is not in the table is shown by its primitives.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simgate.sim_adapters.files.plain_file import read_plain
from simgate.sim_adapters.files.yaml_scalars import is_sane, resolve
from simgate.sim_adapters.scene.body import Vec3
from simgate.sim_adapters.scene.scene import Scene
from simgate.sim_adapters.scene.stage_error import StageError

ROBOT_KEY = "robot"
"""Key of the robot."""
_KEYS = ("usd", "fit", "convert", "position", "yaw_deg")
_MOST_BYTES, _DEEPEST = 1_000_000, 2


@dataclass(frozen=True, slots=True)
class Asset:
    """A USD file that shows a body.

    Attributes:
        usd: Path or URL of the file.
        fit: Whether to scale it, axis by axis, to the box around the body's primitives.
        convert: Whether to scale and turn it when its units or its up axis are not the stage's.
        position: Of the asset's origin in the body's frame, metres.
        yaw_deg: Turn about Z in the body's frame, degrees.
    """

    usd: str
    fit: bool = False
    convert: bool = False
    position: Vec3 = (0.0, 0.0, 0.0)
    yaw_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class AssetTable:
    """Assets by key; see the module's docstring."""

    entries: Mapping[str, Asset] = field(default_factory=dict)

    def find(self, name: str, label: str | None) -> Asset | None:
        """The asset of a body: by its name, else by its name without number, else by its label."""
        for key in _keys(name, label):
            if key in self.entries:
                return self.entries[key]
        return None

    def unused(self, scene: Scene) -> tuple[str, ...]:
        """What to say of each entry that shows no body of a scene; a slip of the pen looks like that."""
        bodies = [*scene.bodies, *(actor.body for actor in scene.actors)]
        named = {ROBOT_KEY: None} | {key: None for body in bodies for key in _keys(body.name, body.label)}
        notes = []
        for key in self.entries:
            if key not in named:
                near = difflib.get_close_matches(key, named, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(named)}"
                notes.append(f"the asset '{key}' shows nothing in this scene; {hint}")
        return tuple(notes)

    @classmethod
    def from_yaml(cls, path: Path) -> AssetTable:
        """Reads a table; relative file names start at the table's folder.

        Raises:
            StageError: The file cannot be read, or an entry is wrong, with file and line.
        """
        try:
            root = yaml.compose(read_plain(path, _MOST_BYTES).decode(), Loader=yaml.SafeLoader)
        except OSError as error:
            raise StageError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise StageError(f"{path}: is not UTF-8: save it as that") from None
        except RecursionError:
            raise StageError(f"{path}: is nested too deeply to be an asset table") from None
        except yaml.YAMLError as error:
            raise StageError(f"{path}: is not YAML: {error}") from None
        if root is None:
            return cls()
        if not isinstance(root, yaml.MappingNode):
            raise StageError(f"{path}:1:1: an asset table is a mapping: 'robot: {{usd: FILE}}'")
        entries = {}
        for key, value in root.value:
            where = f"{path}:{key.start_mark.line + 1}:{key.start_mark.column + 1}"
            entries[str(key.value)] = _entry(where, str(key.value), _plain(value), path.parent)
        return cls(entries)


def _plain(node: yaml.Node, depth: int = 0) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else resolve(node.value)
    if depth == _DEEPEST:
        return None
    # Aliases can make a node endless, or as large as they like: what is longer is wrong anyway.
    inner = node.value[: len(_KEYS) + 1]
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value, depth + 1) for key, value in inner}
    return [_plain(item, depth + 1) for item in inner]


def _keys(name: str, label: str | None) -> tuple[str, ...]:
    """Keys under which a body may be in a table, the first found wins."""
    return (name, re.sub(r"_\d+$", "", name), *([label] if label is not None else []))


def _entry(where: str, key: str, given: Any, folder: Path) -> Asset:
    values = {"usd": given} if isinstance(given, str) else given
    if not isinstance(values, dict) or not isinstance(values.get("usd"), str):
        raise StageError(f"{where}: '{key}' needs the asset's file: '{key}: {{usd: FILE}}'")
    for name in values:
        if name not in _KEYS:
            raise StageError(f"{where}: '{key}' has no setting '{name}' (known: {', '.join(_KEYS)})")
    for name in ("fit", "convert"):
        if not isinstance(values.get(name, False), bool):
            raise StageError(f"{where}: '{key}.{name}' must be true or false, not {values[name]!r}")
    return Asset(
        usd=_located(values["usd"], folder),
        fit=values.get("fit", False),
        convert=values.get("convert", False),
        position=_vector(where, f"{key}.position", values.get("position", [0.0, 0.0, 0.0])),
        yaw_deg=_number(where, f"{key}.yaw_deg", values.get("yaw_deg", 0.0)),
    )


def _located(usd: str, folder: Path) -> str:
    if "://" in usd or Path(usd).is_absolute():
        return usd
    return str((folder / usd).resolve())


def _number(where: str, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not is_sane(value):
        raise StageError(f"{where}: '{name}' must be a number, not {value!r}")
    return float(value)


def _vector(where: str, name: str, value: Any) -> Vec3:
    if not isinstance(value, list) or len(value) != 3:
        raise StageError(f"{where}: '{name}' must be three numbers [x, y, z], not {value!r}")
    x, y, z = (_number(where, name, item) for item in value)
    return x, y, z
