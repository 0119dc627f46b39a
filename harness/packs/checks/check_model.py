"""Checks the model package that a pack names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from simgate.harness.packs.model import Scalar
from simgate.harness.packs.source.fields import Reader
from simgate.policies.documents.named_file import named_file
from simgate.policies.documents.nodes import MappingNode, Node


class Known(NamedTuple):
    """What is known of a pack's models.

    Attributes:
        classes: All their classes.
        says: Kinds of their outputs (``boxes``, ``masks``, ...); an empty one where only the decoder knows.
    """

    classes: tuple[str, ...]
    says: tuple[str, ...]


def read_model(reader: Reader, node: Node | None) -> tuple[str | None, Known | None]:
    """The model package that a pack names; problems are reported at their own places.

    Args:
        reader: Typed access to nodes.
        node: Value of ``model:``; its path is relative to the file that holds it.

    Returns:
        Absolute path of the package, or its remote reference; and what is known of it, None for nothing.
    """
    text = reader.text(node, "the path of a model.yaml")
    if text is None or node is None:
        return None, None
    from simgate.policies.perception.package_source import is_remote

    if is_remote(text):
        # Fetched and checked when a run is planned; linting needs no network.
        return text, None
    path = named_file(reader.problems, node, text, "model package", "point to the model.yaml in it")
    if path is None:
        return None, None
    from simgate.policies.perception.package import PackageError, load_package

    try:
        package = load_package(path)
        return str(path), Known(package.classes, (package.spec.decoder.says,))
    except PackageError as error:
        found = error.problems
    reader.problems.extend(found)
    some = "a problem" if len(found) == 1 else f"{len(found)} problems"
    reader.problems.at(
        node, "model-package", f"the model package '{text}' has {some}, listed at its own files"
    )
    return str(path), None


@dataclass(frozen=True, slots=True)
class Models:
    """The models that a pack names.

    Attributes:
        model: Path of the only package, or its reference.
        models: Those of several, by name.
        nodes: Options of those that are ROS 2 nodes, by name; the only one of a pack is ``""``.
        known: What is known of all, None unless it is of each.
    """

    model: str | None
    models: dict[str, str]
    nodes: dict[str, dict[str, Scalar]]
    known: Known | None

    @property
    def names(self) -> tuple[str, ...]:
        """Of several."""
        return tuple(name for name in (*self.models, *self.nodes) if name)


def read_models(reader: Reader, one: Node | None, several: Node | None) -> Models:
    """The only model of a pack, or its several ones; arguments are the values of these keys."""
    if several is None:
        if isinstance(one, MappingNode):
            options, known = _read_node(reader, one)
            return Models(None, {}, {"": options} if options else {}, known)
        path, known = read_model(reader, one)
        return Models(path, {}, {}, known)
    if one is not None:
        hint = "leave out model: and give each model a name in models:"
        reader.problems.at(one, "wrong-value", "the pack has model: and models:", hint)
    found: dict[str, str] = {}
    nodes: dict[str, dict[str, Scalar]] = {}
    each: list[Known | None] = []
    for key, node in reader.mapping(several, "a mapping of names to paths of a model.yaml"):
        name = reader.name(key, "a model's name")
        if isinstance(node, MappingNode):
            options, known = _read_node(reader, node)
            if name is not None and options:
                nodes[name] = options
        else:
            path, known = read_model(reader, node)
            if name is not None and path is not None:
                found[name] = path
        each.append(known)
    every = [known for known in each if known is not None]
    if len(every) < len(each):
        return Models(None, found, nodes, None)
    classes = tuple(dict.fromkeys(label for known in every for label in known.classes))
    return Models(None, found, nodes, Known(classes, tuple(kind for known in every for kind in known.says)))


def _read_node(reader: Reader, node: MappingNode) -> tuple[dict[str, Scalar], Known | None]:
    from simgate.harness.packs.reading.read_ros import read_ros_model

    options, spec = read_ros_model(reader, node)
    return options, None if spec is None else Known(spec.classes, (spec.says,))
