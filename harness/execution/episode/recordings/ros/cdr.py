"""Messages of ROS 2 as CDR, made of plain values; what is left out is as ROS leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class Cdr:
    """Serializes messages of the types that ROS 2 brings itself (Jazzy's definitions).

    Raises:
        ImportError: ``rosbags`` is not installed (``simgate[logs]``).

    Attributes:
        store: What rosbags knows of the types.
    """

    def __init__(self) -> None:
        from rosbags.typesys import Stores, get_typestore

        self.store: Any = get_typestore(Stores.ROS2_JAZZY)

    def packed(self, kind: str, values: Mapping[str, Any]) -> bytes:
        """A message of a type; a mapping stands for a message in it, a list of them for a sequence."""
        return bytes(self.store.serialize_cdr(self._made(kind, values), kind))

    def _made(self, kind: str, values: Mapping[str, Any]) -> Any:
        fields = dict(self.store.fielddefs[kind][1])
        unknown = values.keys() - fields.keys()
        if unknown:
            raise ValueError(f"{kind} has no field {', '.join(sorted(unknown))}")
        return self.store.types[kind](
            **{name: self._value(how, values.get(name)) for name, how in fields.items()}
        )

    def _value(self, how: tuple[Any, Any], given: Any) -> Any:
        node, what = how
        if node.name == "NAME":
            return self._made(what, given or {})
        if node.name == "BASE":
            kind = what[0]
            return given if given is not None else "" if kind == "string" else np.dtype(kind).type(0).item()
        (inner, of), length = what
        if inner.name == "NAME":
            return [self._made(of, one) for one in given or ()]
        if of[0] == "string":
            return list(given or ())
        return np.zeros(length, of[0]) if given is None else np.asarray(given, of[0])
