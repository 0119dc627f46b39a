"""Reads a world that is a data set: its labels, its pictures, and the variants that they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from simgate.harness.packs.checks.check_traits import ADAPTERS
from simgate.harness.packs.checks.vocabulary import Vocabulary
from simgate.harness.packs.language.dataset import DatasetKeys
from simgate.harness.packs.language.definition import LONGEST_NAME
from simgate.harness.packs.model import PinnedVariant, Scalar, SimSpec
from simgate.harness.packs.reading.worlds.read_native import CODES
from simgate.harness.packs.source.fields import Fields, Reader
from simgate.harness.packs.source.read_keys import read_keys
from simgate.harness.registry import is_there
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import MappingNode, Node, ScalarNode
from simgate.sim_adapters.datasets.dataset import Dataset, Picture
from simgate.sim_adapters.datasets.formats import FORMATS, format_of
from simgate.sim_adapters.datasets.frames import (
    BadPicture,
    picture_bytes,
    sha256_of,
    sha256_of_labelled,
)
from simgate.sim_adapters.datasets.maps import points_of
from simgate.sim_adapters.datasets.world import (
    CLUSTER,
    PICTURES,
    DatasetSpec,
    DatasetWorld,
    read_dataset,
    whole_digest,
)
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.worlds.native_file import NativeError
from simgate.sim_adapters.worlds.world import ParameterSpec

ADAPTER = "dataset"
_MOST_VALUES = 1 << 16
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class DatasetReader:
    """Reads such worlds of a pack.

    Args:
        reader: Typed access to nodes.
        sim: The pack's simulator.
        vocabulary: Knows the model's classes, and what it gives.
    """

    def __init__(self, reader: Reader, sim: SimSpec, vocabulary: Vocabulary) -> None:
        self._reader, self._sim = reader, sim
        self._classes, self._says = vocabulary.classes, vocabulary.says

    def read(self, node: MappingNode) -> tuple[DatasetWorld, tuple[PinnedVariant, ...]] | None:
        """The world and its variants; None when something is missing or wrong, which is reported."""
        reader, before = self._reader, len(self._reader.problems)
        read = read_keys(reader, node, DatasetKeys, "the data set")
        if read is None or "dataset" not in read.nodes or not read.is_whole:
            return None
        keys, nodes, adapter = read.keys, read.nodes, self._sim.adapter
        if adapter != ADAPTER and is_there(ADAPTERS, adapter, reader.folder):
            message = f"the simulator '{adapter}' shows no data sets"
            reader.problems.at(node.key("dataset"), "world-adapter", message, "write sim: {adapter: dataset}")
        path = absolute(reader.folder / keys.dataset)
        kind = keys.format or format_of(path)
        if not path.exists() or kind not in FORMATS:
            message = f"'{keys.dataset}' is not there" if not path.exists() else "what format is it of?"
            code = "missing-file" if not path.exists() else "missing-key"
            reader.problems.at(nodes["dataset"], code, message, f"write format: {', '.join(FORMATS)}")
            return None
        values = self._mask_values(nodes)
        if len(reader.problems) > before:
            return None
        images, masks = (absolute(reader.folder / one) if one else None for one in (keys.images, keys.masks))
        try:
            found = read_dataset(path, kind, images, masks, values)
            pictures = {one.name: sha256_of_labelled(found.folder, one) for one in found.pictures}
            maps = _maps(found)
        except (NativeError, BadPicture) as error:
            said, hint = (error.message, error.hint) if isinstance(error, NativeError) else (str(error), "")
            reader.problems.at(nodes["dataset"], CODES["file"], said, hint)
            return None
        classes = self._renamed(nodes, found)
        tells = self._told(nodes["dataset"], found)
        points = self._points(nodes)
        group, cluster = (self._metadata(nodes, found, name) for name in ("group_by", "cluster_by"))
        if len(reader.problems) > before:
            return None
        groups = _groups(found, group)
        pins = _variants(groups, cluster)
        spec = DatasetSpec(
            file=keys.dataset,
            sha256=whole_digest(found, pictures, maps | dict(points.values())),
            format=kind,
            images=keys.images,
            classes=classes,
            groups={
                str(pin.parameters[PICTURES]): tuple(one.name for one in members)
                for pin, members in zip(pins, groups.values(), strict=True)
            },
            pictures=pictures,
            parameters=_parameters(pins),
            masks=keys.masks,
            mask_values=values,
            depth_unit_m=keys.depth_unit_m,
            maps=maps,
            points={label: file for label, (file, _) in points.items()},
            points_sha256=dict(points.values()),
            tells=tells,
        )
        return DatasetWorld(spec, reader.folder), pins

    def _mask_values(self, nodes: Fields) -> dict[int, str | None]:
        values: dict[int, str | None] = {}
        for key, node in self._reader.mapping(nodes.get("mask_values"), "a mapping of values to classes"):
            value = int(key.text) if key.text.isascii() and key.text.isdecimal() else -1
            if not 0 <= value < _MOST_VALUES:
                message = f"'{key.text}' is no value of a map's pixel"
                self._reader.problems.at(key, "wrong-type", message, "write a whole number, 0 to 65535")
            elif isinstance(node, ScalarNode) and node.value is None:
                values[value] = None
            else:
                values[value] = self._reader.text(node, "a class, or null for what is not judged")
        return values

    def _points(self, nodes: Fields) -> dict[str, tuple[str, str]]:
        """Class -> file of its body's points, and SHA-256 of it."""
        found: dict[str, tuple[str, str]] = {}
        for key, node in self._reader.mapping(nodes.get("points"), "a mapping of classes to OBJ files"):
            file = self._reader.text(node, "the path of an OBJ file")
            if self._classes is not None and key.text not in self._classes:
                message = f"the model has no class '{key.text}'"
                self._reader.problems.at(key, "unknown-class", message, near(key.text, self._classes))
            elif file is not None:
                try:
                    content = picture_bytes(absolute(self._reader.folder), file)
                    points_of(file, content)
                except BadPicture as error:
                    self._reader.problems.at(node, CODES["file"], str(error), "")
                else:
                    found[key.text] = file, sha256_of(content)
        return found

    def _told(self, node: Node, found: Dataset) -> tuple[str, ...]:
        """Of what the labels speak, which must be what the model gives; of all pictures or of none."""
        by_kind = {
            "masks": [one.segments is not None for one in found.pictures],
            "depth": [bool(one.depth) for one in found.pictures],
            "poses": [one.poses is not None for one in found.pictures],
        }
        told = [kind for kind, has in by_kind.items() if any(has)]
        if not told or any(one.objects for one in found.pictures):
            told.insert(0, "boxes")
        says = self._says or ()
        if says and "" not in says and not set(says) & set(told):
            message = f"the model gives {' and '.join(says)}, and the labels are {' and '.join(told)}"
            self._reader.problems.at(node, "metric-needs", message, "name a model whose outputs are labelled")
        for kind in set(told) & set(says) & set(by_kind):
            if not all(by_kind[kind]):
                name = found.pictures[by_kind[kind].index(False)].name
                message = f"picture '{name}' has no {kind}, and others have"
                hint = "label it, or leave it out" if kind != "poses" else "write poses: [] where no body is"
                self._reader.problems.at(node, CODES["file"], message, hint)
        return tuple(told)

    def _renamed(self, nodes: Fields, found: Dataset) -> dict[str, str]:
        renamed: dict[str, str] = {}
        for key, value in self._reader.mapping(nodes.get("classes"), "a mapping of classes to the model's"):
            label = self._reader.text(value, "a class of the model")
            if key.text not in found.classes:
                message = f"the labels have no class '{key.text}'"
                self._reader.problems.at(key, "unknown-class", message, near(key.text, found.classes))
            elif label is not None:
                renamed[key.text] = label
                if self._classes is not None and label not in self._classes:
                    message = f"the model has no class '{label}'"
                    self._reader.problems.at(value, "unknown-class", message, near(label, self._classes))
        given = {renamed.get(name, name) for name in found.classes}
        if self._classes is not None and found.classes and not given & set(self._classes):
            message = f"none of the labels' classes ({_few(found.classes)}) is one of the model's"
            hint = f"write classes: {{NAME: ...}}; the model's are {_few(self._classes)}"
            self._reader.problems.at(nodes["dataset"], "unknown-class", message, hint)
        return renamed

    def _metadata(self, nodes: Fields, found: Dataset, name: str) -> str | None:
        node: Node | None = nodes.get(name)
        if not isinstance(node, ScalarNode):
            return None
        known = sorted({key for one in found.pictures for key in one.about})
        lacking = next((one.name for one in found.pictures if node.text not in one.about), None)
        if lacking is not None:
            message = f"picture '{lacking}' has no '{node.text}'"
            hint = near(node.text, known) if known else "the labels have no metadata"
            self._reader.problems.at(node, "unknown-parameter", message, hint)
        return node.text


def _maps(found: Dataset) -> dict[str, str]:
    """Each map of a data set -> SHA-256 of its file.

    Raises:
        BadPicture: One cannot be read.
    """
    folder = found.maps or found.folder
    names = dict.fromkeys(name for one in found.pictures for name in one.maps)
    return {name: sha256_of(picture_bytes(folder, name)) for name in names}


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _groups(found: Dataset, group_by: str | None) -> dict[str, list[Picture]]:
    groups: dict[str, list[Picture]] = {}
    for one in found.pictures:
        groups.setdefault(one.name if group_by is None else str(one.about[group_by]), []).append(one)
    return groups


def _variants(groups: Mapping[str, Sequence[Picture]], cluster: str | None) -> tuple[PinnedVariant, ...]:
    """A variant for each group; metadata that all its pictures share is a parameter."""
    taken: Counter[str] = Counter()
    pins = []
    names = sorted({key for members in groups.values() for one in members for key in one.about})
    kept = [name for name in names if _NAME.match(name) and name not in (PICTURES, CLUSTER)]
    for group, members in groups.items():
        first = members[0].about
        about: dict[str, Scalar] = {}
        for name in kept:
            value = first.get(name)
            if value is not None and all(one.about.get(name) == value for one in members):
                about[name] = value
        stem = (re.sub(r"[^A-Za-z0-9_-]+", "-", group).strip("-") or "x")[: LONGEST_NAME - 8]
        taken[stem] += 1
        name = stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"
        own = name if cluster is None else str(first[cluster])
        pins.append(PinnedVariant(id=name, parameters={PICTURES: name, CLUSTER: own, **about}))
    whole = set(kept).intersection(*(pin.parameters for pin in pins))
    alike = {name for name in whole if len({_kind(pin.parameters[name]) for pin in pins}) == 1}
    wanted = alike | {PICTURES, CLUSTER}
    return tuple(
        pin.model_copy(update={"parameters": {k: v for k, v in pin.parameters.items() if k in wanted}})
        for pin in pins
    )


def _kind(value: Scalar) -> str:
    if isinstance(value, bool):
        return "bool"
    return "choice" if isinstance(value, str) else "number"


def _parameters(pins: Sequence[PinnedVariant]) -> dict[str, ParameterSpec]:
    """What the variants differ in; but for whose unit of proof they are it makes no other scene."""
    found = {}
    for name, default in pins[0].parameters.items():
        meaning = {
            PICTURES: "Which pictures are shown.",
            CLUSTER: "Whose unit of proof they are.",
        }.get(name, "Metadata of the pictures.")
        found[name] = ParameterSpec(_kind(default), default, meaning, appearance=name != CLUSTER)  # type: ignore[arg-type]
    return found
