"""``extends``: merges a file into the defaults that it names."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.packs.source.fields import Reader
from simgate.policies.documents.named_file import named_file
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode, SequenceNode, SourceFile
from simgate.policies.documents.problems import Problems
from simgate.policies.documents.yaml_source import parse_yaml, read_yaml
from simgate.sim_adapters.sensors.axes import SETS, ranges_of

_WHOLE = (
    ("parameters", "*"),
    ("scenarios", "*", "parameters", "*"),
    ("scenarios", "*", "accept", "*"),
    ("scenarios", "*", "place", "*", "count"),
    ("scenarios", "*", "place", "*", "kinds"),
    ("scenarios", "*", "place", "*", "length_m"),
    ("scenarios", "*", "place", "*", "width_m"),
    ("scenarios", "*", "place", "*", "diameter_m"),
    ("scenarios", "*", "place", "*", "yaw_deg"),
    ("scenarios", "*", "variants", "method"),
)
"""Mappings that are one value: a new distribution or threshold replaces the old one."""
MAX_FILES = 100
"""Files that one pack may read, each as often as it is extended."""


AXES = {f"axes/{name}": name for name in SETS}
"""What a pack may extend that is no file: ranges of everything that may be worn (``simgate axes``)."""


def read_merged(path: Path, problems: Problems) -> tuple[list[SourceFile], MappingNode | None]:
    """Reads a file and everything it extends.

    Args:
        path: File that exists.
        problems: Takes the diagnostics.

    Returns:
        The files, the pack's own first, and the merged tree; None when a file cannot be read.
    """
    sources: list[SourceFile] = []
    return sources, _read(path.resolve(), (), sources, problems)


def _read(
    path: Path, above: tuple[Path, ...], sources: list[SourceFile], problems: Problems
) -> MappingNode | None:
    source, root = read_yaml(path, problems)
    sources.append(source)
    if root is None:
        if not len(problems):
            problems.span(
                source, 1, 1, 1, "missing-key", "the file is empty", "a pack starts with simgate: 1"
            )
        return None
    if not isinstance(root, MappingNode):
        Reader(problems).wrong(root, "a mapping of keys such as simgate, pack and scenarios")
        return None
    extends = root.find("extends")
    if extends is None:
        return root
    result: MappingNode | None = root
    for node in reversed(_paths(extends[1])):
        base = _base(node, (*above, path), sources, problems)
        result = _merge(base, result, ()) if base is not None and result is not None else None
    return result


def _paths(value: Node) -> list[Node]:
    return value.items if isinstance(value, SequenceNode) else [value]


def _base(
    node: Node, above: tuple[Path, ...], sources: list[SourceFile], problems: Problems
) -> MappingNode | None:
    text = Reader(problems).text(node, "the path of a YAML file")
    if text is None:
        return None
    if text in AXES:
        return _axes(text, problems)
    path = named_file(problems, node, text)
    if path is None:
        return None
    if len(sources) >= MAX_FILES:
        if len(sources) == MAX_FILES:
            message = f"the pack extends more than {MAX_FILES} files, directly and through others"
            problems.at(node, "wrong-value", message, "put shared defaults into fewer files")
        sources.append(node.source)
        return None
    if path in above:
        chain = " -> ".join(p.name for p in (*above[above.index(path) :], path))
        problems.at(node, "cyclic-extends", f"the file extends itself: {chain}")
        return None
    return _read(path, above, sources, problems)


def _axes(text: str, problems: Problems) -> MappingNode | None:
    """A set of ranges as a file would have it; it is part of simgate, and so none of the pack's files."""
    rows = ["parameters:"]
    for axis, (low, high) in ranges_of(AXES[text]).items():
        kind = "integers" if axis.spec.kind == "integer" else "uniform"
        rows.append(f"  {axis.name}: {{{kind}: [{low:g}, {high:g}]}}")
    _, root = parse_yaml(Path(text), "\n".join(rows).encode(), problems)
    return root if isinstance(root, MappingNode) else None


def _merge(base: MappingNode, own: MappingNode, path: tuple[str, ...]) -> MappingNode:
    """Own entries over base entries; base order first, so that a base reads like a template."""
    merged = MappingNode(own.source, own.line, own.column, own.end_line, own.end_column, own.label)
    own_entries: dict[str, tuple[ScalarNode, Node]] = {key.text: (key, value) for key, value in own}
    for key, value in base:
        if key.text not in own_entries:
            if not (path == () and key.text == "extends"):
                merged.entries.append((key, value))
            continue
        own_key, own_value = own_entries.pop(key.text)
        inner = (*path, key.text)
        if isinstance(value, MappingNode) and isinstance(own_value, MappingNode) and not _is_whole(inner):
            own_value = _merge(value, own_value, inner)
        merged.entries.append((own_key, own_value))
    merged.entries.extend(own_entries.values())
    return merged


def _is_whole(path: tuple[str, ...]) -> bool:
    return any(
        len(path) == len(pattern) and all(p in ("*", word) for p, word in zip(pattern, path, strict=True))
        for pattern in _WHOLE
    )
