"""A pack's text as the data that a schema validator of YAML 1.2 sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode
from simgate.policies.documents.problems import Problems
from simgate.policies.documents.yaml_source import read_yaml


def data_of(path: Path) -> Any:
    """The file's content; None when it is no YAML of the language."""
    problems = Problems()
    _, root = read_yaml(path, problems)
    return None if root is None or len(problems) else _plain(root)


def _plain(node: Node) -> Any:
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    assert isinstance(node, MappingNode)
    return {key.text: _plain(value) for key, value in node}
