"""The text of a ``model.yaml``: read as packs are, with the place of every value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgate.policies.documents.diagnostics import Diagnostic, of_file
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode
from simgate.policies.documents.problems import Problems
from simgate.policies.documents.yaml_source import read_yaml

NETWORKS = frozenset({".onnx", ".pt", ".pth", ".pt2", ".engine", ".plan", ".safetensors"})
"""Endings of files that people name in place of what declares them."""
_DECLARED = "name the model.yaml (docs/models.md) or policy.yaml (docs/learned-policies.md) that lists it"
AS_WRITTEN = frozenset({"lineage"})
"""Keys below which a plain value is its text: a commit such as 0123456 or 12e45678 is no number."""


@dataclass(frozen=True, eq=False)
class PackageText:
    """A file that is YAML.

    Attributes:
        path: The file.
        root: Its tree.
        sha256: Hash of its bytes, hex.
    """

    path: Path
    root: Node
    sha256: str

    @property
    def data(self) -> Any:
        """The content as plain data."""
        return plain(self.root)

    def node(self, location: Sequence[str | int]) -> Node:
        """The value that a path of keys leads to, or the nearest around it that exists."""
        node = self.root
        for part in location:
            inner = _child(node, part)
            if inner is None:
                break
            node = inner
        return node

    def problem(
        self, location: Sequence[str | int], code: str, message: str, hint: str = "", *, at_key: bool = False
    ) -> Diagnostic:
        """A problem at the value that ``location`` leads to, or at its key."""
        node = self.node(location)
        if at_key:
            owner = self.node(location[:-1])
            found = owner.find(str(location[-1])) if isinstance(owner, MappingNode) else None
            node = found[0] if found else node
        at = node.source.shown, node.line, node.column, max(1, node.length)
        return Diagnostic(*at, "error", code, message, hint)


def read_text(path: Path) -> tuple[list[Diagnostic], PackageText | None]:
    """Reads a file that exists.

    Returns:
        What is wrong with it as YAML, and the text; None when nothing can be read.

    Raises:
        OSError: It cannot be opened.
    """
    if path.suffix.lower() in NETWORKS:
        message = f"'{path.name}' is a network, not the YAML file that declares it"
        return [of_file(path, "model-package-value", message, _DECLARED)], None
    problems = Problems()
    source, root = read_yaml(path, problems, AS_WRITTEN)
    found = problems.diagnostics
    if root is None and not found:
        found = [of_file(path, "model-package-value", "the file is empty")]
    return found, None if root is None else PackageText(path, root, source.sha256)


def plain(node: Node) -> Any:
    """Mappings, lists and single values, without their places."""
    if isinstance(node, MappingNode):
        return {key.text: plain(value) for key, value in node}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, ScalarNode) else None


def _child(node: Node, part: str | int) -> Node | None:
    if isinstance(node, MappingNode):
        found = node.find(str(part))
        return found[1] if found else None
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None
