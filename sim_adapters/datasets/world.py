"""A world that is a data set of labelled pictures, as a pack declares it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from simgate.sim_adapters.datasets.dataset import Dataset, Labelled, Picture, bad
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
    """

    name: str
    sha256: str
    objects: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class DatasetSite:
    """What one variant shows.

    Attributes:
        folder: Where the paths of pictures begin.
        pictures: In order.
    """

    folder: Path
    pictures: tuple[Shown, ...]


class DatasetFile:
    """What others ask of a reader of worlds in files: which simulators show a data set."""

    adapters = ("dataset",)


def whole_digest(labels: Dataset, pictures: Mapping[str, str]) -> str:
    """SHA-256 over labels and pictures, hex.

    Args:
        labels: As read.
        pictures: Picture -> SHA-256 of its file, hex.
    """
    text = labels.digest() + "".join(pictures[one.name] for one in labels.pictures)
    return hashlib.sha256(text.encode()).hexdigest()


def read_dataset(path: Path, kind: str, images: Path | None) -> Dataset:
    """A data set's labels.

    Args:
        path: Of the labels.
        kind: The format.
        images: Folder of the pictures; None where the format says it.

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
    return found


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
    def _read(self) -> tuple[Path, dict[str, Picture]]:
        return _kept(absolute(self._folder / self.spec.file), self.spec, absolute(self._folder))

    def build(self, parameters: Mapping[str, Value], placed: Sequence[PlacedObject]) -> Any:
        """The :class:`DatasetSite` of a variant.

        Raises:
            NativeError: The labels are others than when the pack was read.
        """
        spec, (folder, known) = self.spec, self._read
        return DatasetSite(
            folder,
            tuple(
                Shown(name, spec.pictures[name], tuple(_said(spec, one) for one in known[name].objects))
                for name in spec.groups[str(parameters[PICTURES])]
            ),
        )


def _said(spec: DatasetSpec, one: Labelled) -> Labelled:
    label = spec.classes.get(one.label, one.label)
    return one if label == one.label else Labelled(label, one.box, one.ignore, one.crowd)


_LAST: dict[tuple[str, str], tuple[Path, dict[str, Picture]]] = {}


def _kept(path: Path, spec: DatasetSpec, folder: Path) -> tuple[Path, dict[str, Picture]]:
    """Folder and pictures as they were when the pack was read; the last ones stay in memory, for a worker
    asks for each variant."""
    key = str(path), spec.sha256
    if key not in _LAST:
        found = read_dataset(path, spec.format, absolute(folder / spec.images) if spec.images else None)
        same = {one.name for one in found.pictures} == set(spec.pictures)
        if not same or whole_digest(found, spec.pictures) != spec.sha256:
            raise bad(str(path), "the labels are others than when the run was planned", "run it anew")
        _LAST.clear()
        _LAST[key] = found.folder, {one.name: one for one in found.pictures}
    return _LAST[key]
