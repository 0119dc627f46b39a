"""Reads ``place``: groups of objects put down at random."""

from __future__ import annotations

from simgate.harness.packs.checks.check_world import WorldCheck
from simgate.harness.packs.language.scenario import PlaceKeys
from simgate.harness.packs.placing import PlaceSpec
from simgate.harness.packs.reading.values.read_value import ReadValue
from simgate.harness.packs.reading.values.read_values import read_simple_value
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.harness.packs.source.written_numbers import Quantity, number_hint
from simgate.harness.packs.values import ValueSpec
from simgate.policies.documents.nodes import Node

MAX_OBJECTS = 100
_SIZES = {"length_m": "length", "width_m": "width", "diameter_m": "diameter"}


class PlaceReader:
    """Reads the groups of one scenario.

    Args:
        reader: Typed access to nodes.
        check: The scenario's world.
    """

    def __init__(self, reader: Reader, check: WorldCheck) -> None:
        self._reader, self._check = reader, check

    def read(self, node: Node | None) -> dict[str, PlaceSpec]:
        """The groups that can be read, by name."""
        groups: dict[str, PlaceSpec] = {}
        for key, value in self._reader.mapping(node, "a mapping of groups"):
            self._reader.name(key, "a group's name")
            inner = read_keys(self._reader, value, PlaceKeys, f"the group '{key.text}'", owner=key)
            group = self._group(inner) if inner else None
            if group is not None:
                groups[key.text] = group
        return groups

    def _group(self, read: Written[PlaceKeys]) -> PlaceSpec | None:
        keys, nodes = read.keys, read.nodes
        count = self._count(nodes["count"]) if "count" in nodes else None
        kinds = self._kinds(nodes["kinds"]) if "kinds" in nodes else None
        if keys.region is not None:
            self._check.region(nodes["region"], keys.region)
        clear = self._keep_clear(keys.keep_clear)
        sizes = {name: self._size(nodes[key], key, kinds) for key, name in _SIZES.items() if key in nodes}
        yaw = self._yaw(keys.yaw_deg)
        if count is None or kinds is None or not read.is_whole:
            return None
        return PlaceSpec(
            count=count.spec,
            kinds=kinds.spec,
            region=keys.region,
            **sizes,
            yaw=yaw,
            clearance_m=keys.clearance_m,
            keep_clear=clear,
        )

    def _count(self, node: Node) -> ReadValue | None:
        count = read_simple_value(self._reader, node)
        if count is None:
            return None
        for value, place in count.extremes:
            if isinstance(value, bool) or not isinstance(value, int):
                hint = self._reader.whole_hint(place) or "use {integers: [lo, hi]}"
                self._reader.wrong(place, "a whole number of objects", hint)
                return None
            if not 0 <= value <= MAX_OBJECTS:
                self._reader.problems.at(
                    place, "wrong-value", f"a number of objects must be from 0 to {MAX_OBJECTS}, not {value}"
                )
                return None
        if count.spec.kind not in ("constant", "integers", "choice"):
            self._reader.wrong(node, "a whole number of objects", "use {integers: [lo, hi]}")
            return None
        return count

    def _kinds(self, node: Node) -> ReadValue | None:
        kinds = read_simple_value(self._reader, node)
        if kinds is None:
            return None
        if kinds.spec.kind not in ("constant", "choice"):
            self._reader.wrong(kinds.node, "a kind of object or {choice: [...]}")
            return None
        self._check.kinds(kinds)
        return kinds

    def _keep_clear(self, node: Node | None) -> tuple[str, ...]:
        clear: list[str] = []
        for item in self._reader.items(node, "a list of places"):
            place = self._reader.text(item)
            if place is not None:
                self._check.keep_clear(item, place)
                clear.append(place)
        return tuple(clear)

    def _size(self, node: Node, key: str, kinds: ReadValue | None) -> ValueSpec | None:
        value = read_simple_value(self._reader, node)
        if value is None:
            return None
        if kinds is not None:
            self._check.sizes(node, key, value, kinds, is_round=key == "diameter_m")
        return value.spec

    def _yaw(self, node: Node | None) -> ValueSpec | None:
        value = read_simple_value(self._reader, node) if node is not None else None
        if value is None:
            return None
        for scalar, place in value.extremes:
            if isinstance(scalar, bool) or not isinstance(scalar, int | float) or abs(scalar) > 360:
                hint = number_hint(str(scalar), Quantity("deg", 360))
                self._reader.problems.at(
                    place, "wrong-value", f"a turn is a number from -360 to 360 degrees, not {scalar}", hint
                )
                return None
        return value.spec
