"""Reads what ``place`` may put down in a native world: bodies of its file, and the surfaces they stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from simgate.harness.packs.language.native import ClearKeys, SurfaceKeys
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.policies.documents.nodes import Node, ScalarNode, SequenceNode
from simgate.sim_adapters.worlds.declared.native import Knob
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.placing import PlaceableBody, Placing, Surface
from simgate.sim_adapters.worlds.world import Disc, Rectangle

if TYPE_CHECKING:
    from simgate.sim_adapters.worlds.native_file import NativeFile

Report = Callable[[Node, NativeError], None]


class PlacingReader:
    """Reads objects, surfaces and places to keep clear of one native world.

    Args:
        reader: Typed access to nodes.
        file: The opened file.
        report: Reports what a file has against a node.
        robot: Body that is the robot; empty when it is not known.
        knobs: What parameters set in the file.
    """

    def __init__(
        self, reader: Reader, file: NativeFile, report: Report, robot: str, knobs: dict[str, Knob]
    ) -> None:
        self._reader, self._file, self._report, self._robot = reader, file, report, robot
        self._targets = [target for knob in knobs.values() for target in knob.targets]

    def read(self, nodes: Fields) -> Placing:
        """What can be read; problems are reported.

        Args:
            nodes: What the pack says of the world, by key.
        """
        objects = self._objects(nodes.get("objects"))
        own = {name for one in objects.values() for name in one.names}
        surfaces = self._surfaces(nodes.get("surfaces"), own)
        return Placing(surfaces, objects, self._keep_clear(nodes.get("keep_clear")))

    def _objects(self, node: Node | None) -> dict[str, PlaceableBody]:
        found: dict[str, PlaceableBody] = {}
        for item in node.items if isinstance(node, SequenceNode) else []:
            name = item.text if isinstance(item, ScalarNode) else ""
            if not name:
                continue
            if name in found:
                self._reader.problems.at(item, "wrong-value", f"'{name}' stands twice in objects", _ONCE)
            if name == self._robot:
                message = f"body '{name}' is the robot, and place puts down what it meets"
                self._reader.problems.at(item, "wrong-value", message, "take it out of objects")
                continue
            try:
                found[name] = self._file.placeable(name)
            except NativeError as error:
                self._report(item, error)
                continue
            self._require_still(item, name, f"place says where '{name}' stands and that it is there")
        return found

    def _surfaces(self, node: Node | None, objects: set[str]) -> dict[str, Surface]:
        found: dict[str, Surface] = {}
        for key, value in self._reader.mapping(node, "a mapping of names to surfaces"):
            self._reader.name(key, "a surface's name")
            read = read_keys(self._reader, value, SurfaceKeys, f"the surface '{key.text}'", owner=key)
            if read is None or not read.is_whole:
                continue
            within = self._within(read.nodes["within"]) if "within" in read.nodes else None
            if within is None and "within" in read.nodes:
                continue
            try:
                surface = self._file.surface(read.keys.top_of, within)
            except NativeError as error:
                self._report(read.nodes["within" if within is not None else "top_of"], error)
                continue
            if read.keys.top_of in objects:
                message = f"'{read.keys.top_of}' is put down itself, and nothing can be put onto it"
                self._reader.problems.at(read.nodes["top_of"], "wrong-value", message, "name what stays")
            self._require_still(
                read.nodes["top_of"], read.keys.top_of, "objects stand on it where the file has it"
            )
            for other, before in found.items():
                if _overlap(surface.area, before.area):
                    message = f"surface '{key.text}' lies over or under '{other}'"
                    hint = "narrow them by within: what stands on which could not be told"
                    self._reader.problems.at(key, "wrong-value", message, hint)
            found[key.text] = surface
        return found

    def _within(self, node: Node) -> Rectangle | None:
        items = self._reader.items(node, _CORNERS)
        ends = [self._reader.number(item) for item in items]
        if len(ends) != 4 or None in ends:
            if None not in ends:
                self._reader.wrong(node, _CORNERS)
            return None
        x_min, y_min, x_max, y_max = (float(end) for end in ends if end is not None)
        if x_min >= x_max or y_min >= y_max:
            message = f"nothing lies within [{x_min:g}, {y_min:g}, {x_max:g}, {y_max:g}]"
            self._reader.problems.at(node, "empty-range", message, f"write {_CORNERS}")
            return None
        return Rectangle(x_min, y_min, x_max, y_max)

    def _keep_clear(self, node: Node | None) -> dict[str, Disc]:
        found: dict[str, Disc] = {}
        for key, value in self._reader.mapping(node, "a mapping of names to places"):
            self._reader.name(key, "a place's name")
            read = read_keys(self._reader, value, ClearKeys, f"the place '{key.text}'", owner=key)
            at = read.nodes.get("at") if read is not None else None
            point = self._point(at) if at is not None else None
            if read is not None and read.is_whole and point is not None:
                found[key.text] = Disc(*point, read.keys.radius_m)
        return found

    def _point(self, node: Node) -> tuple[float, float] | None:
        if isinstance(node, SequenceNode):
            numbers = [self._reader.number(item) for item in node.items]
            if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
                return float(numbers[0]), float(numbers[1])
            if None not in numbers:
                self._reader.wrong(node, "[x, y] in metres")
            return None
        name = self._reader.text(node, "[x, y] in metres, or the name of a point of the file")
        if not name:
            return None
        try:
            point = self._file.point(name)
        except NativeError as error:
            self._report(node, error)
            return None
        moving = [target for target in self._targets if self._file.carries(target, name)]
        self._refuse_moving(node, name, moving, "what is kept clear would stay where the file has it")
        return point

    def _require_still(self, node: Node, name: str, why: str) -> None:
        moving = [target for target in self._targets if self._file.shifts(target, name)]
        self._refuse_moving(node, name, moving, why)

    def _refuse_moving(self, node: Node, name: str, targets: Iterable[str], why: str) -> None:
        for target in targets:
            message = f"'set' changes the place or size of '{name}' by {target}, and {why}"
            self._reader.problems.at(node, "wrong-value", message, f"take {target} out of set")


_ONCE = "write it once; place makes copies"
_CORNERS = "[x_min, y_min, x_max, y_max] in metres"


def _overlap(a: Rectangle, b: Rectangle) -> bool:
    return a.x_min < b.x_max and b.x_min < a.x_max and a.y_min < b.y_max and b.y_min < a.y_max
