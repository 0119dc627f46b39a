"""Reads ``pinned``: exact variants, with all that the scenario draws."""

from __future__ import annotations

from collections.abc import Mapping

from simgate.harness.packs.checks.check_world import WorldCheck
from simgate.harness.packs.model import PinnedObject, PinnedVariant, Scalar
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.source.read_keys import Written, read_keys
from simgate.harness.packs.values import ValueSpec
from simgate.policies.documents.nodes import MappingNode, Node


class PinnedReader:
    """Reads the pinned variants of one scenario.

    Args:
        reader: Typed access to nodes.
        check: The scenario's world.
        parameters: The scenario's, the pack's included.
        places: Whether the scenario places objects.
    """

    def __init__(
        self, reader: Reader, check: WorldCheck, parameters: Mapping[str, ValueSpec], places: bool
    ) -> None:
        self._reader, self._check = reader, check
        self._parameters, self._places = parameters, places

    def read(self, node: Node | None) -> tuple[PinnedVariant, ...]:
        """The pins that can be read; problems are reported."""
        pins: dict[str, PinnedVariant] = {}
        lines: dict[str, int] = {}
        for item in self._reader.items(node, "a list of pinned variants"):
            read = read_keys(self._reader, item, PinnedVariant, "the pinned variant")
            if read is None:
                continue
            pin_id = read.keys.id
            if pin_id in lines:
                message = f"pinned id '{pin_id}' is used twice"
                hint = f"the first one is in line {lines[pin_id]}"
                self._reader.problems.at(read.nodes["id"], "duplicate-id", message, hint)
            pin = self._pin(pin_id or "", read)
            if pin_id is not None:
                lines.setdefault(pin_id, read.nodes["id"].line)
                pins[pin_id] = pin
        return tuple(pins.values())

    def _pin(self, pin_id: str, read: Written[PinnedVariant]) -> PinnedVariant:
        inner, placed = read.nodes, None
        if "placed" in inner:
            items = self._reader.items(inner["placed"], "a list of objects")
            objects = [self._object(item) for item in items]
            placed = tuple(one for one in objects if one is not None)
        pin = PinnedVariant(
            id=pin_id,
            parameters=self._exact(inner.get("parameters")),
            placed=placed,
            seed=read.keys.seed,
        )
        entries = inner.get("parameters")
        written = {key.text for key, _ in entries} if isinstance(entries, MappingNode) else set()
        known = {name: spec for name, spec in self._parameters.items() if self._check.has(name)}
        missing = [name for name in pin.left_out(known, self._places) if name not in written]
        if missing and pin_id and isinstance(entries, MappingNode):
            what = "objects are" if missing == ["placed"] else "values are"
            message = f"the pinned variant '{pin_id}' leaves out {', '.join(missing)}: its {what} not exact"
            hint = "write what the scenario draws; `simgate pin RUN VARIANT` writes all of a variant that ran"
            self._reader.problems.at(inner["id"], "pin-incomplete", message, hint)
        return pin

    def _exact(self, node: Node | None) -> dict[str, Scalar]:
        values = {}
        for key, value in self._reader.mapping(node, "a mapping of parameters to exact values"):
            scalar = self._reader.scalar(value, "an exact value")
            if scalar is not None:
                self._check.pinned(key, scalar, value)
                values[key.text] = scalar
        return values

    def _object(self, node: Node) -> PinnedObject | None:
        read = read_keys(self._reader, node, PinnedObject, "the placed object")
        if read is None:
            return None
        found, nodes = read.keys, read.nodes
        if found.kind is not None:
            self._check.kind(nodes["kind"], found.kind)
        for one, other in (("length_m", "width_m"), ("width_m", "length_m")):
            if one in nodes and other not in nodes:
                hint = f"add {other}; a round object has its diameter in both"
                message = f"the placed object has no '{other}'"
                self._reader.problems.at(nodes[one], "missing-key", message, hint)
            size = getattr(found, one)
            if size is not None and found.kind is not None:
                self._check.exact_size(nodes[one], one, size, found.kind)
        return found if read.is_whole else None
