"""A world that is a data set of labelled pictures, as a pack declares it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from simgate.sim_adapters.datasets.dataset import Dataset, Labelled, LabelledPose, Picture, Segments, bad
from simgate.sim_adapters.datasets.formats import FORMATS
from simgate.sim_adapters.files.plain_file import absolute
from simgate.sim_adapters.worlds.placing import Placing, PlacingWorld
from simgate.sim_adapters.worlds.world import ParameterSpec, PlacedObject, Value

PICTURES, CLUSTER = "pictures", "cluster"
"""Parameters: which pictures a variant is (one of them, or a group), and whose unit of proof they are."""


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """All that a pack says about a data set, checked against its files.

    Attributes:
        file: Path of the labels, from the pack's folder.
        sha256: Digest over everything that the labels say, and over the pictures, hex.
        format: Name of the reader.
        images: Folder of the pictures, from the pack's; None where the format says it.
        classes: Their name of a class -> the model's.
        groups: Variant's pictures by its name.
        pictures: Picture -> SHA-256 of its file, hex.
        parameters: What is known of a variant's pictures besides: name -> what it may be.
        files: Of the labels -> SHA-256; none, for the digest covers them.
        masks: Folder of the maps, from the pack's; None for where they are as the format has it.
        mask_values: Value of a map's pixel -> class in the labels; None for what is not judged.
        depth_unit_m: Metres of one step of a map of depth.
        maps: File of a map -> SHA-256, hex.
        points: Class of the model -> file of its body's vertices, from the pack's folder.
        points_sha256: The same files -> SHA-256, hex.
        tells: What the labels say: of ``boxes``, ``masks``, ``depth``, ``poses``.
        kind: Tells this kind from others in stored data.
    """

    file: str
    sha256: str
    format: str
    images: str | None = None
    classes: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, ParameterSpec] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    masks: str | None = None
    mask_values: dict[int, str | None] = field(default_factory=dict)
    depth_unit_m: float = 0.001
    maps: dict[str, str] = field(default_factory=dict)
    points: dict[str, str] = field(default_factory=dict)
    points_sha256: dict[str, str] = field(default_factory=dict)
    tells: tuple[str, ...] = ("boxes",)
    kind: Literal["dataset"] = "dataset"

    @property
    def name(self) -> str:
        """The world's name in results."""
        return f"dataset:{self.file}@{self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that the model is to be shown.

    Attributes:
        name: Below the folder.
        sha256: Of its file, hex.
        objects: What is marked in it, in the model's words.
        segments: Likewise of which class its pixels are; None where nobody has said it.
        depth: File of its depth, below the folder of maps; empty for none.
        poses: Likewise of bodies; None where nobody has said any.
    """

    name: str
    sha256: str
    objects: tuple[Labelled, ...]
    segments: Segments | None = None
    depth: str = ""
    poses: tuple[LabelledPose, ...] | None = None


@dataclass(frozen=True, slots=True)
class DatasetSite:
    """What one variant shows.

    Attributes:
        folder: Where the paths of pictures begin.
        pictures: In order.
        spec: What the pack says.
        maps: Where the paths of maps begin.
        home: The pack's folder.
    """

    folder: Path
    pictures: tuple[Shown, ...]
    spec: DatasetSpec
    maps: Path
    home: Path


class DatasetFile:
    """What others ask of a reader of worlds in files: which simulators show a data set."""

    adapters = ("dataset",)


def whole_digest(labels: Dataset, pictures: Mapping[str, str], maps: Mapping[str, str]) -> str:
    """SHA-256 over labels, pictures and maps, hex.

    Args:
        labels: As read.
        pictures: Picture -> SHA-256 of its file, hex.
        maps: Likewise of each map, and of bodies' points.
    """
    text = labels.digest() + "".join(pictures[one.name] for one in labels.pictures)
    text += "".join(name + maps[name] for name in sorted(maps))
    return hashlib.sha256(text.encode()).hexdigest()


def read_dataset(
    path: Path,
    kind: str,
    images: Path | None,
    masks: Path | None = None,
    values: Mapping[int, str | None] | None = None,
) -> Dataset:
    """A data set's labels.

    Args:
        path: Of the labels.
        kind: The format.
        images: Folder of the pictures; None where the format says it.
        masks: Likewise of the maps.
        values: Value of a map's pixel -> class, where the format does not say it.

    Raises:
        NativeError: It cannot be used; the message says where and why.
    """
    found = FORMATS[kind](path, images)
    if not found.pictures:
        raise bad(str(path), f"there is no labelled picture of format {kind}", "look at format and path")
    names = [one.name for one in found.pictures]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise bad(str(path), f"the picture {twice!r} is labelled twice", "join its entries")
    found = replace(found, maps=masks or found.maps or found.folder)
    if not any(one.segments is not None and _is_unnamed(one.segments) for one in found.pictures):
        return found
    if not values:
        hint = "write mask_values: {0: background, 1: CLASS, 255: null}; null is not judged"
        raise bad(str(path), "what do the values of its masks mean?", hint)
    named = tuple(
        replace(one, segments=replace(one.segments, ids=values))
        if one.segments is not None and _is_unnamed(one.segments)
        else one
        for one in found.pictures
    )
    labels = dict.fromkeys((*found.classes, *(label for label in values.values() if label)))
    return replace(found, pictures=named, classes=tuple(labels))


def _is_unnamed(segments: Segments) -> bool:
    return bool(segments.file) and not segments.ids


class DatasetWorld(PlacingWorld):
    """See :class:`simgate.sim_adapters.worlds.world.World`.

    Attributes:
        told: Parameters that the labels tell of pictures: nobody can set them.
        which: The one that says which pictures are shown.

    Args:
        spec: As the pack declares it.
        folder: The pack's folder, where paths begin.
    """

    def __init__(self, spec: DatasetSpec, folder: Path) -> None:
        super().__init__(Placing())
        self.spec, self._folder = spec, folder
        self.name = f"dataset:{spec.file}"
        self.description = f"The data set {spec.file}."
        self.parameters: Mapping[str, ParameterSpec] = spec.parameters
        self.which, self.told = PICTURES, frozenset(spec.parameters) - {PICTURES}

    @cached_property
    def _read(self) -> tuple[Dataset, dict[str, Picture]]:
        return _kept(absolute(self._folder / self.spec.file), self.spec, absolute(self._folder))

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Any:
        """The :class:`DatasetSite` of a variant.

        Raises:
            NativeError: The labels are others than when the pack was read.
        """
        spec, (labels, known) = self.spec, self._read
        group = spec.groups[str(parameters[PICTURES])]
        pictures = tuple(_shown(spec, known[name]) for name in group)
        home = absolute(self._folder)
        return DatasetSite(labels.folder, pictures, spec, labels.maps or labels.folder, home)


def _shown(spec: DatasetSpec, one: Picture) -> Shown:
    """A picture in the model's words."""

    def called(label: str) -> str:
        return spec.classes.get(label, label)

    segments = one.segments
    if segments is not None:
        segments = replace(
            segments,
            ids={number: label and called(label) for number, label in segments.ids.items()},
            shapes=tuple((label and called(label), outline) for label, outline in segments.shapes),
        )
    return Shown(
        one.name,
        spec.pictures[one.name],
        tuple(replace(thing, label=called(thing.label)) for thing in one.objects),
        segments,
        one.depth,
        None if one.poses is None else tuple(replace(pose, label=called(pose.label)) for pose in one.poses),
    )


_LAST: dict[tuple[str, str], tuple[Dataset, dict[str, Picture]]] = {}


def _kept(path: Path, spec: DatasetSpec, folder: Path) -> tuple[Dataset, dict[str, Picture]]:
    """The data set and its pictures as they were when the pack was read; the last ones stay in memory, for a
    worker asks for each variant."""
    key = str(path), spec.sha256
    if key not in _LAST:
        images, masks = (absolute(folder / one) if one else None for one in (spec.images, spec.masks))
        found = read_dataset(path, spec.format, images, masks, spec.mask_values)
        same = {one.name for one in found.pictures} == set(spec.pictures)
        maps = spec.maps | spec.points_sha256
        if not same or whole_digest(found, spec.pictures, maps) != spec.sha256:
            raise bad(str(path), "the labels are others than when the run was planned", "run it anew")
        _LAST.clear()
        _LAST[key] = found, {one.name: one for one in found.pictures}
    return _LAST[key]
