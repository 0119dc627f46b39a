"""An environment as lint looks at it: what can be set, what can be asked for, which files it is made of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from simgate.sim_adapters.embodiment import Embodiment
from simgate.sim_adapters.environments.embodiment import embodiment_of
from simgate.sim_adapters.environments.link import EnvironmentFailed, open_link
from simgate.sim_adapters.environments.measured import OF_BODIES, check_quantities
from simgate.sim_adapters.environments.remote.refused import Refused
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.quantities import ContactForce, Joint, OfEnvironment, Quantity, SensorReading
from simgate.sim_adapters.sensors.axes import Axis, axes_of
from simgate.sim_adapters.worlds.declared.environment import SEED, EnvironmentSpec
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.world import ParameterSpec


class OpenedEnvironment:
    """An environment that was made once.

    Args:
        name: An id, ``package.module:factory`` or ``file.py:factory``.
        folder: Where files begin.
        make: Keyword arguments that are the same in every variant.
        python: Interpreter; None for this one.
        camera: Whether it shall draw.

    Raises:
        NativeError: There is none of that name, or it cannot be made.
    """

    adapters: tuple[str, ...] = ("gymnasium",)
    before = ""
    """Begins its name for the session that makes it."""

    def __init__(
        self, name: str, folder: Path, make: Mapping[str, Any], python: str | None, camera: bool
    ) -> None:
        self.name = name
        opened = {"name": self.before + name, "folder": str(folder), "make": dict(make), "camera": camera}
        self.said = _asked(python, opened, "describe")
        self._settable = dict(self.said["settable"])
        self.files = tuple(Path(path) for path in self.said["files"])

    def hashes(self, folder: Path) -> dict[str, str]:
        """Files of nobody's release -> SHA-256, hex, by path from a folder."""
        return {
            Path(os.path.relpath(path, folder)).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.files
        }

    def sha256(self, folder: Path) -> str:
        """Digest over the files and the releases that it is made of, hex."""
        said = json.dumps([self.name, self.said["versions"], sorted(self.hashes(folder).items())])
        return hashlib.sha256(said.encode()).hexdigest()

    def embodiment(self, control_hz: int, clip: bool) -> Embodiment:
        """What it observes and is told."""
        return embodiment_of(self.name, self.said, control_hz, clip)

    def axes(self, control_hz: int) -> dict[str, Axis]:
        """What may be wrong with its sensors and actuators, by name."""
        return axes_of(self.embodiment(control_hz, clip=False), whole=bool(self.said["action"].get("whole")))

    def target(self, text: str, robot: str = "") -> ParameterSpec:
        """What a target takes.

        Raises:
            NativeError: There is no such target.
        """
        if text == SEED:
            return ParameterSpec("integer", 0, "Seed of reset.", "", 0.0, float(2**31 - 1))
        if text.startswith("options.") and text != "options.":
            return ParameterSpec("number", 0.0, f"Option '{text[8:]}' of reset.")
        is_open = self.said["any_make"] or text[5:] in self.said["open_make"]
        if text.startswith("make.") and text not in self._settable and is_open:
            kind: Literal["integer", "number"] = "integer" if text.endswith("seed") else "number"
            return ParameterSpec(kind, 0, f"Keyword argument '{text[5:]}'.")
        if text not in self._settable:
            known = (*self._settable, SEED)
            raise NativeError(
                "target", f"{self.name} has no '{text}' that can be set", unknown=text, known=known
            )
        value = self._settable[text]
        meaning = f"{text} of {self.name}."
        if isinstance(value, bool):
            return ParameterSpec("bool", value, meaning)
        if isinstance(value, str):
            return ParameterSpec("choice", value, meaning)
        if isinstance(value, int) and text.startswith("make."):
            return ParameterSpec("integer", value, meaning)
        return ParameterSpec("number", float(value), meaning)

    def has_own(self, text: str) -> bool:
        """Whether it is known what a target has when nothing sets it."""
        return text in self._settable

    def whole(self, text: str) -> tuple[float, ...]:
        """No target takes several numbers at once."""
        return ()

    def listing(self) -> list[tuple[str, str, str]]:
        """Every target, what it takes, and what it is."""
        rows = []
        for name, value in self._settable.items():
            kind = (
                "true or false"
                if isinstance(value, bool)
                else "a word"
                if isinstance(value, str)
                else "a number"
            )
            rows.append((name, kind, str(value)))
        return [
            *rows,
            ("options.NAME", "a number", "handed to reset"),
            (SEED, "a whole number", "the variant's own"),
        ]

    def remarks(self) -> list[tuple[str, tuple[str, ...]]]:
        """What else there is to say of it: titles and lines."""
        return []

    def quantity(self, quantity: Quantity) -> None:
        """Makes sure that it has what a task asks for.

        Raises:
            NativeError: It has not.
        """
        if isinstance(quantity, OF_BODIES):
            self._body(quantity)
            return
        if not isinstance(quantity, OfEnvironment):
            raise NativeError(
                "element", f"an environment tells obs, info, reward and return, not {quantity.word}"
            )
        try:
            check_quantities({quantity.word: quantity}, self.said["observations"])
        except ValueError as error:
            known = tuple(one["name"].removeprefix("obs.") for one in self.said["observations"])
            raise NativeError("element", str(error).partition(": ")[2], known=known) from None

    def _body(self, quantity: Quantity) -> None:
        things: Mapping[str, list[str]] | None = self.said.get("things")
        if things is None:
            raise NativeError(
                "element", f"{quantity.word} is of environments on MuJoCo, and {self.name} has no model of it"
            )
        named = [
            value
            for name, value in asdict(quantity).items()
            if name in ("a", "b", "of") and "/" in str(value)
        ]
        if isinstance(quantity, Joint | SensorReading):
            named = [f"{quantity.word}/{quantity.name}"]
        for kind, _, name in (str(thing).partition("/") for thing in named):
            if name not in things[kind]:
                raise NativeError(
                    "element", f"its model has no {kind} '{name}'", unknown=name, known=tuple(things[kind])
                )
            if isinstance(quantity, SensorReading) and quantity.index >= (count := things[kind].count(name)):
                raise NativeError("element", f"sensor '{name}' has {count} numbers, from 0 on")
            if isinstance(quantity, ContactForce) and kind == "site":
                raise NativeError(
                    "element", f"site/{name} has no shape that could touch; name a body or a geom"
                )

    def touch(self, first: str, second: str) -> None:
        """Nothing is known of contacts.

        Raises:
            NativeError: Always.
        """
        raise NativeError("element", "an environment does not tell what touches what; leave touch out")


class OpenedTask(OpenedEnvironment):
    """A task of Isaac Lab that was made once; see :class:`OpenedEnvironment`."""

    adapters = ("isaaclab",)
    before = "isaaclab:"

    def sha256(self, folder: Path) -> str:
        """Digest over the releases and the assets that it is made of, hex, wherever those lie."""
        root = Path(self.said["root"])
        hashes = {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in map(Path, self.said["assets"])
        }
        said = json.dumps([self.name, self.said["versions"], sorted(hashes.items())])
        return hashlib.sha256(said.encode()).hexdigest()

    def target(self, text: str, robot: str = "") -> ParameterSpec:
        """See :meth:`OpenedEnvironment.target`."""
        unit = self.said["units"].get(text, "")
        if text in self.said["drawn"]:
            return ParameterSpec("number", 0.0, f"{text} of {self.name}.", unit)
        if text != SEED and text not in self._settable:
            known = (*self._settable, *self.said["drawn"], SEED)
            message = f"{self.name} has no '{text}' that can be set"
            raise NativeError("target", message, unknown=text, known=known)
        return replace(super().target(text, robot), unit=unit)

    def remarks(self) -> list[tuple[str, tuple[str, ...]]]:
        """See :meth:`OpenedEnvironment.remarks`."""
        return [
            ("draws at the start, by the variant's seed", tuple(self.said["draws"])),
            ("is without, in every run", tuple(self.said["left_out"])),
        ]

    def listing(self) -> list[tuple[str, str, str]]:
        """Every target, its unit, and what it is when nothing sets it."""
        units = self.said["units"]
        rows = [(name, units[name] or "a number", f"{value:g}") for name, value in self._settable.items()]
        rows += [(name, units[name] or "a number", "drawn, or the task's own") for name in self.said["drawn"]]
        return [*rows, (SEED, "a whole number", "the variant's own")]


def needed_files(task: str, python: str, assets: str) -> Mapping[str, Any]:
    """Remote files of a task of Isaac Lab; nothing is simulated.

    Args:
        task: Its id.
        python: Interpreter in which Isaac Lab is installed.
        assets: Folder that stands for the remote files, or ``simgate``.

    Returns:
        As :func:`~simgate.sim_adapters.environments.remote.isaaclab.files.needs` has it.

    Raises:
        NativeError: There is no such task, or no Isaac Lab.
    """
    name = OpenedTask.before + task
    opened = {"name": name, "folder": str(Path.cwd()), "make": {"assets": assets}}
    return _asked(python, opened, "needs")


def _asked(python: str | None, opened: Mapping[str, Any], word: str) -> Mapping[str, Any]:
    """One answer of an environment's session, which is ended with it."""
    try:
        link = open_link(python, opened)
        try:
            answer: Mapping[str, Any] = link.call(word)
            return answer
        finally:
            link.close()
    except Refused as error:
        raise NativeError("file", str(error), unknown=error.unknown, known=error.known) from None
    except EnvironmentFailed as error:
        raise NativeError("file", str(error)) from None


def opened_environment(spec: EnvironmentSpec, folder: Path) -> OpenedEnvironment:
    """An environment as a checked pack names it.

    Args:
        spec: Of a scenario.
        folder: The pack's, where paths begin.

    Raises:
        NativeError: It cannot be made any more.
    """
    python = None if spec.python is None else str(absolute(folder / spec.python))
    kind = OpenedTask if spec.kind == "isaaclab" else OpenedEnvironment
    return kind(spec.file, folder, dict(spec.make), python, spec.camera)
