"""Files of weights for the libraries that load them: exactly what is declared, whatever happens on disk.

A file that is right when a package is read can be another one when it is loaded, and a library that maps a
file into memory (ONNX Runtime does so with external data) follows what is written into it later.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from simgate.policies.perception.files.package_files import Artifact

if TYPE_CHECKING:
    from simgate.policies.perception.model_package import ModelPackage

_PIECE = 1 << 22
_HINT = "restore the file that was released, or start a new run"


def verified_bytes(package: ModelPackage, artifact: Artifact) -> bytes:
    """Content of an artifact.

    Raises:
        PackageError: It is not what the package declares (any more).
    """
    try:
        content = artifact.path.read_bytes()
    except OSError as error:
        raise package.unusable("missing-artifact", _cannot(artifact.path, error), _HINT, artifact) from error
    _require(package, artifact, artifact.path, hashlib.sha256(content).hexdigest(), artifact.sha256)
    return content


@contextmanager
def private_copy(package: ModelPackage, artifact: Artifact) -> Iterator[Path]:
    """An artifact and its external data, copied into a folder of ours that is gone afterwards.

    Args:
        package: The model.
        artifact: One of its artifacts.

    Yields:
        The artifact's copy, with its data where it looks for them.

    Raises:
        PackageError: A file is not what the package declares (any more), or there is no room for the copy.
    """
    with tempfile.TemporaryDirectory(prefix="simgate-model-") as folder:
        base = package.path.parent
        try:
            for source, sha256 in (
                (artifact.path, artifact.sha256),
                *((file.path, file.sha256) for file in artifact.external_data),
            ):
                target = Path(folder, source.relative_to(base))
                target.parent.mkdir(parents=True, exist_ok=True)
                _require(package, artifact, source, _copy(source, target), sha256)
        except OSError as error:
            hint = "check the file, and TMPDIR, where a copy of it is made"
            message = _cannot(artifact.path, error)
            raise package.unusable("model-unreadable", message, hint, artifact) from error
        yield Path(folder, artifact.path.relative_to(base))


def _copy(source: Path, target: Path) -> str:
    """Copies a file and hashes what was written."""
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as write:
        while piece := read.read(_PIECE):
            digest.update(piece)
            write.write(piece)
    return digest.hexdigest()


def _require(package: ModelPackage, artifact: Artifact, path: Path, actual: str, declared: str) -> None:
    if actual != declared:
        message = f"'{path.name}' has sha256 {actual}, the package declares {declared}"
        raise package.unusable("model-hash", message, _HINT, artifact)


def _cannot(path: Path, error: OSError) -> str:
    return f"'{path.name}' cannot be read: {error.strerror or error}"
