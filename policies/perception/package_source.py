"""Where a model package comes from: a folder, an MLflow registry, or an object store through fsspec.

What is not on this machine is copied into a cache, under the hash of its ``model.yaml``: the same content is
copied once, and a run that is resumed or replayed finds the very files that it was begun with.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from itertools import filterfalse
from pathlib import Path
from typing import Any

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.documents.nodes import ScalarNode
from simgate.policies.perception.files.package_files import (
    cache_folder,
    decoder_files,
    leads_outside,
    sidecar_path,
)
from simgate.policies.perception.model_yaml.schema import sound_artifacts
from simgate.policies.perception.model_yaml.text import read_text
from simgate.policies.perception.package import check_package
from simgate.policies.perception.problems import PackageError
from simgate.sim_adapters.files.plain_file import absolute

_REMOTE = re.compile(r"(?P<scheme>mlflow|[a-z][a-z0-9+]*)(?P<rest>:models:/\S+|://\S+)")
_EXTRAS = {"s3": "s3", "gs": "gs", "gcs": "gs"}


def is_remote(reference: str) -> bool:
    """Whether a reference names a place that is not a path (``s3://...``, ``mlflow:models:/...``)."""
    return _REMOTE.fullmatch(reference) is not None


def local_package(reference: str | Path) -> Path:
    """The path of a package's ``model.yaml`` on this machine.

    Args:
        reference: A file, a folder, ``mlflow:models:/name/version`` (or ``name@alias``), or the URL of a
            folder that fsspec can read (``s3://bucket/model``, ``gs://...``).

    Raises:
        PackageError: It cannot be fetched; the message says why and what to do.
    """
    text = str(reference)
    if not is_remote(text):
        path = Path(text)
        return path / "model.yaml" if path.is_dir() else path
    if text.startswith("mlflow:"):
        return _keep(text, _from_mlflow)
    return _keep(text, _from_store)


def copy_package(manifest: Path, folder: Path) -> Path:
    """Copies a package, with every file that it names, into a folder of its own.

    Args:
        manifest: Its ``model.yaml``.
        folder: Made anew.

    Returns:
        The copy's ``model.yaml``.

    Raises:
        OSError: A file cannot be read or written.
    """
    folder.mkdir(parents=True)
    for name in ("model.yaml", *_files(manifest)):
        source = manifest if name == "model.yaml" else manifest.parent / name
        if source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
    return folder / "model.yaml"


def _keep(reference: str, fetch: Any) -> Path:
    """Fetches into a temporary folder and moves it to its place in one step."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=cache) as folder:
        found = fetch(reference, Path(folder))
        if not (found / "model.yaml").is_file():
            raise _problem(reference, "holds no model.yaml", "give the folder that holds the package")
        digest = hashlib.sha256((found / "model.yaml").read_bytes()).hexdigest()
        target = cache / digest
        if not target.exists():
            try:
                found.rename(target)
            except OSError:
                # Another process was quicker.
                if not target.exists():
                    raise
        elif check_package(target):
            shutil.copytree(found, target, dirs_exist_ok=True)
    return target / "model.yaml"


def _files(manifest: Path) -> list[str]:
    """The files that a ``model.yaml`` names, with external data and the sidecars of its plans.

    What is wrong with it the loader says later, with the position.
    """
    text = read_text(manifest)[1]
    if text is None:
        return []
    names = []
    for artifact in sound_artifacts(text).values():
        names += [artifact.file, *(data.file for data in artifact.external_data)]
        if artifact.kind == "tensorrt":
            names.append(sidecar_path(Path(artifact.file)).as_posix())
    card, decoder = text.node(("model_card",)), text.node(("decoder", "kind"))
    names += [card.text] if isinstance(card, ScalarNode) and card.value is not None else []
    if isinstance(decoder, ScalarNode):
        code = decoder_files(decoder.text, manifest.parent)
        names += [path.relative_to(absolute(manifest.parent)).as_posix() for path in code]
    return [name for name in names if not leads_outside(name)]


def _from_mlflow(reference: str, folder: Path) -> Path:
    uri = reference.removeprefix("mlflow:")
    try:
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException
    except ImportError:
        raise _problem(reference, "needs MLflow's client", "pip install 'simgate[mlflow]'") from None
    try:
        return Path(download_artifacts(artifact_uri=uri, dst_path=str(folder)))
    except (MlflowException, OSError) as error:
        hint = "check the name and version, and MLFLOW_TRACKING_URI or MLFLOW_REGISTRY_URI"
        raise _problem(reference, f"cannot be fetched: {first_line(error)}", hint) from error


def _from_store(reference: str, folder: Path) -> Path:
    scheme, _, _ = reference.partition("://")
    extra = _EXTRAS.get(scheme)
    hint = f"pip install 'simgate[{extra}]'" if extra else f"install what fsspec needs for {scheme}://"
    try:
        import fsspec

        files, root = fsspec.core.url_to_fs(reference)
    except (ImportError, ValueError) as error:
        raise _problem(reference, f"cannot be read: {first_line(error)}", hint) from error
    root = root.removesuffix("/model.yaml").rstrip("/")
    target = folder / "package"
    target.mkdir()
    try:
        files.get_file(f"{root}/model.yaml", str(target / "model.yaml"))
        # A decoder's code may import any file beside it.
        code = [path.rpartition(f"{root}/")[2] for path in files.find(root) if path.endswith(".py")]
        for name in (*_files(target / "model.yaml"), *filterfalse(leads_outside, code)):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if files.exists(f"{root}/{name}"):
                files.get_file(f"{root}/{name}", str(target / name))
    except (OSError, PermissionError) as error:
        hint = "check the address and your credentials"
        raise _problem(reference, f"cannot be fetched: {first_line(error)}", hint) from error
    return target


def first_line(error: Exception) -> str:
    """What an error says, without what follows; its type where it says nothing."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _problem(reference: str, message: str, hint: str) -> PackageError:
    text = f"the model package {message}"
    problem = Diagnostic(reference, 0, 0, 1, "error", "missing-model", text, hint)
    return PackageError([problem])
