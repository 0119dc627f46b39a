"""Reads ``pinned``: exact variants, with all that the scenario draws."""

from __future__ import annotations

from collections.abc import Mapping

from simgate.harness.packs.checks.check_world import WorldCheck
from simgate.harness.packs.model import PinnedObject, PinnedVariant, Scalar
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.keys import PINNED, PINNED_OBJECT
from simgate.harness.packs.values import ValueSpec
from simgate.policies.documents.nodes import MappingNode, Node

_MOST_SEED = 2**63 - 1


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
            inner = self._reader.fields(item, PINNED, "the pinned variant")
            if inner is None:
                continue
            pin_id = self._reader.name(inner.get("id"), "a pinned variant's id")
            if pin_id in lines:
                message = f"pinned id '{pin_id}' is used twice"
                hint = f"the first one is in line {lines[pin_id]}"
                self._reader.problems.at(inner["id"], "duplicate-id", message, hint)
            pin = self._pin(pin_id or "", inner)
            if pin_id is not None:
                lines.setdefault(pin_id, inner["id"].line)
                pins[pin_id] = pin
        return tuple(pins.values())

    def _pin(self, pin_id: str, inner: Fields) -> PinnedVariant:
        placed = None
        if "placed" in inner:
            items = self._reader.items(inner["placed"], "a list of objects")
            read = [self._object(item) for item in items]
            placed = tuple(one for one in read if one is not None)
        pin = PinnedVariant(
            id=pin_id,
            parameters=self._exact(inner.get("parameters")),
            placed=placed,
            seed=self._reader.integer(inner.get("seed"), 0, _MOST_SEED) if "seed" in inner else None,
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
        reader = self._reader
        inner = reader.fields(node, PINNED_OBJECT, "the placed object")
        if inner is None:
            return None
        group = reader.name(inner.get("group"), "a group's name")
        kind = reader.text(inner.get("kind"), "the name of a kind of object")
        x, y, yaw = (reader.number(inner.get(key)) for key in ("x_m", "y_m", "yaw_rad"))
        if kind is not None:
            self._check.kind(inner["kind"], kind)
        length, width = (self._size(inner, key, kind) for key in ("length_m", "width_m"))
        for one, other in (("length_m", "width_m"), ("width_m", "length_m")):
            if one in inner and other not in inner:
                hint = f"add {other}; a round object has its diameter in both"
                reader.problems.at(inner[one], "missing-key", f"the placed object has no '{other}'", hint)
        if group is None or kind is None or x is None or y is None or yaw is None:
            return None
        return PinnedObject(group=group, kind=kind, x_m=x, y_m=y, yaw_rad=yaw, length_m=length, width_m=width)

    def _size(self, inner: Fields, key: str, kind: str | None) -> float | None:
        number = self._reader.number(inner.get(key), above=0.0)
        if number is not None and kind is not None:
            self._check.exact_size(inner[key], key, number, kind)
        return number
