"""The files that a model package consists of, each with its hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from simgate.policies.perception.files.onnx_data import external_locations
from simgate.sim_adapters.files.code_file import BadReference, Reference, files_of_code, is_reference


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file of a package.

    Attributes:
        name: Path from the package's folder, with ``/``.
        path: The file.
        sha256: Its hash, hex.
    """

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A verified file of weights.

    Attributes:
        kind: ``onnx``, ``tensorrt`` or ``torch``.
        path: The file.
        sha256: Its hash, hex.
        device: Device that the file was built for; None when it runs anywhere.
        external_data: Further files that hold its weights, verified as well.
    """

    kind: str
    path: Path
    sha256: str
    device: str | None = None
    external_data: tuple[PackageFile, ...] = ()

    @property
    def digest(self) -> str:
        """Names the weights; the file's own hash when they are all in it."""
        return _together(self.path, self.sha256, ((file.path, file.sha256) for file in self.external_data))


def onnx_digest(path: Path) -> str:
    """:attr:`Artifact.digest` of an ONNX file as it lies there with its external data.

    Raises:
        OSError: One of them cannot be read.
    """
    data = [path.parent / location for location in external_locations(path)]
    return _together(path, sha256_of(path), ((file, sha256_of(file)) for file in data))


def _together(path: Path, sha256: str, data: Iterable[tuple[Path, str]]) -> str:
    lines = sorted(f"{digest} {os.path.relpath(file, path.parent)}" for file, digest in data)
    return hashlib.sha256("\n".join([sha256, *lines]).encode()).hexdigest() if lines else sha256


def sha256_of(path: Path) -> str:
    """Hash of a file, hex, read piece by piece.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def leads_outside(name: str) -> bool:
    """Whether a name in a package can be of a file that is not below the package's folder."""
    path, there = PurePosixPath(name), PureWindowsPath(name)
    return path.is_absolute() or bool(there.drive or there.root) or ".." in (*path.parts, *there.parts)


def decoder_files(kind: str, folder: Path) -> list[Path]:
    """The code of a decoder that a package in a folder names by its file; empty for any other decoder."""
    if not is_reference(kind) or leads_outside(kind.rpartition(":")[0]):
        return []
    try:
        return files_of_code(Reference.read(kind, folder))
    except BadReference:
        return []


def cache_folder(what: str = "models") -> Path:
    """Where fetched packages are kept: ``$XDG_CACHE_HOME/simgate/models``; or what else is fetched."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "simgate" / what


def sidecar_path(plan: Path) -> Path:
    """Where the sidecar of a TensorRT plan lies."""
    return plan.with_name(plan.name + ".json")
