"""Reads one YAML file into a tree with positions, and refuses what could hurt.

YAML 1.2's core schema on top of PyYAML's event stream: ``true`` and ``false`` are the only
booleans, dates are text, tags are refused. Building from events keeps the recursion of YAML
out of the C stack, and lets limits act before memory is spent.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import yaml

from simgate.policies.documents.diagnostics import LINE_BREAK, shown_path
from simgate.policies.documents.nodes import (
    MappingNode,
    Node,
    Scalar,
    ScalarNode,
    SequenceNode,
    SourceFile,
    shortened,
)
from simgate.policies.documents.problems import Problems
from simgate.policies.documents.yaml_mistakes import explained
from simgate.sim_adapters.files.plain_file import require_plain
from simgate.sim_adapters.files.unfetched import unfetched
from simgate.sim_adapters.files.yaml_scalars import NULL, is_sane, resolve

MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_ALIASED_NODES = 10_000

_ITEM = "an item of "
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_yaml(
    path: Path, problems: Problems, as_written: frozenset[str] = frozenset()
) -> tuple[SourceFile, Node | None]:
    """Reads a file; what is wrong with it is reported, not raised.

    Args:
        path: File that exists.
        problems: Takes the diagnostics.
        as_written: Keys of the file's own mapping below which a plain value is its text, whatever it looks
            like.

    Returns:
        The source and its tree; None for the tree when nothing can be read.

    Raises:
        OSError: It cannot be read, or is no plain file.
    """
    absolute = path.resolve()
    source = SourceFile(absolute, shown_path(absolute), [])
    lacking = unfetched(absolute)
    if lacking is not None:
        problems.span(source, 1, 1, 1, "not-fetched", f"'{path.name}' {lacking.message}", lacking.remedy)
        return source, None
    require_plain(absolute)
    size = absolute.stat().st_size
    if size > MAX_BYTES:
        message = f"the file has {size / 1e6:.1f} MB, more than the 5 MB that are read"
        problems.span(source, 1, 1, 1, "too-large", message)
        return source, None
    return parse_yaml(absolute, absolute.read_bytes(), problems, as_written)


def parse_yaml(
    absolute: Path, data: bytes, problems: Problems, as_written: frozenset[str] = frozenset()
) -> tuple[SourceFile, Node | None]:
    """Reads what a file holds, or will hold.

    Args:
        absolute: Path of the file.
        data: Its content.
        problems: Takes the diagnostics.
        as_written: As for :func:`read_yaml`.

    Returns:
        As :func:`read_yaml`.
    """
    shown = shown_path(absolute)
    source = SourceFile(absolute, shown, [])
    digest = hashlib.sha256(data).hexdigest()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = LINE_BREAK.split(data[: error.start].decode("utf-8-sig", errors="replace"))
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 text"
        hint = "save the file as UTF-8"
        problems.span(source, len(before), len(before[-1]) + 1, 1, "not-utf8", message, hint)
        return source, None
    source = SourceFile(absolute, shown, LINE_BREAK.split(text), digest)
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        before = LINE_BREAK.split(text[: forbidden.start()])
        message = f"character U+{ord(forbidden.group()):04X} may not stand in a text file"
        problems.span(source, len(before), len(before[-1]) + 1, 1, "bad-character", message, "delete it")
        return source, None
    return source, _Builder(source, problems, as_written).build(text)


class _StopError(Exception):
    """A problem was reported after which reading on makes no sense."""


class _Builder:
    """Turns events into nodes."""

    def __init__(self, source: SourceFile, problems: Problems, as_written: frozenset[str]) -> None:
        self._source, self._problems, self._as_written = source, problems, as_written
        self._verbatim = False
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        """Finished nodes with their size; None while a node is being read."""
        self._nodes = 0
        self._aliased = 0

    def build(self, text: str) -> Node | None:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        events = iter(yaml.parse(text, Loader=loader))
        root: Node | None = None
        try:
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    self._begins(event, root is not None)
                if isinstance(event, yaml.NodeEvent):
                    root = self._node(event, events, 1, "the file")
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
            return None
        except (_StopError, yaml.YAMLError) as error:
            if isinstance(error, yaml.YAMLError):
                self._problems.span(self._source, 1, 1, 1, "yaml-syntax", shortened(str(error), 200))
            return None
        return root

    def _begins(self, event: yaml.DocumentStartEvent, is_second: bool) -> None:
        if is_second:
            message, hint = "the file holds a second document", "give it its own file"
        elif event.version == (1, 1):
            message, hint = (
                "the file calls itself YAML 1.1, 1.2 is read here",
                "take the line out; 0160 is 160",
            )
        else:
            return
        raise self._failed(event, "yaml-syntax", message, hint)

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        found = explained(error, self._source.lines)
        self._problems.span(
            self._source, found.line, found.column, found.length, "yaml-syntax", found.message, found.hint
        )

    def _failed(self, event: Any, code: str, message: str, hint: str = "") -> _StopError:
        mark = event.start_mark
        self._problems.span(self._source, mark.line + 1, mark.column + 1, 1, code, message, hint)
        return _StopError()

    def _node(self, event: Any, events: Any, depth: int, label: str) -> Node:
        if depth > MAX_DEPTH:
            raise self._failed(event, "too-deep", f"nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        first = self._nodes
        self._nodes += 1
        start, end = event.start_mark, event.end_mark
        place = (self._source, start.line + 1, start.column + 1, end.line + 1, end.column + 1, label)
        if event.tag is not None:
            self._tag(event.tag, place[1], place[2])
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event, place)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = SequenceNode(*place)
            inner = label if label.startswith(_ITEM) else f"{_ITEM}{label}"
            while not isinstance(child := next(events), yaml.SequenceEndEvent):
                node.items.append(self._node(child, events, depth + 1, inner))
            self._close(node, child)
        else:
            node = MappingNode(*place)
            self._mapping(node, events, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._nodes - first)
        return node

    def _close(self, node: Node, event: Any) -> None:
        mark = event.end_mark
        node.end_line, node.end_column = mark.line + 1, mark.column + 1

    def _alias(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            hint = "put quotes around text that starts with *"
            raise self._failed(event, "yaml-syntax", f"alias '*{event.anchor}' has no anchor before it", hint)
        found = self._anchors[event.anchor]
        if found is None:
            raise self._failed(
                event, "alias-bomb", f"alias '*{event.anchor}' lies inside of what it stands for"
            )
        node, size = found
        self._nodes += size
        self._aliased += size
        if self._aliased > MAX_ALIASED_NODES:
            message = f"aliases repeat more than {MAX_ALIASED_NODES} values"
            raise self._failed(event, "alias-bomb", message, "write what is meant")
        return node

    def _tag(self, tag: str, line: int, column: int) -> None:
        raw = self._source.lines[line - 1]
        at = raw.find("!", column - 1)
        at = column - 1 if at < 0 else at
        written = re.match(r"![^\s,\[\]{}]*", raw[at:])
        word = written.group() if written else tag
        self._problems.span(
            self._source, line, at + 1, len(word), "yaml-tag",
            f"YAML tag '{shortened(word)}' is not allowed", "delete it: only plain data is read",
        )  # fmt: skip

    def _mapping(self, node: MappingNode, events: Any, depth: int) -> None:
        seen: dict[tuple[type, Scalar | None], ScalarNode] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1, "a key")
            name = shortened(key.text) if isinstance(key, ScalarNode) else "the value"
            if depth == 1:
                self._verbatim = name in self._as_written
            value = self._node(next(events), events, depth + 1, name)
            self._verbatim = self._verbatim and depth > 1
            if not isinstance(key, ScalarNode):
                self._problems.at(key, "wrong-type", f"a key must be text, not {key.described}")
                continue
            same = (type(key.value), key.value)
            if same in seen:
                message = f"key '{shortened(key.text)}' is written twice"
                hint = f"the first one is in line {seen[same].line}"
                self._problems.at(key, "duplicate-key", message, hint)
                continue
            seen[same] = key
            node.entries.append((key, value))
        self._close(node, event)

    def _scalar(self, event: Any, place: tuple[SourceFile, int, int, int, int, str]) -> ScalarNode:
        node = ScalarNode(*place, value=event.value, text=event.value)
        if event.style in (None, ""):
            is_text = self._verbatim and event.value not in NULL
            node.value = event.value if is_text else resolve(event.value)
            if isinstance(node.value, int | float) and not is_sane(node.value):
                message = f"{shortened(node.text)} is not a finite number of usable size"
                self._problems.at(node, "wrong-value", message)
                node.value = 0
        return node
