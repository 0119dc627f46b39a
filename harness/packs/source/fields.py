"""Reads typed values from nodes; what does not fit is reported and read as None."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.harness.packs.language.definition import LONGEST_NAME, keys_of
from simgate.harness.packs.language.definition import Table as KeyTable
from simgate.harness.packs.source.misplaced import where_it_belongs
from simgate.harness.packs.source.other_words import (
    key_in_other_words,
    list_as_mapping_hint,
    nothing_hint,
    stray_mark,
)
from simgate.harness.packs.source.table import Table
from simgate.harness.packs.source.value_hints import mapping_hint, share_hint
from simgate.harness.packs.source.written_numbers import Quantity, number_hint, quantity_of
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import (
    MappingNode,
    Node,
    Scalar,
    ScalarNode,
    SequenceNode,
    shortened,
)
from simgate.policies.documents.problems import Problems

if TYPE_CHECKING:
    from pydantic import BaseModel

    from simgate.sim_adapters.environments.opened import OpenedEnvironment
    from simgate.sim_adapters.worlds.native_file import NativeError, NativeFile

Fields = dict[str, Node]
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")


class Reader:
    """Typed access to nodes.

    Args:
        problems: Takes the diagnostics.
    """

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.tables: dict[Path, Table | None] = {}
        """Every CSV file that was read, once; None for one that cannot be."""
        self.native: dict[tuple[str, Path], NativeFile | None] = {}
        """Every file of a native world that was opened, once; None for one that cannot be."""
        self.environments: dict[str, OpenedEnvironment | NativeError] = {}
        """Every environment that was made, once, by how it is made; or why it cannot be."""
        self.folder = Path()
        """Folder of the pack, from which files of field data are named."""
        self.quantity = Quantity()
        """What the numbers of the value stand for that is being read, where their own key does not say it."""

    def wrong(self, node: Node, wanted: str, hint: str = "") -> None:
        """Reports a value of the wrong type."""
        self.problems.at(node, "wrong-type", f"{node.label} must be {wanted}, not {node.described}", hint)

    def fields(
        self, node: Node, definition: type[BaseModel], what: str, owner: Node | None = None
    ) -> Fields | None:
        """Values by key, unknown and missing keys reported.

        Args:
            node: Must be a mapping.
            definition: What the mapping may hold.
            what: The mapping in words, for messages, for example ``the scenario 'x'``.
            owner: Where a missing key is reported; the mapping itself by default.

        Returns:
            The values of known keys, or None when the node is no mapping.
        """
        keys = keys_of(definition)
        if not isinstance(node, MappingNode):
            self.wrong(node, f"a mapping with {_some(keys)}", nothing_hint(node) or mapping_hint(keys, node))
            return None
        found: Fields = {}
        for key, value in node:
            if key.text in keys:
                found[key.text] = value
            else:
                message = f"unknown key '{key.text}' in {what}"
                hint = stray_mark(key) or key_in_other_words(key.text, keys)
                hint = hint or where_it_belongs(key.text) or near(key.text, keys)
                if key.text == "<<":
                    hint = "merge keys are not YAML 1.2, use extends"
                self.problems.at(key, "unknown-key", message, hint)
        for name, key_info in keys.items():
            if key_info.required and name not in found:
                self.problems.at(
                    owner or node, "missing-key", f"{what} has no '{name}'", f"add {name}: {key_info.meaning}"
                )
        return found

    def mapping(self, node: Node | None, wanted: str) -> list[tuple[ScalarNode, Node]]:
        """Entries of a mapping with free keys; empty when absent or wrong."""
        if node is None:
            return []
        if not isinstance(node, MappingNode):
            self.wrong(node, wanted, nothing_hint(node) or list_as_mapping_hint(node))
            return []
        return node.entries

    def items(self, node: Node | None, wanted: str) -> list[Node]:
        """Items of a list; empty when absent or wrong."""
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            hint = "start every entry with '- '"
            if isinstance(node, ScalarNode):
                hint = (
                    nothing_hint(node)
                    or f"write it as a list: [{shortened(node.text)}], or one '- ' line for each"
                )
            self.wrong(node, wanted, hint)
            return []
        return node.items

    def scalar(self, node: Node, wanted: str = "a single value") -> Scalar | None:
        """A number, text or true/false."""
        if not isinstance(node, ScalarNode) or node.value is None:
            self.wrong(node, wanted)
            return None
        return node.value

    def text(self, node: Node | None, wanted: str = "text") -> str | None:
        """Text; numbers and true/false must be quoted."""
        if node is None:
            return None
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value.strip():
            return node.value
        quotable = isinstance(node, ScalarNode) and node.value is not None
        self.wrong(node, wanted, 'put quotes around it: "..."' if quotable else "")
        return None

    def name(self, node: Node | None, what: str) -> str | None:
        """A name: letters, digits, ``_``, ``-`` and ``.``"""
        text = self.text(node, f"{what}, as text")
        if text is None or node is None:
            return None
        if not _NAME.match(text):
            hint = "use letters, digits, '_', '-' and '.', and start with a letter or digit"
            self.problems.at(node, "bad-name", f"'{text}' cannot be {what}", hint)
            return None
        if len(text) > LONGEST_NAME:  # a run's folder is called by it, and file systems end at 255 bytes
            message = f"a text of {len(text)} characters cannot be {what}"
            self.problems.at(node, "bad-name", message, f"use at most {LONGEST_NAME}")
            return None
        return text

    def word(self, node: Node | None, allowed: Iterable[str], code: str, what: str) -> str | None:
        """One of a fixed set of words."""
        text = self.text(node, f"{what}, as text")
        if text is None or node is None:
            return None
        words = list(allowed)
        if text not in words:
            hint = "a comment needs a space before the '#'" if "#" in text else near(text, words)
            self.problems.at(node, code, f"unknown {what} '{text}'", hint)
            return None
        return text

    def texts(self, node: Node | None, wanted: str) -> tuple[str, ...]:
        """A list of texts."""
        read = [self.text(item) for item in self.items(node, wanted)]
        return tuple(text for text in read if text is not None)

    def number(
        self,
        node: Node | None,
        low: float | None = None,
        high: float | None = None,
        *,
        above: float | None = None,
    ) -> float | None:
        """A number.

        Args:
            node: Node or None.
            low: Smallest allowed value.
            high: Largest allowed value.
            above: The value must be greater than this.
        """
        if node is None:
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(node, "a number", self._number_hint(node, high))
            return None
        limit = None
        if low is not None and value < low:
            limit = f"at least {plain(low)}"
        elif high is not None and value > high:
            limit = f"at most {plain(high)}"
        elif above is not None and value <= above:
            limit = f"greater than {plain(above)}"
        if limit:
            message = f"{node.label} must be {limit}, not {plain(value)}"
            self.problems.at(node, "wrong-value", message, share_hint(value, low, high))
            return None
        return value

    def integer(self, node: Node | None, low: int, high: int) -> int | None:
        """A whole number from ``low`` to ``high``."""
        value = node.value if isinstance(node, ScalarNode) else None
        if node is not None and (isinstance(value, bool) or not isinstance(value, int)):
            self.wrong(node, "a whole number", self.whole_hint(node) or f"write one of at least {low}")
            return None
        return value if self.number(node, low, high) is not None and isinstance(value, int) else None

    def whole_hint(self, node: Node) -> str:
        """How to write a whole number that was written as text or as a fraction; empty when none is meant."""
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, float):
            return f"write {value:.0f}" if value.is_integer() else ""
        return self._number_hint(node, None)

    def _number_hint(self, node: Node, high: float | None) -> str:
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            return ""
        own = quantity_of(node.label)
        known = own if own.unit is not None else self.quantity
        return number_hint(node.value, Quantity(known.unit, known.high if high is None else high))


def plain(number: float) -> str:
    """A number as people write it: whole ones in full."""
    return str(number) if isinstance(number, int) else f"{number:g}"


def _some(keys: KeyTable) -> str:
    wanted = [name for name, key in keys.items() if key.required] or list(keys)
    return ", ".join(wanted[:4]) + (", ..." if len(wanted) > 4 else "")
