"""Where in a pack's files a pinned variant belongs, and the file's text with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgate.harness.cli.pinning.pin_text import block_lines, flow_text
from simgate.harness.cli.pinning.yaml_place import Edit, YamlText
from simgate.harness.packs.model import PinnedVariant
from simgate.harness.packs.source.extends import read_merged
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode
from simgate.policies.documents.problems import Problems
from simgate.policies.documents.yaml_source import parse_yaml, read_yaml

_STEP = 2
"""Columns that a level is indented by."""


class CannotPin(Exception):  # noqa: N818 - the name says what happened
    """The variant cannot be written into the pack; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class PinEdit:
    """A file with a pin in it.

    Attributes:
        path: The file; not the pack's own where the list stands in one that it extends.
        before: Its content.
        after: Its content with the pin.
        line: Line of the pin, from 1.
    """

    path: Path
    before: bytes
    after: bytes
    line: int


def pin_edit(pack: Path, scenario: str, pin: PinnedVariant, origin: str) -> PinEdit:
    """Puts a pin into the list of its scenario, which is made where there is none.

    Args:
        pack: The pack's own file; it can be loaded.
        scenario: Id.
        pin: What to write.
        origin: Where it comes from, for a comment.

    Raises:
        CannotPin: The list is shared with another scenario, or stands where no text can be put safely.
    """
    _, merged = read_merged(pack, Problems())
    listed = _at(merged, ("scenarios", scenario, "pinned"))
    path = listed.source.path if listed is not None else pack.resolve()
    _, root = read_yaml(path, Problems())
    assert isinstance(root, MappingNode)
    before = path.read_bytes()
    text = YamlText(before)
    _refuse_shared(root, scenario, path)
    edit = _edit(text, root, scenario, pin, block_lines(pin, origin))
    after = edit.text.encode()
    _, found = parse_yaml(path, after, Problems())
    if found is None or _plain(found) not in _wanted(root, scenario, pin):
        lines = "\n".join(f"  {line}" for line in block_lines(pin, origin))
        raise CannotPin(
            f"nothing was written: {path} is laid out so that the list `pinned` of '{scenario}' cannot be "
            f"added to safely; put this into it by hand:\n{lines}"
        )
    return PinEdit(path, before, after, edit.line)


def _edit(text: YamlText, root: MappingNode, scenario: str, pin: PinnedVariant, lines: Sequence[str]) -> Edit:
    """The text with the pin at the innermost place that there is: list, scenario, scenarios, file."""
    own = _at(root, ("scenarios", scenario))
    listed = _at(root, ("scenarios", scenario, "pinned"))
    if isinstance(listed, SequenceNode) and isinstance(own, MappingNode):
        return _into_list(text, own, listed, pin, lines)
    for node, keys in (
        (own, ["pinned"]),
        (_at(root, ("scenarios",)), [scenario, "pinned"]),
        (root, ["scenarios", scenario, "pinned"]),
    ):
        if not isinstance(node, MappingNode):
            continue
        if text.is_flow(node):
            opened = "".join(f"{key}: {{" for key in keys[:-1]) + f"pinned: [{_flow(text, pin, 0)}]"
            return text.after_opening(node, opened + "}" * (len(keys) - 1))
        nested = [f"{' ' * (_STEP * depth)}{key}:" for depth, key in enumerate(keys)]
        nested += [f"{' ' * (_STEP * len(keys))}{line}" for line in lines]
        if node is root:
            return text.at_the_end(nested)
        return text.after_block(node, _indented(nested, text.indent_of(node)))
    raise AssertionError("the root of a pack is a mapping")


def _into_list(
    text: YamlText, own: MappingNode, listed: SequenceNode, pin: PinnedVariant, lines: Sequence[str]
) -> Edit:
    if not text.is_flow(listed):
        return text.after_block(listed, _indented(lines, text.indent_of(listed)))
    if not listed.items and not text.is_flow(own):
        edit = text.in_place_of_empty(listed, _indented(lines, text.indent_of(own) + _STEP))
        if edit is not None:
            return edit
    return text.after_opening(listed, _flow(text, pin, text.column_of_line(listed) + 2 * _STEP))


def _flow(text: YamlText, pin: PinnedVariant, indent: int) -> str:
    return flow_text(pin, " " * max(indent, 2 * _STEP), text.line_break)


def _indented(lines: Sequence[str], columns: int) -> list[str]:
    return [f"{' ' * columns}{line}" for line in lines]


def _at(node: Node | None, path: Sequence[str]) -> Node | None:
    for key in path:
        found = node.find(key) if isinstance(node, MappingNode) else None
        node = found[1] if found else None
    return node


def _refuse_shared(root: MappingNode, scenario: str, path: Path) -> None:
    """What other scenarios use through an anchor must not change for them."""
    uses: Counter[int] = Counter()
    _count(root, uses)
    for steps, what in (
        (("scenarios", scenario, "pinned"), "the list `pinned`"),
        (("scenarios", scenario), "all"),
    ):
        node = _at(root, steps)
        if node is not None and uses[id(node)] > 1:
            raise CannotPin(
                f"{path}:{node.line}: {what} of '{scenario}' is shared with another place through an anchor, "
                "which would get the pin too; give the scenario a list `pinned` of its own"
            )


def _count(node: Node, uses: Counter[int]) -> None:
    uses[id(node)] += 1
    if uses[id(node)] > 1:
        return
    children = node.items if isinstance(node, SequenceNode) else []
    if isinstance(node, MappingNode):
        children = [value for _, value in node]
    for child in children:
        _count(child, uses)


def _wanted(root: MappingNode, scenario: str, pin: PinnedVariant) -> list[Any]:
    """What the file may hold afterwards: the old content with the pin last, or first, in the list."""
    new = {"id": pin.id, **pin.model_dump(mode="json", exclude={"id"})}
    found = []
    for first in (False, True):
        content = _plain(root)
        own = content.setdefault("scenarios", {}).setdefault(scenario, {})
        listed = own.get("pinned", [])
        own["pinned"] = [new, *listed] if first else [*listed, new]
        found.append(content)
    return found


def _plain(node: Node) -> Any:
    """The content of a node, without positions."""
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    if isinstance(node, MappingNode):
        return {key.text: _plain(value) for key, value in node}
    assert isinstance(node, ScalarNode)
    return node.value
